"""Points that come as geometry or as well-known text obey the rules of coordinates in columns."""

import json
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import MultiPoint, Point

from riskmap.layers.incidents import read_events
from riskmap.layers.store import read_layer
from riskmap.study import Study
from tests.bad_inputs.given import COLUMNS, GOOD, HEADER, fates, only_line, recipe, take, write

PLAIN = {"case_id": "案号", "occurred": "时间", "area_code": "区划"}
LON, LAT = 104.50012, 30.50012


def geojson(folder: Path, *places: object, code: str = "") -> Path:
    """A GeoJSON file with a case at each place: a pair of coordinates or a geometry."""
    features = []
    for number, place in enumerate(places, start=1):
        geometry = place if isinstance(place, dict) else {"type": "Point", "coordinates": place}
        properties = {"案号": f"A{number}", "时间": "2024-01-02", "区划": code}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    path = folder / "cases.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def wkt(folder: Path, *texts: str, code: str = "") -> Path:
    rows = [f'A{number},2024-01-02,"{text}",{code}' for number, text in enumerate(texts, start=1)]
    return write(folder, *rows, header="案号,时间,图形,区划")


@pytest.mark.parametrize("place", [[0, 0], [-1, -1], [9999, 9999]])
@pytest.mark.parametrize("form", ["geojson", "wkt"])
def test_a_point_that_stands_for_no_location_is_quarantined(
    square_area: Study, tmp_path: Path, place: list[int], form: str
) -> None:
    if form == "geojson":
        receipt = take(square_area, geojson(tmp_path, place), recipe(columns=PLAIN, crs=None))
    else:
        path = wkt(tmp_path, f"POINT ({place[0]} {place[1]})")
        receipt = take(square_area, path, recipe(columns=PLAIN | {"wkt": "图形"}))
    assert (only_line(receipt)["rule"], receipt.quarantined) == ("no_location", 1)


def test_a_point_that_stands_for_no_location_leaves_a_code(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, geojson(tmp_path, [0, 0], code="510100"), recipe(columns=PLAIN, crs=None))
    assert (receipt.accepted, receipt.rows) == (1, [])
    assert read_layer(square_area, "cases").geometry.isna().all()


@pytest.mark.parametrize("form", ["geojson", "wkt"])
def test_swapped_points_are_put_right(square_area: Study, tmp_path: Path, form: str) -> None:
    if form == "geojson":
        receipt = take(square_area, geojson(tmp_path, [LAT, LON]), recipe(columns=PLAIN, crs=None))
    else:
        receipt = take(square_area, wkt(tmp_path, f"POINT ({LAT} {LON})"), recipe(columns=PLAIN | {"wkt": "图形"}))
    line = only_line(receipt)
    assert (line["rule"], line["original"], receipt.repaired) == ("lat_lon_swapped", f"{LAT} {LON}", 1)
    case = read_layer(square_area, "cases").iloc[0]
    assert (case.geometry.x, case.geometry.y) == (LON, LAT)
    assert (case["x_original"], case["y_original"]) == (str(LAT), str(LON))


def test_a_multipoint_of_one_point_is_that_point(square_area: Study, tmp_path: Path) -> None:
    one = MultiPoint([(LON, LAT)]).__geo_interface__
    receipt = take(square_area, geojson(tmp_path, one), recipe(columns=PLAIN, crs=None))
    assert (receipt.accepted, receipt.rows) == (1, [])
    assert read_events(square_area, "cases")["lon"].tolist() == [LON]


def test_a_multipoint_of_several_points_is_quarantined_with_their_number(square_area: Study, tmp_path: Path) -> None:
    three = MultiPoint([(LON, LAT), (LON, 30.6), (104.2, 30.7)]).__geo_interface__
    line = only_line(take(square_area, geojson(tmp_path, three), recipe(columns=PLAIN, crs=None)))
    assert (line["rule"], line["fate"]) == ("several_points", "quarantined")
    assert line["message_en"] == "The geometry holds 3 points; a record happened at one."


@pytest.mark.parametrize("form", ["geojson", "wkt"])
def test_coarse_points_tell_no_cell(square_area: Study, tmp_path: Path, form: str) -> None:
    if form == "geojson":
        receipt = take(square_area, geojson(tmp_path, [104.5, 30.5], [LON, LAT]), recipe(columns=PLAIN, crs=None))
    else:
        path = wkt(tmp_path, "POINT (104.5 30.5)", f"POINT ({LON} {LAT})")
        receipt = take(square_area, path, recipe(columns=PLAIN | {"wkt": "图形"}))
    assert (only_line(receipt)["rule"], receipt.accepted) == ("coordinates_coarse", 2)
    assert read_events(square_area, "cases").set_index("id")["on_grid"].to_dict() == {"A1": False, "A2": True}


COARSE = [
    ("E104.5", "N30.5"),
    ("104.5°", "30.5°"),
    ("１０４.５", "３０.５"),
    ("104°30′", "30°30′"),
    ("东经104.5", "北纬30.5"),
]


@pytest.mark.parametrize("place", COARSE)
def test_coarse_coordinates_tell_no_cell_however_they_are_written(
    square_area: Study, tmp_path: Path, place: tuple[str, str]
) -> None:
    receipt = take(square_area, write(tmp_path, f"A1,2024-01-02,{place[0]},{place[1]},,1,", GOOD.replace("A1", "A2")))
    assert receipt.accepted == 2
    assert "coordinates_coarse" in [rule for row, rule, _ in fates(receipt) if row == 2]
    assert read_events(square_area, "cases").set_index("id")["on_grid"].to_dict() == {"A1": False, "A2": True}


def test_zeros_that_a_program_filled_up_are_no_decimals(square_area: Study, tmp_path: Path) -> None:
    rows = [f"A{n},2024-01-02,104.{n}00000,30.{n}00000,,1," for n in range(1, 9)]
    receipt = take(square_area, write(tmp_path, *rows))
    assert [rule for _, rule, _ in fates(receipt)] == ["coordinates_coarse"] * 8


def test_zeros_beside_rows_with_as_many_decimals_are_decimals(square_area: Study, tmp_path: Path) -> None:
    rows = [f"A{n},2024-01-02,104.{n}12345,30.{n}54321,,1," for n in range(1, 9)]
    receipt = take(square_area, write(tmp_path, *rows, "A9,2024-01-02,104.500000,30.500000,,1,"))
    assert (receipt.accepted, receipt.rows) == (9, [])


@pytest.mark.parametrize(
    "place", [("104.5", "30.50012"), ("104°30′0.5″", "30°30′"), ("104°30′00″", "30°30′00″"), ("104°30.5′", "30°30.5′")]
)
def test_fine_coordinates_tell_a_cell_however_they_are_written(
    square_area: Study, tmp_path: Path, place: tuple[str, str]
) -> None:
    take(square_area, write(tmp_path, f"A1,2024-01-02,{place[0]},{place[1]},,1,"))
    assert read_events(square_area, "cases")["on_grid"].tolist() == [True]


def test_a_table_beside_a_vector_file_stands_where_its_columns_say(square_area: Study, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"案号": ["A9"], "时间": ["2024-01-02"]}, geometry=[Point(104.2, 30.2)], crs=4326)
    frame.to_file(tmp_path / "cases.gpkg")
    columns = {name: COLUMNS[name] for name in ("case_id", "occurred", "lon", "lat")}
    form = recipe(columns=columns, optional=["lon", "lat"])
    receipt = take(square_area, [tmp_path / "cases.gpkg", write(tmp_path, GOOD)], form)
    assert (receipt.accepted, receipt.quarantined) == (2, 0)
    assert read_events(square_area, "cases").set_index("id")["lon"].to_dict() == {"A1": LON, "A9": 104.2}


def test_columns_that_differ_from_the_geometry_are_said(square_area: Study, tmp_path: Path) -> None:
    columns = {"案号": ["A1", "A2"], "时间": ["2024-01-02"] * 2, "经度": [LON, 104.9], "纬度": [LAT, LAT]}
    frame = gpd.GeoDataFrame(columns, geometry=[Point(LON, LAT)] * 2, crs=4326)
    frame.to_file(tmp_path / "cases.gpkg")
    form = recipe(columns={name: COLUMNS[name] for name in ("case_id", "occurred", "lon", "lat")})
    receipt = take(square_area, tmp_path / "cases.gpkg", form)
    assert receipt.accepted == 2
    assert any(note["en"].startswith("In 1 rows the geometry lies elsewhere") for note in receipt.notes)
    assert set(read_events(square_area, "cases")["lon"]) == {LON}


def test_coordinates_as_they_came_are_kept_beside_converted_ones(square_area: Study, tmp_path: Path) -> None:
    header = HEADER
    take(square_area, write(tmp_path, "A1,2024-01-02,104.50312,30.49812,,1,", header=header), recipe(crs="GCJ-02"))
    case = read_layer(square_area, "cases").iloc[0]
    assert (case["x_original"], case["y_original"]) == ("104.50312", "30.49812")
    assert case.geometry.x != 104.50312


def test_coordinates_that_are_stored_as_they_came_are_not_kept_twice(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD))
    assert "x_original" not in read_layer(square_area, "cases")
