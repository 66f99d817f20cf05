import json
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from riskmap.figures import map_layers
from riskmap.figures.deck import fit_view
from riskmap.figures.plain import plain_text, plain_texts
from riskmap.figures.scale import Scale
from riskmap.figures.scene import Scene, cells_of_place, compose, drawn_cells
from riskmap.grid.cells import cells_of_polygon

ATTACK = '<img src=x onerror="alert(1)">'
EXPRESSION = "@@=alert(1)"
SCALE = Scale("2026Q1-abc123", {8: (0.1, 0.2, 0.3, 0.4, 0.5), 7: (0.1, 0.2, 0.3, 0.4, 0.5)})


def scene(**changes):
    cells = cells_of_polygon(box(0, 0, 0.1, 0.1), 8)
    surface = pd.DataFrame({"cell": cells, "expected": np.linspace(0, 0.6, len(cells)), "monitored": False})
    areas = gpd.GeoDataFrame(
        {
            "area_code": ["1", "11", "12"],
            "level": ["province", "prefecture", "prefecture"],
            "parent_code": [None, "1", "1"],
            "name_zh": ["海", EXPRESSION, ATTACK],
            "name_en": ["Sea", EXPRESSION, ATTACK],
        },
        geometry=[box(0, 0, 0.1, 0.1), box(0, 0, 0.05, 0.1), box(0.05, 0, 0.1, 0.1)],
        crs="EPSG:4326",
    )
    sites = gpd.GeoDataFrame(
        {"site_id": ["a", "b"], "kind": ["port", "port"], "name_zh": [ATTACK, EXPRESSION]},
        geometry=[Point(0.02, 0.02), Point(0.03, 0.03)],
        crs="EPSG:4326",
    )
    roads = gpd.GeoDataFrame({"road_class": ["a"]}, geometry=[box(0, 0, 0.1, 0.1).boundary], crs="EPSG:4326")
    settings = {
        "cells": surface,
        "resolution": 8,
        "scale": SCALE,
        "boundary": box(0, 0, 0.1, 0.1),
        "areas": areas,
        "layers": ("hubs", "roads", "not_monitored"),
        "tables": {"hubs": sites, "roads": roads},
        "cell": "",
    }
    return Scene(**{**settings, **changes})


def spec(made):
    return json.loads(compose(made).to_json())


def strings(value):
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


def test_a_map_asks_no_other_host_for_anything():
    made = spec(scene(cell="88754e64d7fffff"))
    assert made.get("mapProvider") is None
    assert not [text for text in strings(made) if re.search(r"https?:|//|cartocdn|mapbox", text)]
    assert compose(scene()).map_provider is None


def test_every_layer_has_its_own_fixed_id():
    ids = [layer["id"] for layer in spec(scene(cell="88754e64d7fffff"))["layers"]]
    assert len(set(ids)) == len(ids)
    assert ids == [layer["id"] for layer in spec(scene(cell="88754e64d7fffff"))["layers"]]
    assert ids[0] == "cells-all-8"


def test_text_from_data_cannot_become_an_expression_of_the_map():
    def data_strings(made):
        return [text for layer in made["layers"] for text in strings(layer["data"])]

    texts = data_strings(spec(scene()))
    assert not [text for text in texts if text.startswith("@@")]
    assert any("alert(1)" in text for text in texts)


def test_tooltips_are_plain_text():
    deck = compose(scene())
    assert set(deck._tooltip) == {"text", "style"}
    assert deck._tooltip["text"] == "{t}"
    pickable = [layer for layer in spec(scene())["layers"] if layer.get("pickable")]
    assert pickable
    assert all("t" in row for layer in pickable for row in layer["data"])


def test_cells_are_coloured_below_the_selection_so_that_nothing_is_dimmed():
    cells = spec(scene())["layers"][0]
    assert cells["@@type"] == "H3HexagonLayer"
    assert "getFillColor" not in cells
    assert cells["_subLayerProps"]["hexagon-cell-hifi"]["getFillColor"].startswith("@@=k==0?[239, 232, 216]:")
    assert {row["k"] for row in cells["data"]} == {0, 1, 2, 3, 4, 5}


def test_a_layer_without_rows_is_left_out():
    made = spec(scene(tables={}, layers=("hubs", "cases", "plants", "roads")))
    assert [layer["id"] for layer in made["layers"]] == ["cells-all-8", "areas", "outline", "labels"]


def test_a_place_shows_its_own_parts_and_names_its_cells():
    made = spec(scene(place="11", layers=()))
    assert [layer["id"] for layer in made["layers"]] == ["cells-11-8", "outline"]
    assert spec(scene(place="unknown", layers=()))["layers"][0]["id"] == "cells-unknown-8"


@pytest.mark.parametrize(("cells", "resolution"), [(1, 8), (20_000, 8), (20_001, 7), (140_001, 6), (664_507, 6)])
def test_maps_are_drawn_at_the_finest_resolution_that_a_browser_takes(cells, resolution):
    assert map_layers.draw_resolution(8, cells) == resolution


def test_few_cells_are_drawn_as_they_are():
    cells = scene().cells.assign(baseline_expected=0.0, rank=1)
    drawn, resolution = drawn_cells(cells, 8)
    assert drawn is cells
    assert resolution == 8


def test_cells_of_a_place_are_those_whose_code_it_is():
    cells = pd.DataFrame({"cell": np.array([1, 2, 3], dtype=np.uint64)})
    areas = pd.DataFrame({"cell": np.array([1, 2, 3], dtype=np.uint64), "county": ["a", "b", None]})
    assert list(cells_of_place(cells, areas, "a", "county")["cell"]) == [1]
    assert cells_of_place(cells, areas, "", "") is cells


def test_points_outside_the_chosen_place_are_left_out():
    def ids(place):
        return [layer["id"] for layer in spec(scene(place=place, layers=("hubs",)))["layers"]]

    assert "points-hubs" in ids("11")
    assert "points-hubs" not in ids("12")


def test_the_view_fits_the_bounds_beside_the_legend():
    # 360 degrees are 512 pixels at zoom 0; a width of 1 degree in 512 pixels is zoom log2(360) = 8.49, less 0.1.
    view = fit_view((0, -0.1, 1, 0.1), (512, 512))
    assert view.zoom == pytest.approx(8.39, abs=0.01)
    assert view.longitude == 0.5
    beside = fit_view((0, -0.1, 1, 0.1), (1024, 512), legend_px=512)
    assert beside.zoom == pytest.approx(8.39, abs=0.01)
    assert beside.longitude == pytest.approx(0.5 - 0.5 * 2**0.1, abs=0.001)


def test_plain_text_is_one_line_without_control_marks():
    assert plain_text("a\nb\u202ec\x00") == "a b c"
    assert plain_text(None) == plain_text(float("nan")) == plain_text(pd.NA) == ""
    assert plain_text("@@type") == " @@type"
    assert plain_text("@@@=x") == " @@@=x"
    assert len(plain_text("字" * 200)) == 80
    assert plain_text(ATTACK) == ATTACK
    assert plain_texts(pd.Series(["@@=a", None, "b"])) == [" @@=a", "", "b"]
