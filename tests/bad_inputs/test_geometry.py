"""Each case of outlines that are not what they should be, with the fate of every row and what is said about it."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from riskmap.errors import StudyError
from riskmap.layers import shapes as shapes_module
from riskmap.layers.areas import create_area
from riskmap.layers.receipt import Receipt
from riskmap.layers.wastewater import read_plants
from riskmap.study import Study
from tests.bad_inputs.given import fates, only_line, only_refusal, recipe, take

SQUARE = box(104.1, 30.1, 104.3, 30.3)


def write_shapes(folder: Path, shapes: list[BaseGeometry | None], name: str = "plants.gpkg", **columns: object) -> Path:
    """Write catchments of plants A, B, ... with 50 000 people each."""
    names = [chr(65 + number) for number in range(len(shapes))]
    table = {"厂": names, "人口": [50_000] * len(shapes), **columns}
    folder.mkdir(exist_ok=True)
    gpd.GeoDataFrame(table, geometry=shapes, crs=4326).to_file(folder / name)
    return folder / name


def take_plants(study: Study, path: Path, *, accept: bool = False, **changes: object) -> Receipt:
    columns = {"plant_id": "厂", "population": "人口"}
    form = {"layer": "plants", "crs": None, "columns": columns, "constants": {"level": "plant"}}
    return take(study, path, recipe(**{**form, **changes}), accept=accept)


def test_a_self_intersecting_catchment_is_repaired_within_one_percent(square_area: Study, tmp_path: Path) -> None:
    # A spike of 0.002 x 0.002 / 2 degrees beyond the crossing, against 0.04: far below 1 %.
    spike = Polygon([(104.1, 30.1), (104.3, 30.1), (104.3, 30.3), (104.298, 30.302), (104.3, 30.302), (104.1, 30.3)])
    receipt = take_plants(square_area, write_shapes(tmp_path, [spike]))
    assert (receipt.read, receipt.accepted, receipt.repaired) == (1, 1, 1)
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"]) == (1, "geometry_repaired", "repaired")
    assert "crossed itself" in line["message_en"]
    assert "1%" in line["message_zh"].replace(" ", "")
    assert read_plants(square_area).is_valid.all()


def test_a_catchment_that_no_repair_keeps_is_quarantined(square_area: Study, tmp_path: Path) -> None:
    bow = Polygon([(104.1, 30.1), (104.3, 30.3), (104.3, 30.1), (104.1, 30.3)])
    receipt = take_plants(square_area, write_shapes(tmp_path, [bow, box(104.5, 30.1, 104.6, 30.2)]))
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (2, 1, 1)
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"]) == (1, "geometry_invalid", "quarantined")
    assert "cannot be repaired" in line["message_en"]
    assert "无法" in line["message_zh"]


OVERLAPPING = [SQUARE, box(104.29, 30.1, 104.5, 30.3)]
"""They share 0.01 of 0.2 degrees: 5 % of the smaller."""


def test_overlapping_catchments_are_asked_about(square_area: Study, tmp_path: Path) -> None:
    path = write_shapes(tmp_path, OVERLAPPING)
    refused = only_refusal(take_plants(square_area, path))
    assert refused["rule"] == "catchments_overlap"
    assert "2 catchments overlap others, the first A and B" in refused["message_en"]
    assert "分摊" in refused["message_zh"]
    assert read_plants(square_area).empty
    agreed = take_plants(square_area, path, accept=True)
    assert agreed.accepted == 2
    assert fates(agreed) == [(1, "overlap_split", "warned"), (2, "overlap_split", "warned")]
    assert "shared out between them" in agreed.rows[0]["message_en"]
    assert "由双方分摊" in agreed.rows[0]["message_zh"]
    assert read_plants(square_area)["overlap"].tolist() == ["split", "split"]


def test_a_recipe_may_say_that_the_first_plant_has_the_overlap(square_area: Study, tmp_path: Path) -> None:
    constants = {"level": "plant", "overlap": "priority"}
    receipt = take_plants(square_area, write_shapes(tmp_path, OVERLAPPING), constants=constants)
    assert fates(receipt) == [(1, "overlap_priority", "warned"), (2, "overlap_priority", "warned")]
    assert "count for the first of them" in receipt.rows[0]["message_en"]
    assert "编号在前" in receipt.rows[0]["message_zh"]
    assert read_plants(square_area)["overlap"].tolist() == ["priority", "priority"]


def test_an_overlap_with_an_earlier_import_is_asked_about(square_area: Study, tmp_path: Path) -> None:
    assert take_plants(square_area, write_shapes(tmp_path, OVERLAPPING[:1])).rows == []
    second = write_shapes(tmp_path, OVERLAPPING[1:], name="second.gpkg", 厂=["B"])
    refused = only_refusal(take_plants(square_area, second))
    assert "1 catchments overlap others, the first B and A" in refused["message_en"]
    assert only_line(take_plants(square_area, second, accept=True))["original"] == "A"


def test_slivers_between_neighbours_are_no_overlap(square_area: Study, tmp_path: Path) -> None:
    neighbours = [SQUARE, box(104.2999, 30.1, 104.5, 30.3)]
    assert take_plants(square_area, write_shapes(tmp_path, neighbours)).rows == []


def test_holes_parts_and_ring_order_need_no_line(square_area: Study, tmp_path: Path) -> None:
    holed = Polygon(SQUARE.exterior.coords, [box(104.15, 30.15, 104.2, 30.2).exterior.coords[::-1]])
    parts = MultiPolygon([box(104.5, 30.1, 104.6, 30.2), box(104.7, 30.1, 104.8, 30.2)])
    receipt = take_plants(square_area, write_shapes(tmp_path, [holed, parts]))
    assert (receipt.accepted, receipt.rows) == (2, [])
    found = read_plants(square_area).set_index("plant_id").geometry
    assert found["A"].equals(holed)
    assert found["B"].equals(parts)
    turned = write_shapes(tmp_path, [holed.reverse(), parts.reverse()], name="turned.gpkg")
    assert {entry["rule"] for entry in take_plants(square_area, turned).rows} == {"duplicate_same"}


def test_a_null_geometry_is_quarantined_and_the_previous_layer_stays(square_area: Study, tmp_path: Path) -> None:
    assert take_plants(square_area, write_shapes(tmp_path, [SQUARE])).accepted == 1
    second = write_shapes(tmp_path, [None, Polygon()], name="null.gpkg", 厂=["A", "B"])
    receipt = take_plants(square_area, second)
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (2, 0, 2)
    assert fates(receipt) == [(1, "geometry_missing", "quarantined"), (2, "geometry_missing", "quarantined")]
    assert "no geometry" in receipt.rows[0]["message_en"]
    assert "图形" in receipt.rows[0]["message_zh"] or "几何" in receipt.rows[0]["message_zh"]
    assert read_plants(square_area).geometry.iloc[0].equals(SQUARE)


def test_a_missing_crs_is_never_assumed(square_area: Study, tmp_path: Path) -> None:
    path = write_shapes(tmp_path, [SQUARE], name="plants.shp", 厂=["A"])
    path.with_suffix(".prj").unlink()
    refused = only_refusal(take_plants(square_area, path))
    assert refused["rule"] == "missing_crs"
    assert "coordinate system" in refused["message_en"]
    assert "坐标系" in refused["message_zh"]
    assert take_plants(square_area, path, crs="EPSG:4326").accepted == 1


def wavy(vertices: int) -> Polygon:
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    radius = 0.1 + 1e-5 * np.sin(300 * angle)
    return Polygon(np.column_stack([104.5 + radius * np.cos(angle), 30.5 + radius * np.sin(angle)]))


def test_too_many_vertices_are_simplified_and_said(
    square_area: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes_module.limit_vertices, "__defaults__", (1_000, 10_000))
    receipt = take_plants(square_area, write_shapes(tmp_path, [wavy(9_000)]))
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"]) == (1, "outline_simplified", "warned")
    assert "was simplified" in line["message_en"]
    assert "已简化" in line["message_zh"]
    found = read_plants(square_area).geometry.iloc[0]
    assert found.area == pytest.approx(wavy(9_000).area, rel=0.01)


def test_vertices_over_the_cap_are_refused(square_area: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes_module.limit_vertices, "__defaults__", (1_000, 5_000))
    refused = only_refusal(take_plants(square_area, write_shapes(tmp_path, [wavy(9_000)])))
    assert refused["rule"] == "too_many_vertices"
    assert "have 9001 vertices and the limit is 5000" in refused["message_en"]
    assert "9001 个顶点" in refused["message_zh"]


@pytest.mark.parametrize(
    ("shape", "span"),
    [(box(179.5, 30.1, 180.5, 30.2), "179.50 to 180.50"), (box(-95, 30.1, 95, 30.2), "-95.00 to 95.00")],
)
def test_an_outline_across_the_180th_meridian_is_refused(
    square_area: Study, tmp_path: Path, shape: Polygon, span: str
) -> None:
    refused = only_refusal(take_plants(square_area, write_shapes(tmp_path, [SQUARE, shape])))
    assert refused["rule"] == "too_wide"
    assert span in refused["message_en"]
    assert "180 度经线" in refused["message_zh"]
    assert read_plants(square_area).empty


def test_a_boundary_wider_than_half_the_globe_makes_no_area(home: Path, tmp_path: Path) -> None:
    ring = [[-95, 30], [95, 30], [95, 31], [-95, 31], [-95, 30]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (tmp_path / "wide.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(StudyError, match=r"spans -95\.00 to 95\.00 degrees east"):
        create_area(home, "wide", tmp_path / "wide.geojson", resolution=5, period="week", timezone="Asia/Shanghai")


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_a_shapefile_without_a_part_is_refused(square_area: Study, tmp_path: Path, part: str) -> None:
    path = write_shapes(tmp_path / "shp", [SQUARE], name="plants.shp")
    path.with_suffix(part).unlink()
    refused = only_refusal(take_plants(square_area, path))
    assert refused["rule"] == "missing_part"
    assert f"without its {part}" in refused["message_en"]
    assert part in refused["message_zh"]


def test_a_polygon_smaller_than_a_cell_is_warned_of(square_area: Study, tmp_path: Path) -> None:
    # 0.005 degrees square is 0.27 km2; a cell of resolution 8 has 0.74 km2.
    small = box(104.5, 30.5, 104.505, 30.505)
    receipt = take_plants(square_area, write_shapes(tmp_path, [SQUARE, small]))
    assert receipt.accepted == 2
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"]) == (2, "smaller_than_cell", "warned")
    assert line["original"] == "0.266"
    assert "at least one cell" in line["message_en"]
    assert "至少计入一个网格" in line["message_zh"]


def test_a_redrawn_catchment_needs_the_day_since_when_it_holds(square_area: Study, tmp_path: Path) -> None:
    """That old loads keep the old shape is in tests/wastewater/test_redrawn.py."""
    assert take_plants(square_area, write_shapes(tmp_path, [SQUARE])).accepted == 1
    wider = box(104.1, 30.1, 104.4, 30.3)
    undated = take_plants(square_area, write_shapes(tmp_path, [wider], name="undated.gpkg"))
    line = only_line(undated)
    assert (line["rule"], line["fate"], line["original"]) == ("duplicate_conflict", "quarantined", "A")
    columns = {"plant_id": "厂", "population": "人口", "valid_from": "起"}
    path = write_shapes(tmp_path, [wider], name="dated.gpkg", 起=["2024-01-01"])
    assert take_plants(square_area, path, columns=columns).rows == []
    both = read_plants(square_area).sort_values("valid_from", na_position="first")
    assert both.geometry.iloc[0].equals(SQUARE)
    assert both.geometry.iloc[1].equals(wider)
