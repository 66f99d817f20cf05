"""Maps drawn by the server: the same cells in the same colours, and what a picture says of itself."""

import io

import geopandas as gpd
import numpy as np
import pytest
from PIL import Image
from shapely.geometry import LineString, Point, box

from riskmap.figures import map_layers
from riskmap.figures.deck import fit_view
from riskmap.figures.legend import Key, LegendEntry
from riskmap.figures.scale import INK, PALETTE, rgb
from riskmap.figures.scale_bar import LONGEST_PX, bar_words, round_length, scale_bar
from riskmap.figures.scene import Scene
from riskmap.figures.still_map import Painted, still_map
from riskmap.grid.cells import cells_of_polygon

STUDY = box(0.1, 0.1, 0.3, 0.3)
NO_TILES = map_layers.TileSource("", "", "", (0, 1))


def scene(**changes):
    areas = gpd.GeoDataFrame(
        {
            "area_code": ["1", "11"],
            "level": ["prefecture", "county"],
            "parent_code": [None, "1"],
            "name_zh": ["东", "$x$"],
        },
        geometry=[STUDY, box(0.1, 0.1, 0.2, 0.3)],
        crs="EPSG:4326",
    )
    settings = {"tiles": NO_TILES, "lines": "", "boundary": STUDY, "areas": areas, "size": (700, 480)}
    return Scene(**settings | changes)


def picture(colours, made=None, blind=None, **changes):
    cells = np.sort(cells_of_polygon(STUDY, 7))
    painted = Painted(
        cells, np.array(colours(len(cells))), np.zeros(len(cells), bool) if blind is None else blind(len(cells))
    )
    key = Key(["Expected"], [LegendEntry("box", PALETTE[0], PALETTE[0], "low")], ["Scale 1"], **changes)
    return np.asarray(Image.open(io.BytesIO(still_map(made or scene(), painted, key))).convert("RGB"), dtype=int)


def share(pixels, colour):
    return float((np.abs(pixels - rgb(colour)).max(axis=2) <= 2).mean())


def test_cells_have_their_colours_and_the_picture_its_size():
    red = picture(lambda n: [PALETTE[3]] * n)
    assert red.shape == (480, 700, 3)
    assert share(red, PALETTE[3]) > 0.2
    assert share(picture(lambda n: [PALETTE[1]] * n), PALETTE[3]) == 0


def test_the_study_lies_beside_the_legend():
    columns = np.nonzero((np.abs(picture(lambda n: [PALETTE[3]] * n) - rgb(PALETTE[3])).max(axis=2) <= 2).any(axis=0))[
        0
    ]
    assert columns.min() > 240


def test_simulated_data_are_called_so_in_the_picture_itself():
    plain, marked = (picture(lambda n: [PALETTE[0]] * n, simulated=simulated) for simulated in (False, True))
    assert (plain != marked).any()


@pytest.mark.parametrize("layer", ["cases", "hubs", "roads", "plants", "not_monitored"])
def test_each_layer_that_is_switched_on_is_drawn(layer):
    tables = {
        "cases": gpd.GeoDataFrame({"lon": [0.2], "lat": [0.2]}, geometry=[Point(0.2, 0.2)], crs=4326),
        "hubs": gpd.GeoDataFrame({"kind": ["port"]}, geometry=[Point(0.2, 0.2)], crs=4326),
        "roads": gpd.GeoDataFrame(geometry=[LineString([(0.12, 0.13), (0.28, 0.27)])], crs=4326),
        "plants": gpd.GeoDataFrame({"code": ["W"]}, geometry=[box(0.15, 0.15, 0.25, 0.25)], crs=4326),
    }
    chosen = {layer: tables[layer]} if layer in tables else {}

    def draw(layers):
        return picture(lambda n: [PALETTE[0]] * n, scene(layers=layers, tables=chosen), lambda n: np.ones(n, bool))

    assert (draw((layer,)) != draw(())).any()


def test_the_selected_cell_is_outlined_and_names_are_no_formulas():
    cell = f"{int(np.sort(cells_of_polygon(STUDY, 7))[5]):x}"
    drawn = picture(lambda n: [PALETTE[0]] * n, scene(cell=cell))
    assert share(drawn, INK) > share(picture(lambda n: [PALETTE[0]] * n), INK)


@pytest.mark.parametrize(("longest", "found"), [(1.0, 1.0), (4.9, 2.0), (5.0, 5.0), (99.0, 50.0), (0.3, 0.2)])
def test_a_bar_is_a_round_length_that_fits(longest, found):
    assert round_length(longest) == pytest.approx(found)


def test_a_bar_is_as_long_on_the_ground_as_it_says():
    view = fit_view((0.0, 59.9, 0.2, 60.1), (800, 500))
    bar, words = scale_bar(view, (800, 500), "en", 13)["features"]
    path = np.array(bar["geometry"]["coordinates"])
    km = (path[3, 0] - path[0, 0]) * 40_075 / 360 * np.cos(np.radians(view.latitude))
    said = words["properties"]["n"].split()
    assert km == pytest.approx(float(said[0]) / (1 if said[1] == "km" else 1000), rel=0.01)
    px = (path[3, 0] - path[0, 0]) / 360 * 512 * 2**view.zoom
    assert LONGEST_PX / 2.6 < px <= LONGEST_PX
    assert bar_words(0.5, "zh") == "500 m   北 ↑"
