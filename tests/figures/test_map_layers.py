import json
import re

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box

from riskmap.figures import map_layers
from riskmap.figures.deck import fit_view
from riskmap.figures.plain import plain_text, plain_texts
from riskmap.figures.scene import Scene, compose

ATTACK = '<img src=x onerror="alert(1)">'
EXPRESSION = "@@=alert(1)"
LINES = "/lines/{name}.json"
SOURCE = map_layers.TileSource("/cells/{z}/{x}/{y}.mvt", "/dots/{z}/{x}/{y}.mvt", "/worker.js", (5, 9))


def scene(**changes):
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
        "tiles": SOURCE,
        "lines": LINES,
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
    assert ids[0] == "cells-all"


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
    assert [layer["id"] for layer in pickable] == ["cells-all", "points-hubs"]
    assert all("t" in row for row in pickable[1]["data"])


def test_cells_are_coloured_below_the_selection_so_that_nothing_is_dimmed():
    cells = spec(scene())["layers"][0]
    assert cells["@@type"] == "MVTLayer"
    assert "getFillColor" not in cells
    painted = cells["_subLayerProps"]["polygons-fill"]["getFillColor"]
    assert painted.startswith("@@=properties.k==0?[239, 232, 216, 255]:")
    assert painted.endswith(":[0,0,0,0]")


def test_tiles_are_asked_for_where_they_are_and_read_by_our_own_script():
    cells, dots = (layer for layer in spec(scene(layers=("not_monitored",)))["layers"] if layer["@@type"] == "MVTLayer")
    assert (cells["data"], dots["data"]) == (SOURCE.cells, SOURCE.dots)
    for layer in (cells, dots):
        assert (layer["minZoom"], layer["maxZoom"]) == SOURCE.zooms
        assert layer["loadOptions"] == {"mvt": {"workerUrl": SOURCE.worker}}
    assert not dots["pickable"]


def test_a_layer_without_rows_is_left_out():
    made = spec(scene(tables={}, layers=("hubs", "cases", "plants", "roads")))
    assert [layer["id"] for layer in made["layers"]] == ["cells-all", "areas", "outline", "labels", "scale-bar"]


def test_a_place_shows_its_own_parts_and_names_its_cells():
    made = spec(scene(place="11", layers=()))
    assert [layer["id"] for layer in made["layers"]] == ["cells-11", "outline", "scale-bar"]
    assert spec(scene(place="unknown", layers=()))["layers"][0]["id"] == "cells-unknown"


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
