"""Section "Place" of the bad inputs, but for datums: codes, names, coarse coordinates, booking points, area level."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from riskmap.layers.booking_points import rule_on_booking_point
from riskmap.layers.incidents import booking_points, read_events
from riskmap.layers.store import read_layer
from riskmap.study import Study
from tests.bad_inputs.given import GOOD, fates, only_line, recipe, take, write

AREAS = {
    "columns": {
        "area_code": "code",
        "level": "level",
        "parent_code": "parent",
        "name_zh": "name",
        "valid_from": "from",
        "valid_to": "to",
    },
    "constants": {},
    "crs": "WGS84",
}


@pytest.fixture
def divided(square_area: Study, tmp_path: Path) -> Study:
    """The square with two prefectures; each has a county 城关区, and one county was renamed in 2020."""
    west, east = box(104, 30, 104.5, 31), box(104.5, 30, 105, 31)
    rows = [
        ("510100", "prefecture", "", "西市", "", "", west),
        ("510200", "prefecture", "", "东市", "", "", east),
        ("510102", "county", "510100", "城关区", "", "", box(104, 30, 104.5, 30.5)),
        ("510202", "county", "510200", "城关区", "", "", box(104.5, 30, 105, 30.5)),
        ("510122", "county", "510100", "双江县", "", "2020-01-01", box(104, 30.5, 104.5, 31)),
        ("510116", "county", "510100", "双江区", "2020-01-01", "", box(104, 30.5, 104.5, 31)),
    ]
    names = ["code", "level", "parent", "name", "from", "to"]
    frame = gpd.GeoDataFrame([row[:6] for row in rows], columns=names, geometry=[row[6] for row in rows], crs=4326)
    path = tmp_path / "areas.gpkg"
    frame.to_file(path)
    assert take(square_area, path, recipe(name="areas", layer="areas", **AREAS)).accepted == 6
    return square_area


def case(identity: str, lon: object, lat: object, area: str, day: str = "2024-01-02") -> str:
    return f"{identity},{day},{lon},{lat},{area},1,"


def test_a_place_inside_another_county_than_its_code_is_quarantined(divided: Study, tmp_path: Path) -> None:
    # 104.30 lies 19 km west of county 510202, whose border is at 104.5; 104.4951 only 0.5 km.
    rows = (case("A1", 104.30001, 30.20001, "510202"), case("A2", 104.49511, 30.20001, "510202"))
    receipt = take(divided, write(tmp_path, *rows))
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"]) == (2, "place_code_disagree", "quarantined")
    assert "Place and code disagree: 510202" in line["message_en"]
    assert "地点与区划代码不符" in line["message_zh"]


def test_one_county_name_in_two_prefectures_needs_the_code(divided: Study, tmp_path: Path) -> None:
    rows = (
        case("A1", "", "", "城关区"),
        case("A2", "", "", "西市/城关区"),
        case("A3", "", "", "510202"),
    )
    receipt = take(divided, write(tmp_path, *rows))
    assert fates(receipt) == [(2, "area_ambiguous", "quarantined"), (3, "area_name_resolved", "repaired")]
    assert "give the code" in receipt.rows[0]["message_en"]
    assert "请给出区划代码" in receipt.rows[0]["message_zh"]
    assert read_events(divided, "cases")["area_code"].tolist() == ["510102", "510202"]


def test_a_renamed_county_is_known_by_its_code_and_time(divided: Study, tmp_path: Path) -> None:
    rows = (
        case("A1", "", "", "双江县", "2019-05-01"),
        case("A2", "", "", "双江县", "2024-05-01"),
        case("A3", "", "", "510116", "2024-05-01"),
        case("A4", "", "", "510116", "2019-05-01"),
    )
    receipt = take(divided, write(tmp_path, *rows))
    assert fates(receipt) == [
        (2, "area_name_resolved", "repaired"),
        (3, "area_not_then", "quarantined"),
        (5, "area_not_then", "quarantined"),
    ]
    assert "did not exist when it happened" in receipt.rows[1]["message_en"]
    assert "事发时" in receipt.rows[1]["message_zh"]
    assert read_events(divided, "cases")["area_code"].tolist() == ["510122", "510116"]


def test_an_unknown_code_without_coordinates_is_quarantined_and_with_them_warned(
    divided: Study, tmp_path: Path
) -> None:
    rows = (
        case("A1", 104.20001, 30.20001, "510102"),
        case("A2", "", "", "999999"),
        case("A3", 104.20001, 30.20001, "999999"),
    )
    receipt = take(divided, write(tmp_path, *rows))
    assert fates(receipt) == [(3, "area_unknown", "quarantined"), (4, "area_unchecked", "warned")]


def test_codes_of_another_system_are_left_alone(divided: Study, tmp_path: Path) -> None:
    receipt = take(divided, write(tmp_path, case("A1", "", "", "E01007321"), case("A2", "", "", "E01007322")))
    assert (receipt.accepted, receipt.rows) == (2, [])


@pytest.mark.parametrize(("lon", "lat", "metres"), [("104.5", "30.50", 1113.2), ("104.5", "30.5", 11132.0)])
def test_one_or_two_decimals_count_for_the_county_never_for_a_cell(
    square_area: Study, tmp_path: Path, lon: str, lat: str, metres: float
) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, case("A2", lon, lat, "510100")))
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"]) == (3, "coordinates_coarse", "warned")
    assert "two decimals" in line["message_en"]
    assert "两位小数" in line["message_zh"]
    assert receipt.accepted == 2
    assert read_events(square_area, "cases").set_index("id")["on_grid"].to_dict() == {"A1": True, "A2": False}
    stored = read_layer(square_area, "cases").set_index("case_id")["location_precision_m"]
    assert stored["A2"] == pytest.approx(metres)


def test_zeros_lost_by_rounding_to_three_decimals_are_not_coarse(square_area: Study, tmp_path: Path) -> None:
    rows = [case(f"A{n}", f"104.{n:03d}", f"30.{n + 100:03d}", "") for n in range(101, 199)]
    rows.append(case("A0", "104.12", "30.32", ""))
    receipt = take(square_area, write(tmp_path, *rows))
    assert (receipt.accepted, receipt.rows) == (99, [])
    assert read_events(square_area, "cases")["on_grid"].all()


def booked(n: int, first: int = 0) -> list[str]:
    return [case(f"B{first + k}", 104.25001, 30.25001, "", f"2024-01-{k % 28 + 1:02d}") for k in range(n)]


def test_hundreds_of_events_on_one_point_are_marked_and_wait_for_the_analyst(
    square_area: Study, tmp_path: Path
) -> None:
    spread = [case(f"A{n}", 104 + n / 100 + 0.00012, 30.50012, "") for n in range(1, 90)]
    receipt = take(square_area, write(tmp_path, *booked(120), *spread))
    assert receipt.accepted == 209
    assert {(line["rule"], line["fate"]) for line in receipt.rows} == {("booking_point", "warned")}
    assert len(receipt.rows) == 120
    assert "120 records stand on the one point 104.250010 30.250010" in receipt.rows[0]["message_en"]
    assert "120 条记录" in receipt.rows[0]["message_zh"]
    events = read_events(square_area, "cases").set_index("id")
    assert events["on_grid"].sum() == 89
    assert not events.loc["B0", "on_grid"]
    table = booking_points(square_area, "cases")
    assert table[["place", "records", "decision"]].to_numpy().tolist() == [["104.250010 30.250010", 120, "open"]]


def test_a_booking_point_is_found_over_several_imports(square_area: Study, tmp_path: Path) -> None:
    spread = [case(f"A{n}", 104.00012 + n * 0.00011, 30.50012, "") for n in range(4000)]
    assert take(square_area, write(tmp_path, *booked(20), *spread)).rows == []
    receipt = take(square_area, write(tmp_path, *booked(25, first=20), name="later.csv"))
    # 45 of 4,045 records are more than a hundredth, and more than 30.
    assert {line["rule"] for line in receipt.rows} == {"booking_point"}
    assert (~read_events(square_area, "cases")["on_grid"]).sum() == 45


def test_the_analysts_ruling_on_a_booking_point_stands_with_its_reason(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, *booked(120)))
    (place,) = booking_points(square_area, "cases")["place"]
    rule_on_booking_point(square_area, "cases", place, "keep", "a night market, checked on the spot")
    assert read_events(square_area, "cases")["on_grid"].all()
    rule_on_booking_point(square_area, "cases", place, "leave_out", "the police station of the county seat")
    assert not read_events(square_area, "cases")["on_grid"].any()
    (row,) = booking_points(square_area, "cases").to_dict("records")
    assert (row["decision"], row["reason"]) == ("leave_out", "the police station of the county seat")
    assert row["at"].startswith("20")


def test_a_forecast_of_the_past_finds_booking_points_by_what_was_known_then(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, *booked(120)))
    # Four or five records a day: by 5 January some twenty are known, fewer than the thirty that any rule asks for.
    early = read_events(square_area, "cases", pd.Timestamp("2024-01-05"))
    assert early["on_grid"].all()
    assert not read_events(square_area, "cases")["on_grid"].any()


def test_rows_without_coordinates_count_at_area_level(divided: Study, tmp_path: Path) -> None:
    receipt = take(divided, write(tmp_path, case("A1", "", "", "510102"), case("A2", 0, 0, "510102")))
    assert (receipt.accepted, receipt.rows) == (2, [])
    events = read_events(divided, "cases")
    assert not events["on_grid"].any()
    assert events["area_code"].tolist() == ["510102", "510102"]


def test_a_place_outside_the_area_and_its_margin_is_quarantined(square_area: Study, tmp_path: Path) -> None:
    # 0.04 degrees of latitude are 4.4 km, 0.06 are 6.7 km.
    rows = (case("A1", 104.50012, 31.04001, ""), case("A2", 104.50012, 31.06001, ""))
    receipt = take(square_area, write(tmp_path, *rows))
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"]) == (3, "outside_area", "quarantined")
    assert "5 km outside" in line["message_en"]
    assert "5 千米以外" in line["message_zh"]


def test_codes_of_another_system_are_noted_once(divided: Study, tmp_path: Path) -> None:
    rows = (case("A1", 104.20001, 30.20001, "E01007321"), case("A2", "", "", "E01007322"))
    receipt = take(divided, write(tmp_path, *rows))
    assert (receipt.accepted, receipt.rows) == (2, [])
    said = [note["en"] for note in receipt.notes if "area codes" in note["en"]]
    assert said == [
        "None of the 2 area codes (such as E01007321) is in layer areas; they were kept and checked with nothing."
    ]


@pytest.mark.parametrize("code", ["510199", "锦绣区"])
def test_a_file_of_nothing_but_unknown_codes_without_coordinates_is_quarantined(
    divided: Study, tmp_path: Path, code: str
) -> None:
    receipt = take(divided, write(tmp_path, case("A1", "", "", code), case("A2", 104.20001, 30.20001, code)))
    assert fates(receipt) == [(2, "area_unknown", "quarantined")]
    assert receipt.accepted == 1


@pytest.mark.parametrize("code", ["不详", "未知", "N/A", "000000", "—"])
def test_a_word_for_unknown_is_no_code(divided: Study, tmp_path: Path, code: str) -> None:
    receipt = take(divided, write(tmp_path, case("A1", "", "", code), case("A2", 104.20001, 30.20001, code)))
    assert fates(receipt) == [(2, "no_location", "quarantined")]
    assert read_events(divided, "cases")["area_code"].isna().all()
