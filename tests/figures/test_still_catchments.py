"""The map of wastewater drawn without a browser shows what the one in a browser does."""

import io

import geopandas as gpd
import numpy as np
import pytest
from PIL import Image
from shapely.geometry import box

from riskmap.figures.catchment_key import COLOURS, SIGNS, catchment_entries
from riskmap.figures.catchment_map import CHOSEN_LINES, Frame
from riskmap.figures.legend import Key
from riskmap.figures.scale import INK, NOT_MONITORED, rgb
from riskmap.figures.still_catchments import Catchments
from riskmap.figures.still_map import Extras, still_map
from tests.figures.test_catchment_map import AREA, NO_AREAS, SCALE, places

FRAME = Frame(AREA, NO_AREAS, "", "en", (800, 500))
YELLOW = CHOSEN_LINES[1][0]


def drawn(plants, others=(), chosen=None, entries=()):
    """The pixels of the map, without its legend unless it has entries."""
    catchments = Catchments(plants, gpd.GeoSeries(list(others), crs="EPSG:4326"), chosen, FRAME)
    picture = still_map(catchments.scene, None, Key(["x"], entries), Extras(draw=catchments.draw))
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    return pixels if entries else pixels[:, 270:]


def count(pixels, colour):
    return int((np.abs(pixels - rgb(colour)) <= 2).all(axis=2).sum())


def test_places_have_the_colours_of_their_classes():
    pixels = drawn(places())
    assert all(count(pixels, COLOURS[shade]) > 20 for shade in places()["shade"])
    assert count(pixels, COLOURS[2]) == 0


def test_old_catchments_are_hatched_and_old_points_ringed():
    plain = count(drawn(places()), INK)
    assert count(drawn(places(old=[True, False, False])), INK) > plain + 100
    assert count(drawn(places(old=[False, False, True])), INK) > plain + 20


@pytest.mark.parametrize("chosen", [0, 2])
def test_the_chosen_place_is_marked(chosen):
    assert count(drawn(places()), YELLOW) == 0
    assert count(drawn(places(), chosen=chosen), YELLOW) > 20


def test_a_move_is_a_sign():
    still = drawn(places(finding=[0.0, np.nan, 0.0]))
    for step, (_, colour, _) in SIGNS.items():
        assert count(still, colour) == 0
        assert count(drawn(places(finding=[float(step), np.nan, 0.0])), colour) > 10


def test_dots_lie_where_nobody_samples():
    def dotted(pixels):
        lightened = 0.6 * np.array(rgb(NOT_MONITORED)) + 0.4 * 252
        return int((np.abs(pixels - lightened) <= 12).all(axis=2).sum())

    assert dotted(drawn(places())) > 500
    assert dotted(drawn(places(), others=[box(0, 0, 1, 1)])) < 100


def test_an_area_without_places_is_drawn_all_the_same():
    assert count(drawn(places().head(0)), INK) > 100


def test_the_legend_has_a_mark_for_each_sign():
    entries = catchment_entries(SCALE, places(old=True, finding=[1.0, -1.0, 0.0]), others=True)
    pixels = drawn(places(), entries=entries)[:, :270]
    assert all(count(pixels, colour) > 5 for _, colour, _ in SIGNS.values())
