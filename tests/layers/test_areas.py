from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import Point, Polygon, box

from riskmap.errors import SourceError, StudyError
from riskmap.layers.areas import create_area, read_areas, read_population, read_roads
from riskmap.layers.intake import import_files
from riskmap.layers.receipt import Receipt
from riskmap.sources.datum import from_wgs84
from riskmap.sources.recipe import Recipe
from riskmap.study import Study, load_study

SETTINGS = {"resolution": 8, "period": "week", "timezone": "Asia/Shanghai"}


def take(study: Study, layer: str, path: Path, **form: object) -> Receipt:
    recipe = Recipe.model_validate({"name": "trial", "layer": layer, **form})
    return import_files(study, layer, [path], recipe)


def test_the_boundary_is_the_union_of_the_polygons(home: Path, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[box(104, 30, 104.5, 31), box(104.5, 30, 105, 31)], crs="EPSG:4326")
    frame.to_file(tmp_path / "b.gpkg")
    study = create_area(home, "two", tmp_path / "b.gpkg", **SETTINGS, name_zh="双区", horizon=4)
    assert study.boundary().equals(box(104, 30, 105, 31))
    assert load_study("two", home) == study
    assert (study.name("zh"), study.name("en"), study.horizon) == ("双区", "two", 4)


def test_projected_boundaries_become_degrees(home: Path, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[box(104, 30, 105, 31)], crs="EPSG:4326").to_crs("EPSG:32648")
    frame.to_file(tmp_path / "b.shp")
    study = create_area(home, "projected", tmp_path / "b.shp", **SETTINGS)
    assert study.boundary().symmetric_difference(box(104, 30, 105, 31)).area < 0.01


def test_a_missing_crs_is_asked_for_and_nothing_is_made(home: Path, tmp_path: Path) -> None:
    gpd.GeoDataFrame({"n": [1]}, geometry=[box(104, 30, 105, 31)]).to_file(tmp_path / "b.shp")
    with pytest.raises(StudyError, match=r"b\.shp does not say in which coordinate system it is; give it with --crs"):
        create_area(home, "bare", tmp_path / "b.shp", **SETTINGS)
    assert not home.exists()
    study = create_area(home, "bare", tmp_path / "b.shp", **SETTINGS, crs="EPSG:4490")
    assert study.boundary().bounds == (104, 30, 105, 31)


def test_an_offset_datum_can_only_be_declared(home: Path, tmp_path: Path) -> None:
    lon, lat = from_wgs84(*shapely.get_coordinates(box(104, 30, 105, 31)).T, "GCJ-02")
    frame = gpd.GeoDataFrame(geometry=[Polygon(zip(lon, lat, strict=True))], crs="EPSG:4326")
    frame.to_file(tmp_path / "b.geojson")
    study = create_area(home, "offset", tmp_path / "b.geojson", **SETTINGS, crs="GCJ-02")
    assert study.boundary().bounds == pytest.approx((104, 30, 105, 31), abs=1e-6)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (Point(104, 30), "holds no polygon"),
        (box(-120, -10, 120, 10), "spans -120.00 to 120.00 degrees east"),
        (box(400_000, 3_000_000, 500_000, 3_100_000), "is probably another one"),
    ],
)
def test_what_bounds_no_area_is_refused(home: Path, tmp_path: Path, shape: shapely.Geometry, message: str) -> None:
    gpd.GeoDataFrame(geometry=[shape], crs="EPSG:4326").to_file(tmp_path / "b.gpkg")
    with pytest.raises(StudyError, match=message):
        create_area(home, "none", tmp_path / "b.gpkg", **SETTINGS)
    assert not home.exists()


def test_a_boundary_that_cannot_be_read_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("a\n1\n")
    with pytest.raises(SourceError, match="no geometry"):
        create_area(home, "none", tmp_path / "b.csv", **SETTINGS)


def test_the_same_area_again_is_no_change_and_another_is_refused(home: Path, square_file: Path) -> None:
    first = create_area(home, "same", square_file, **SETTINGS)
    assert create_area(home, "same", square_file, **SETTINGS) == first
    with pytest.raises(StudyError, match="Area same is there already with other settings"):
        create_area(home, "same", square_file, **SETTINGS | {"resolution": 9})


def test_a_wrong_setting_is_named(home: Path, square_file: Path) -> None:
    with pytest.raises(StudyError, match="The setting timezone of area bad is not valid"):
        create_area(home, "bad", square_file, **SETTINGS | {"timezone": "Mars"})


def test_areas_come_in_with_repairs_and_refusals(square_area: Study, tmp_path: Path) -> None:
    good = box(104.1, 30.1, 104.4, 30.4)
    # A spike that goes out and back along itself: not valid, and no area is lost when it is cut off.
    spike = Polygon([(104.5, 30.1), (104.8, 30.1), (104.8, 30.4), (104.9, 30.4), (104.8, 30.4), (104.5, 30.4)])
    bow = Polygon([(104.1, 30.5), (104.4, 30.8), (104.4, 30.5), (104.1, 30.8)])
    frame = gpd.GeoDataFrame(
        {"code": ["510101", "510102", "510103", "510104", "510105"], "name": list("甲乙丙丁戊")},
        geometry=[good, spike, bow, None, box(110, 30, 111, 31)],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "a.gpkg")
    form = {"columns": {"area_code": "code", "name_zh": "name"}, "constants": {"level": "county"}}
    receipt = take(square_area, "areas", tmp_path / "a.gpkg", **form)
    assert [(row["row"], row["rule"]) for row in receipt.rows] == [
        (2, "geometry_repaired"),
        (3, "geometry_invalid"),
        (4, "geometry_missing"),
        (5, "outside_area"),
    ]
    areas = read_areas(square_area, "county")
    assert areas["area_code"].tolist() == ["510101", "510102"]
    assert areas.geometry.is_valid.all()
    assert len(read_areas(square_area, "province")) == 0


def test_a_layer_without_crs_is_refused(square_area: Study, tmp_path: Path) -> None:
    gpd.GeoDataFrame({"code": ["1"]}, geometry=[box(104.1, 30.1, 104.4, 30.4)]).to_file(tmp_path / "a.shp")
    form = {"columns": {"area_code": "code"}, "constants": {"level": "county"}}
    receipt = take(square_area, "areas", tmp_path / "a.shp", **form)
    assert receipt.refused[0]["refused"]["rule"] == "missing_crs"
    assert take(square_area, "areas", tmp_path / "a.shp", **form, crs="EPSG:4326").accepted == 1


def test_a_file_and_a_recipe_that_disagree_are_refused(square_area: Study, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"code": ["1"]}, geometry=[box(104.1, 30.1, 104.4, 30.4)], crs="EPSG:4326")
    frame.to_file(tmp_path / "a.gpkg")
    form = {"columns": {"area_code": "code"}, "constants": {"level": "county"}, "crs": "EPSG:32648"}
    receipt = take(square_area, "areas", tmp_path / "a.gpkg", **form)
    assert receipt.refused[0]["refused"]["rule"] == "crs_conflict"


def test_population_comes_by_cell_by_point_or_by_code(square_area: Study, tmp_path: Path) -> None:
    # 88326ed32bfffff is a cell of resolution 8; 87... of resolution 7.
    rows = ["cell,people,code", "8832688ea9fffff,1200,", ",1.2万,510100", "8732688eaffffff,5,", ",,510100"]
    (tmp_path / "p.csv").write_text("\n".join(rows) + "\n")
    form = {"columns": {"cell": "cell", "residents": "people", "area_code": "code"}, "constants": {"year": 2020}}
    receipt = take(square_area, "population", tmp_path / "p.csv", **form)
    found = [(3, "value_read"), (4, "cell_invalid"), (5, "value_missing")]
    assert [(row["row"], row["rule"]) for row in receipt.rows] == found
    people = read_population(square_area)
    assert people["cell"].dtype == "uint64"
    assert sorted(zip(people["cell"], people["residents"], strict=True)) == [(0, 12000), (0x8832688EA9FFFFF, 1200)]


def test_population_by_point_has_no_cell_column(square_area: Study, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("lon,lat,people\n104.5,30.5,100\n")
    form = {"columns": {"lon": "lon", "lat": "lat", "residents": "people"}, "crs": "WGS84"}
    take(square_area, "population", tmp_path / "p.csv", **form)
    people = read_population(square_area)
    assert "cell" not in people
    assert people.geometry.x.tolist() == [104.5]


def test_roads_are_lines_of_a_class(square_area: Study, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text('class,wkt\nhighway,"LINESTRING (104.1 30.1, 104.9 30.9)"\nlane,nonsense\n')
    form = {"columns": {"road_class": "class", "wkt": "wkt"}, "crs": "WGS84"}
    receipt = take(square_area, "roads", tmp_path / "r.csv", **form)
    assert [(row["row"], row["rule"]) for row in receipt.rows] == [(3, "place_unreadable")]
    assert read_roads(square_area)["road_class"].tolist() == ["highway"]
