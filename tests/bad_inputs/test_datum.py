"""The cases of the section "Place" that concern datum, projection and the form of coordinates: one test a case."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Transformer
from shapely import Point

from riskmap.layers.areas import create_area
from riskmap.layers.incidents import read_events
from riskmap.layers.receipt import Receipt
from riskmap.sources.datum import from_wgs84
from riskmap.study import Study
from tests.bad_inputs.given import COLUMNS, only_line, only_refusal, recipe, take, write

LON, LAT = 104.50012, 30.50012
METRES_PER_DEGREE = 111_320
EASTINGS = {
    **{name: source for name, source in COLUMNS.items() if name not in ("lon", "lat")},
    "x": "经度",
    "y": "纬度",
}


def placed(*places: tuple[object, object]) -> list[str]:
    """Rows with these coordinates and no area code."""
    return [f"A{number},2024-01-02,{x},{y},,1," for number, (x, y) in enumerate(places, start=1)]


def stored(study: Study) -> np.ndarray:
    """Longitudes and latitudes of all cases, by id."""
    return read_events(study, "cases").sort_values("id")[["lon", "lat"]].to_numpy()


def stands_where_it_is(study: Study, lon: float = LON, lat: float = LAT) -> bool:
    """Whether every case stands within a centimetre of the place."""
    return bool((np.abs(stored(study) - [lon, lat]) * METRES_PER_DEGREE < 0.01).all())


def easting(code: str) -> tuple[float, float]:
    """The place in a projection, by PROJ."""
    return Transformer.from_crs("EPSG:4326", code, always_xy=True).transform(LON, LAT)


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_declared_chinese_offsets_are_undone(square_area: Study, tmp_path: Path, datum: str) -> None:
    x, y = from_wgs84(np.array([LON]), np.array([LAT]), datum)
    receipt = take(square_area, write(tmp_path, *placed((x[0], y[0]))), recipe(crs=datum))
    assert (receipt.accepted, receipt.files[0]["datum"]) == (1, datum)
    assert stands_where_it_is(square_area)


def test_an_unknown_datum_is_refused_for_fine_cells(square_area: Study, tmp_path: Path) -> None:
    refused = only_refusal(take(square_area, write(tmp_path, *placed((LON, LAT))), recipe(crs="unknown")))
    assert refused["rule"] == "unknown_datum"
    assert "Declare `crs`" in refused["message_en"]
    assert "GCJ-02" in refused["message_zh"]


def test_an_unknown_datum_is_taken_with_a_note_for_coarse_cells(square_area: Study, tmp_path: Path) -> None:
    coarse = square_area.model_copy(update={"resolution": 7})
    receipt = take(coarse, write(tmp_path, *placed((LON, LAT))), recipe(crs="unknown"))
    assert receipt.accepted == 1
    assert any("datum of the coordinates is unknown" in note["en"] for note in receipt.notes)


def test_cgcs2000_degrees_are_taken_as_wgs84_with_a_note(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, *placed((LON, LAT))), recipe(crs="CGCS2000"))
    assert receipt.accepted == 1
    assert stands_where_it_is(square_area)
    assert any("CGCS2000 degrees were taken as WGS84" in note["en"] for note in receipt.notes)
    assert any("相差不到一米" in note["zh"] for note in receipt.notes)


@pytest.mark.parametrize("code", ["EPSG:4496", "EPSG:4523"])
def test_gauss_krueger_eastings_with_their_zone_need_no_declared_zone(
    square_area: Study, tmp_path: Path, code: str
) -> None:
    # Zone 18 of 6 degrees and zone 35 of 3 degrees: eastings 18 452 ... and 35 452 ...
    x, y = easting(code)
    receipt = take(square_area, write(tmp_path, *placed((x, y))), recipe(crs="CGCS2000 GK", columns=EASTINGS))
    assert (receipt.accepted, receipt.rows) == (1, [])
    assert stands_where_it_is(square_area)


def test_gauss_krueger_eastings_may_be_written_with_blanks(square_area: Study, tmp_path: Path) -> None:
    x, y = easting("EPSG:4496")
    digits = f"{x:.3f}"
    written = f"{digits[:2]} {digits[2:5]} {digits[5:]}"
    assert written.startswith("18 4")
    take(square_area, write(tmp_path, *placed((written, y))), recipe(crs="CGCS2000 GK", columns=EASTINGS))
    assert stands_where_it_is(square_area)


def test_gauss_krueger_eastings_without_any_zone_are_refused(square_area: Study, tmp_path: Path) -> None:
    form = recipe(crs="CGCS2000 GK", columns=EASTINGS)
    refused = only_refusal(take(square_area, write(tmp_path, *placed((452_041.5, 3_375_000))), form))
    assert refused["rule"] == "unknown_zone"
    assert "none of 1 eastings in CGCS2000 GK carries its number (the first is 452041.5)" in refused["message_en"]
    assert "带号未知" in refused["message_zh"]


def test_one_easting_without_zone_among_others_is_kept_aside(square_area: Study, tmp_path: Path) -> None:
    x, y = easting("EPSG:4496")
    form = recipe(crs="CGCS2000 GK", columns=EASTINGS)
    line = only_line(take(square_area, write(tmp_path, *placed((x, y), (452_041.5, y))), form))
    assert (line["row"], line["rule"], line["fate"]) == (3, "zone_missing", "quarantined")
    assert "carries no zone number" in line["message_en"]
    assert "不带带号" in line["message_zh"]


@pytest.mark.parametrize(("code", "added"), [("EPSG:4523", -35_000_000), ("EPSG:4544", 35_000_000)])
def test_a_declared_zone_repairs_a_prefix_that_is_missing_or_too_much(
    square_area: Study, tmp_path: Path, code: str, added: float
) -> None:
    x, y = easting(code)
    receipt = take(square_area, write(tmp_path, *placed((x + added, y))), recipe(crs=code, columns=EASTINGS))
    line = only_line(receipt)
    assert (line["rule"], line["fate"], receipt.accepted) == ("zone_prefix", "repaired", 1)
    assert float(line["repaired"]) == pytest.approx(x, abs=1e-6)
    assert "the declared system names the zone" in line["message_en"]
    assert "已指明带号" in line["message_zh"]
    assert stands_where_it_is(square_area)


# Metre and foot systems of the same state: Missouri East (1200/3937 m), Arizona Central (0.3048 m).
FEET = {
    "US survey feet": ("EPSG:26996", "ESRI:102696", 3937 / 1200, (-90.25012, 38.60012)),
    "international feet": ("EPSG:26949", "EPSG:2223", 1 / 0.3048, (-112.05012, 33.50012)),
}


@pytest.mark.parametrize("case", FEET)
def test_state_plane_feet_are_read_by_their_declared_code(home: Path, tmp_path: Path, case: str) -> None:
    metres, feet, factor, (lon, lat) = FEET[case]
    west, south = np.floor(lon), np.floor(lat)
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    outline = tmp_path / "area.geojson"
    outline.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    area = create_area(home, "feet", outline, resolution=8, period="week", timezone="UTC")
    x, y = Transformer.from_crs("EPSG:4326", metres, always_xy=True).transform(lon, lat)
    take(area, write(tmp_path, *placed((x * factor, y * factor))), recipe(crs=feet, columns=EASTINGS))
    assert stands_where_it_is(area, lon, lat)


def test_a_code_that_nobody_knows_is_refused(square_area: Study, tmp_path: Path) -> None:
    refused = only_refusal(take(square_area, write(tmp_path, *placed((LON, LAT))), recipe(crs="EPSG:1")))
    assert refused["rule"] == "unknown_crs"
    assert "give an EPSG or ESRI code" in refused["message_en"]
    assert "无法识别坐标系" in refused["message_zh"]


# 104.691667 = 104 + 41/60 + 30/3600; 30.508333 = 30 + 30/60 + 30/3600
DEGREES = {
    "signs": ("104°41′30″E", "30°30′30″N"),
    "signs of a keyboard": ("104°41'30''E", "30°30'30''N"),
    "Chinese": ("东经104度41分30秒", "北纬30度30分30秒"),
    "minutes with decimals": ("104°41.5′E", "30°30.5′N"),
    "letter first": ("E104.69166667", "N30.50833333"),
    "full-width": ("１０４.６９１６６６６７", "３０.５０８３３３３３"),
}


@pytest.mark.parametrize("case", DEGREES)
def test_degrees_are_read_in_every_plain_form(square_area: Study, tmp_path: Path, case: str) -> None:
    receipt = take(square_area, write(tmp_path, *placed(DEGREES[case])))
    assert receipt.accepted == 1
    assert stored(square_area)[0] == pytest.approx([104.6916667, 30.5083333], abs=1e-6)


@pytest.mark.parametrize("text", ["104°75′E", "E104.5W", "104 41 30", "104.5N", "约104.5", "104.5°30′"])
def test_mixed_forms_of_degrees_are_kept_aside(square_area: Study, tmp_path: Path, text: str) -> None:
    line = only_line(take(square_area, write(tmp_path, *placed((LON, LAT), (text, LAT)))))
    assert (line["row"], line["rule"], line["fate"]) == (3, "place_unreadable", "quarantined")
    assert f"The coordinates {text} 30.50012 cannot be read" in line["message_en"]
    assert text in line["message_zh"]


def swapped(study: Study, tmp_path: Path, x: float, y: float) -> Receipt:
    return take(study, write(tmp_path, *placed((x, y))))


def test_swapped_coordinates_are_repaired_where_only_that_is_inside(square_area: Study, tmp_path: Path) -> None:
    line = only_line(swapped(square_area, tmp_path, LAT, LON))
    assert (line["rule"], line["fate"], line["repaired"]) == ("lat_lon_swapped", "repaired", "104.500120 30.500120")
    assert "Longitude and latitude were swapped" in line["message_en"]
    assert "经纬度写反" in line["message_zh"]
    assert stands_where_it_is(square_area)


def test_coordinates_that_are_outside_both_ways_are_not_swapped(square_area: Study, tmp_path: Path) -> None:
    line = only_line(swapped(square_area, tmp_path, 30.50012, 110.50012))
    assert (line["rule"], line["fate"]) == ("outside_area", "quarantined")
    assert "more than 5 km outside" in line["message_en"]
    assert "5 千米以外" in line["message_zh"]


@pytest.mark.parametrize(("x", "y"), [(0, 0), (-1, -1), (9999, 9999), ("", ""), ("０", "０")])
def test_placeholders_are_no_location(square_area: Study, tmp_path: Path, x: object, y: object) -> None:
    line = only_line(take(square_area, write(tmp_path, *placed((LON, LAT), (x, y)))))
    assert (line["row"], line["rule"], line["fate"]) == (3, "no_location", "quarantined")
    assert "has no location" in line["message_en"]
    assert "没有位置" in line["message_zh"]


def geojson(path: Path, *, behind: bool = False, **members: object) -> Path:
    """Write one case as GeoJSON with further members before its features, or behind them."""
    case = {"type": "Feature", "properties": {"案号": "A1", "时间": "2024-01-02", "crs": None}}
    features = {"features": [{**case, "geometry": {"type": "Point", "coordinates": [104.50012, 30.50012]}}]}
    parts = features | members if behind else members | features
    path.write_text(json.dumps({"type": "FeatureCollection", **parts}, ensure_ascii=False), encoding="utf-8")
    return path


def named(name: str) -> dict[str, object]:
    return {"type": "name", "properties": {"name": name}}


SHAPED = {"columns": {"case_id": "案号", "occurred": "时间"}, "crs": None}


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("name", ["", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4490"])
def test_a_geojson_is_in_wgs84_unless_it_says_otherwise(
    square_area: Study, tmp_path: Path, name: str, behind: bool
) -> None:
    path = geojson(tmp_path / "a.geojson", behind=behind, **({"crs": named(name)} if name else {}))
    receipt = take(square_area, path, recipe(**SHAPED))
    assert (receipt.accepted, receipt.refused) == (1, [])


@pytest.mark.parametrize("behind", [False, True])
def test_a_geojson_whose_system_is_null_is_asked_for_one(square_area: Study, tmp_path: Path, behind: bool) -> None:
    path = geojson(tmp_path / "a.json", crs=None, behind=behind)
    refused = only_refusal(take(square_area, path, recipe(**SHAPED)))
    assert refused["rule"] == "missing_crs"
    assert "does not say in which coordinate system" in refused["message_en"]
    assert "坐标系" in refused["message_zh"]
    assert take(square_area, path, recipe(**{**SHAPED, "crs": "WGS84"})).accepted == 1


@pytest.mark.parametrize("crs", [named("urn:ogc:def:crs:EPSG::999999"), named("Mars"), {"type": "link"}, "EPSG"])
def test_a_geojson_with_an_unknown_system_is_refused(square_area: Study, tmp_path: Path, crs: object) -> None:
    refused = only_refusal(take(square_area, geojson(tmp_path / "a.geojson", crs=crs), recipe(**SHAPED)))
    assert refused["rule"] == "unknown_crs"
    assert "names a coordinate system that is not known" in refused["message_en"]
    assert "无法识别" in refused["message_zh"]


def points_file(folder: Path, crs: str) -> Path:
    """A GeoPackage with one case, in a coordinate system of its own."""
    frame = gpd.GeoDataFrame({"案号": ["A1"], "时间": ["2024-01-02"]}, geometry=[Point(LON, LAT)], crs=4326)
    frame.to_crs(crs).to_file(folder / "cases.gpkg")
    return folder / "cases.gpkg"


NO_COORDINATES = {"case_id": "案号", "occurred": "时间"}


@pytest.mark.parametrize("declared", ["EPSG:4214", "EPSG:4269", "EPSG:4610"])
def test_a_file_of_other_degrees_than_declared_is_refused(square_area: Study, tmp_path: Path, declared: str) -> None:
    form = recipe(columns=NO_COORDINATES, crs=declared)
    refused = only_refusal(take(square_area, points_file(tmp_path, "EPSG:4326"), form))
    assert refused["rule"] == "crs_conflict"
    assert declared in refused["message_en"]


@pytest.mark.parametrize("declared", ["WGS84", "CGCS2000", "EPSG:4490", "EPSG:4326"])
def test_degrees_of_wgs84_and_cgcs2000_agree(square_area: Study, tmp_path: Path, declared: str) -> None:
    receipt = take(square_area, points_file(tmp_path, "EPSG:4490"), recipe(columns=NO_COORDINATES, crs=declared))
    assert (receipt.accepted, receipt.files[0]["datum_by"]) == (1, "file")
    assert any("CGCS2000 degrees were taken as WGS84" in note["en"] for note in receipt.notes)


@pytest.mark.parametrize("declared", ["CGCS2000", "EPSG:4490"])
def test_cgcs2000_degrees_are_taken_as_wgs84_and_that_is_said(
    square_area: Study, tmp_path: Path, declared: str
) -> None:
    receipt = take(square_area, write(tmp_path, *placed((LON, LAT))), recipe(crs=declared))
    assert (receipt.accepted, receipt.files[0]["datum_by"]) == (1, "recipe")
    assert any("CGCS2000 degrees were taken as WGS84" in note["en"] for note in receipt.notes)


@pytest.mark.parametrize("code", ["EPSG:4610", "EPSG:4214", "EPSG:2359", "EPSG:2411", "Xian 1980 GK"])
def test_a_datum_without_a_published_shift_is_said_or_refused_for_fine_cells(
    square_area: Study, square_file: Path, home: Path, tmp_path: Path, code: str
) -> None:
    degrees = code in ("EPSG:4610", "EPSG:4214")
    at = (LON, LAT) if degrees else easting("EPSG:2359")
    form = recipe(crs=code) if degrees else recipe(crs=code, columns=EASTINGS)
    receipt = take(square_area, write(tmp_path, *placed(at)), form)
    assert receipt.accepted == 1
    assert any("off by 50 to 150 m" in note["en"] for note in receipt.notes)
    fine = create_area(home, "fine", square_file, resolution=9, period="week", timezone="Asia/Shanghai")
    refused = only_refusal(take(fine, write(tmp_path, *placed(at)), form))
    assert refused["rule"] == "unknown_shift"


@pytest.mark.parametrize("code", ["CGCS2000 GK", "EPSG:4523", "GCJ-02", "WGS84"])
def test_datums_that_are_moved_exactly_carry_no_such_note(square_area: Study, tmp_path: Path, code: str) -> None:
    degrees = code in ("GCJ-02", "WGS84")
    at = (LON, LAT) if degrees else easting("EPSG:4523")
    receipt = take(
        square_area, write(tmp_path, *placed(at)), recipe(crs=code) if degrees else recipe(crs=code, columns=EASTINGS)
    )
    assert receipt.accepted == 1
    assert not any("50 to 150" in note["en"] for note in receipt.notes)
