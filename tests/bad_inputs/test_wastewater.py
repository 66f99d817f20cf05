"""Each case of laboratory results that are not what they seem, with the fate of every row and what is said about it."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from riskmap.layers.intake import import_files
from riskmap.layers.wastewater import read_plants, read_samples
from riskmap.sources.recipe import Recipe
from riskmap.study import Study
from tests.bad_inputs.given import fates, only_line, only_refusal, recipe, take, write

HEADER = "样本,厂,起,止,报告,物质,浓度,流量,样品,实验室,降雨"
COLUMNS = {
    "sample_id": "样本",
    "plant_id": "厂",
    "sampled_from": "起",
    "sampled_to": "止",
    "known_on": "报告",
    "analyte": "物质",
    "concentration_ng_l": "浓度",
    "flow_m3_d": "流量",
    "kind": "样品",
    "laboratory": "实验室",
    "rain_flag": "降雨",
}


def laboratory(**changes: object) -> Recipe:
    """Return a recipe of one measurement a row."""
    return recipe(**{"layer": "samples", "crs": None, "columns": COLUMNS, "constants": {}, **changes})


def sample(number: int, result: object, flow: object = 20_000, **changes: str) -> str:
    """Return one row: plant P, methamphetamine, a 24-h composite of a day in January 2024 (`number` from 1)."""
    day = f"2024-01-{number:02}"
    row = {
        "样本": f"S{number}",
        "厂": "P",
        "起": f"{day} 08:00",
        "止": f"2024-01-{number + 1:02} 08:00",
        "报告": f"2024-01-{number + 2:02}",
        "物质": "methamphetamine",
        "浓度": str(result),
        "流量": str(flow),
        "样品": "composite_24h",
        "实验室": "甲",
        "降雨": "",
    }
    return ",".join((row | changes).values())


def sheet(folder: Path, *rows: str, name: str = "lab.csv") -> Path:
    return write(folder, *rows, name=name, header=HEADER)


def history(study: Study, folder: Path, results: tuple[object, ...] = (90, 100, 110, 100), **changes: str) -> None:
    """Import four ordinary samples of plant P: their median is 100 ng/L at 20 000 m3/d."""
    rows = [sample(number + 1, result, **changes) for number, result in enumerate(results)]
    assert take(study, sheet(folder, *rows, name="history.csv"), laboratory()).accepted == len(results)


def stored(study: Study) -> pd.DataFrame:
    return read_samples(study).set_index("sample_id")


@pytest.mark.parametrize("text", ["<LOD", "ND", "n.d.", "未检出", "-", "—"])
def test_not_detected_is_a_qualifier_and_no_number(square_area: Study, tmp_path: Path, text: str) -> None:
    receipt = take(square_area, sheet(tmp_path, sample(1, text)), laboratory())
    assert (receipt.accepted, receipt.rows) == (1, [])
    row = stored(square_area).loc["S1"]
    assert row["qualifier"] == "<LOD"
    assert np.isnan(row["concentration_ng_l"])


@pytest.mark.parametrize("text", ["<0.5", "＜0.5", "< 0.5"])
def test_below_a_limit_keeps_the_limit_in_its_unit(square_area: Study, tmp_path: Path, text: str) -> None:
    receipt = take(square_area, sheet(tmp_path, sample(1, text)), laboratory(units={"concentration_ng_l": "ug/L"}))
    assert receipt.accepted == 1
    row = stored(square_area).loc["S1"]
    # 0.5 ug/L = 500 ng/L
    assert (row["qualifier"], row["lod_ng_l"]) == ("<LOD", 500)
    assert np.isnan(row["concentration_ng_l"])


def test_zero_without_lod_is_asked(square_area: Study, tmp_path: Path) -> None:
    path = sheet(tmp_path, sample(1, 0), sample(2, 12))
    refused = only_refusal(take(square_area, path, laboratory()))
    assert refused["rule"] == "zero_without_limit"
    assert "1 concentrations are 0" in refused["message_en"]
    assert "检出限" in refused["message_zh"]
    assert read_samples(square_area).empty
    agreed = take(square_area, path, laboratory(), accept=True)
    assert (agreed.read, agreed.accepted) == (2, 2)
    assert stored(square_area).loc["S1", "qualifier"] == "<LOD"


def test_a_blank_load_is_missing_and_not_zero(square_area: Study, tmp_path: Path) -> None:
    columns = {**COLUMNS, "load_mg_d_per_1000": "浓度"}
    del columns["concentration_ng_l"]
    receipt = take(square_area, sheet(tmp_path, sample(1, ""), sample(2, 7.5)), laboratory(columns=columns))
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (2, 1, 1)
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"]) == (2, "value_missing", "quarantined")
    assert "is blank" in line["message_en"]
    assert "空" in line["message_zh"]
    assert stored(square_area)["load_mg_d_per_1000"].to_dict() == {"S2": 7.5}


@pytest.mark.parametrize(("result", "flow", "column"), [(-1, 20_000, "浓度"), (5, -20_000, "流量")])
def test_a_negative_flow_or_concentration_is_quarantined(
    square_area: Study, tmp_path: Path, result: float, flow: float, column: str
) -> None:
    receipt = take(square_area, sheet(tmp_path, sample(1, result, flow), sample(2, 5)), laboratory())
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (2, 1, 1)
    line = only_line(receipt)
    assert (line["row"], line["column"], line["rule"]) == (2, column, "number_negative")
    assert "is negative" in line["message_en"]
    assert "负" in line["message_zh"]


@pytest.mark.parametrize(
    ("unit", "expected"), [("ng/L", 2.0), ("ug/L", 2_000.0), ("μg/L", 2_000.0), ("mg/m3", 2_000.0)]
)
def test_the_unit_is_declared(square_area: Study, tmp_path: Path, unit: str, expected: float) -> None:
    receipt = take(square_area, sheet(tmp_path, sample(1, 2)), laboratory(units={"concentration_ng_l": unit}))
    assert receipt.accepted == 1
    assert stored(square_area).loc["S1", "concentration_ng_l"] == pytest.approx(expected)


@pytest.mark.parametrize("result", [100_000, 0.1])
def test_a_thousandfold_jump_against_the_plants_history_is_quarantined(
    square_area: Study, tmp_path: Path, result: float
) -> None:
    history(square_area, tmp_path)
    rows = (sample(11, result), sample(12, 130), sample(13, result, 厂="Q"))
    receipt = take(square_area, sheet(tmp_path, *rows), laboratory())
    # Plant Q has no history, so nothing can be said of it.
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (3, 2, 1)
    line = only_line(receipt)
    assert (line["row"], line["column"], line["rule"], line["fate"]) == (2, "浓度", "unit_jump", "quarantined")
    assert line["original"] == str(result)
    assert line["message_en"].startswith("Unit?")
    assert line["message_zh"].startswith("单位是否有误")


def test_a_whole_file_in_another_unit_does_not_hide_behind_itself(square_area: Study, tmp_path: Path) -> None:
    history(square_area, tmp_path)
    rows = [sample(number, 100_000) for number in range(11, 20)]
    receipt = take(square_area, sheet(tmp_path, *rows), laboratory())
    assert (receipt.accepted, receipt.quarantined) == (0, 9)
    assert {entry["rule"] for entry in receipt.rows} == {"unit_jump"}


def test_a_file_read_in_the_wrong_unit_does_not_stand_against_its_own_correction(
    square_area: Study, tmp_path: Path
) -> None:
    path = sheet(tmp_path, *(sample(number, 100) for number in range(1, 10)))
    wrong = take(square_area, path, laboratory(units={"concentration_ng_l": "mg/L"}))
    assert wrong.accepted == 9
    right = import_files(square_area, "samples", [path], laboratory(), replace=wrong.import_id)
    assert (right.accepted, right.rows) == (9, [])
    assert stored(square_area)["concentration_ng_l"].tolist() == [100] * 9


def test_a_jump_inside_the_first_file_is_seen_and_one_of_flow_too(square_area: Study, tmp_path: Path) -> None:
    rows = [sample(number, 100) for number in range(1, 6)]
    rows += [sample(6, 100_000), sample(7, 100, 200_000_000)]
    receipt = take(square_area, sheet(tmp_path, *rows), laboratory())
    assert fates(receipt) == [(7, "unit_jump", "quarantined"), (8, "unit_jump", "quarantined")]
    assert [entry["column"] for entry in receipt.rows] == ["浓度", "流量"]


def test_a_batch_poured_away_is_no_wrong_unit(square_area: Study, tmp_path: Path) -> None:
    history(square_area, tmp_path)
    assert take(square_area, sheet(tmp_path, sample(11, 100 * 299)), laboratory()).quarantined == 0


def test_a_population_of_zero_or_blank_is_quarantined(square_area: Study, tmp_path: Path) -> None:
    path = tmp_path / "plants.gpkg"
    shapes = [box(104.1, 30.1, 104.2, 30.2), box(104.3, 30.1, 104.4, 30.2), box(104.5, 30.1, 104.6, 30.2)]
    gpd.GeoDataFrame({"厂": ["A", "B", "C"], "人口": ["0", None, "9000"]}, geometry=shapes, crs=4326).to_file(path)
    columns = {"plant_id": "厂", "population": "人口"}
    receipt = take(square_area, path, recipe(layer="plants", columns=columns, constants={"level": "plant"}))
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (3, 1, 2)
    assert fates(receipt) == [(1, "number_zero", "quarantined"), (2, "value_missing", "quarantined")]
    assert "above zero" in receipt.rows[0]["message_en"]
    assert "大于零" in receipt.rows[0]["message_zh"] or "零" in receipt.rows[0]["message_zh"]
    assert read_plants(square_area)["plant_id"].tolist() == ["C"]


def counties_with_people(study: Study, folder: Path) -> None:
    """Two counties: the western one says how many live there, the eastern one by its townships."""
    people = write(folder, "510101,100000", "510102001,40000", name="people.csv", header="码,人")
    form = recipe(layer="population", crs=None, columns={"area_code": "码", "residents": "人"}, constants={})
    assert take(study, people, form).accepted == 2
    areas = gpd.GeoDataFrame(
        {"码": ["510101", "510102", "510102001"], "级": ["county", "county", "township"], "上": ["51", "51", "510102"]},
        geometry=[box(104, 30, 104.5, 31), box(104.5, 30, 105, 31), box(104.5, 30, 104.6, 31)],
        crs=4326,
    )
    areas.to_file(folder / "areas.gpkg")
    columns = {"area_code": "码", "level": "级", "parent_code": "上"}
    assert take(study, folder / "areas.gpkg", recipe(layer="areas", columns=columns, constants={})).accepted == 3


def test_a_population_served_above_the_countys_is_warned_of(square_area: Study, tmp_path: Path) -> None:
    counties_with_people(square_area, tmp_path)
    names, people = ["west", "east", "both"], [100_001, 40_000, 140_000]
    shapes = [box(104.1, 30.1, 104.2, 30.2), box(104.7, 30.1, 104.8, 30.2), box(104.4, 30.6, 104.6, 30.7)]
    path = tmp_path / "plants.gpkg"
    gpd.GeoDataFrame({"厂": names, "人口": people}, geometry=shapes, crs=4326).to_file(path)
    columns = {"plant_id": "厂", "population": "人口"}
    receipt = take(square_area, path, recipe(layer="plants", columns=columns, constants={"level": "plant"}))
    assert receipt.accepted == 3
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"]) == (1, "population_above_county", "warned")
    assert line["original"] == "100001 > 100000"
    assert "More people are served" in line["message_en"]
    assert "服务人口多于" in line["message_zh"]


def test_a_grab_sample_labelled_composite_is_its_own_series(square_area: Study, tmp_path: Path) -> None:
    grab = sample(1, 100, 起="2024-01-01 08:00", 止="2024-01-01 08:10")
    receipt = take(square_area, sheet(tmp_path, grab, sample(2, 100)), laboratory())
    assert (receipt.accepted, receipt.repaired) == (2, 1)
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"], line["repaired"]) == (2, "grab_as_composite", "repaired", "grab")
    assert "within 10 minutes" in line["message_en"]
    assert "瞬时样" in line["message_zh"]
    assert stored(square_area)["kind"].to_dict() == {"S1": "grab", "S2": "composite_24h"}


def test_a_moment_without_an_end_says_nothing_of_how_long_it_took(square_area: Study, tmp_path: Path) -> None:
    columns = {**COLUMNS, "sampled": "起"}
    del columns["sampled_from"], columns["sampled_to"]
    receipt = take(square_area, sheet(tmp_path, sample(1, 100)), laboratory(columns=columns))
    assert receipt.rows == []
    assert stored(square_area).loc["S1", "kind"] == "composite_24h"


def test_a_flow_of_three_times_the_usual_is_flagged(square_area: Study, tmp_path: Path) -> None:
    history(square_area, tmp_path)
    rows = (sample(11, 100, 60_000), sample(12, 100, 59_000), sample(13, 100, 70_000, 降雨="否"))
    receipt = take(square_area, sheet(tmp_path, *rows), laboratory())
    assert (receipt.accepted, receipt.quarantined) == (3, 0)
    assert fates(receipt) == [(2, "flow_surge", "warned"), (4, "flow_surge", "warned")]
    assert receipt.rows[0]["original"] == "3.0"
    assert "snow-melt" in receipt.rows[0]["message_en"]
    assert "融雪" in receipt.rows[0]["message_zh"]
    flags = stored(square_area)["rain_flag"]
    assert flags[["S11", "S13"]].tolist() == [True, True]
    assert pd.isna(flags["S12"])


def test_rows_sent_again_with_a_longer_history_are_the_same_rows(square_area: Study, tmp_path: Path) -> None:
    rows = [sample(1, 100, 70_000), *(sample(number, 100) for number in range(2, 5))]
    first = take(square_area, sheet(tmp_path, *rows[:3]), laboratory())
    assert first.rows == []
    again = take(square_area, sheet(tmp_path, *rows, name="longer.csv"), laboratory())
    assert {entry["rule"] for entry in again.rows} == {"duplicate_same", "flow_surge"}
    assert again.quarantined == 0


@pytest.mark.parametrize("amphetamine", ["4.9", "<4.9"])
def test_little_amphetamine_beside_methamphetamine_is_possible_dumping(
    square_area: Study, tmp_path: Path, amphetamine: str
) -> None:
    rows = [
        sample(1, 100),
        sample(1, amphetamine, 样本="S1a", 物质="amphetamine"),
        sample(2, 100),
        sample(2, 5, 样本="S2a", 物质="amphetamine"),
        sample(3, 100),
        sample(3, "ND", 样本="S3a", 物质="amphetamine"),
    ]
    receipt = take(square_area, sheet(tmp_path, *rows), laboratory())
    # 4.9 / 100 is under 0.05, 5 / 100 is not; without a limit a non-detect says nothing.
    assert receipt.accepted == 6
    assert fates(receipt) == [(2, "possible_dumping", "warned"), (3, "possible_dumping", "warned")]
    assert receipt.rows[0]["original"] == "0.049"
    assert "Possible dumping or production" in receipt.rows[0]["message_en"]
    assert "疑似倾倒或制毒" in receipt.rows[0]["message_zh"]


def test_amphetamine_that_comes_in_a_later_file_is_seen_beside_it(square_area: Study, tmp_path: Path) -> None:
    take(square_area, sheet(tmp_path, sample(1, 100)), laboratory())
    later = sheet(tmp_path, sample(1, 2, 样本="S1a", 物质="amphetamine"), name="later.csv")
    assert only_line(take(square_area, later, laboratory()))["rule"] == "possible_dumping"


def test_an_unknown_substance_is_taken_as_it_is_and_listed(square_area: Study, tmp_path: Path) -> None:
    rows = (sample(1, 100, 物质="新物质X"), sample(2, 100, 物质="甲基苯丙胺"), sample(3, 100, 物质="MDMA"))
    receipt = take(square_area, sheet(tmp_path, *rows), laboratory())
    assert (receipt.accepted, receipt.repaired) == (3, 2)
    assert fates(receipt) == [
        (2, "substance_unmapped", "warned"),
        (3, "substance_named", "repaired"),
        (4, "substance_named", "repaired"),
    ]
    assert receipt.rows[0]["original"] == "新物质X"
    assert "not in the list" in receipt.rows[0]["message_en"]
    assert "不在已知物质清单中" in receipt.rows[0]["message_zh"]
    assert stored(square_area)["analyte"].tolist() == ["新物质X", "methamphetamine", "mdma"]


def test_a_new_laboratory_is_its_own_series_in_the_stored_rows(square_area: Study, tmp_path: Path) -> None:
    """How its level warms up is in tests/wastewater/test_levels.py."""
    receipt = take(square_area, sheet(tmp_path, sample(1, 100), sample(2, 100, 实验室="乙")), laboratory())
    assert (receipt.accepted, receipt.rows) == (2, [])
    assert stored(square_area)["laboratory"].tolist() == ["甲", "乙"]
