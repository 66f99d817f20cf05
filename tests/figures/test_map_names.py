"""Names on a map that do not cover each other."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from riskmap.figures.map_names import MOVES, name_points, spread

SIZE = np.array([60.0, 20.0])


def overlaps(centres, sizes):
    """Pairs of boxes that cover each other."""
    apart = np.abs(centres[:, None] - centres[None])
    reach = (sizes[:, None] + sizes[None]) / 2
    both = (apart < reach - 1e-9).all(axis=2)
    return np.argwhere(np.triu(both, 1))


def test_names_that_have_room_stay_where_they_are():
    centres = np.array([[0.0, 0.0], [60.0, 0.0], [0.0, 20.0]])
    assert not spread(centres, np.tile(SIZE, (3, 1))).any()


def test_a_name_over_another_moves_to_the_nearest_free_place():
    moves = spread(np.zeros((2, 2)), np.tile(SIZE, (2, 1)))
    assert moves.tolist() == [[0.0, 0.0], [0.0, -22.0]]


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 200), st.floats(10, 90)), max_size=30))
def test_no_name_covers_another_and_none_moves_far(boxes):
    centres = np.array([(x, y) for x, y, _ in boxes]).reshape(-1, 2)
    sizes = np.array([(wide, 20.0) for *_, wide in boxes]).reshape(-1, 2)
    moves = spread(centres, sizes)
    written = np.isfinite(moves[:, 0])
    assert not len(overlaps((centres + moves)[written], sizes[written]))
    assert (np.abs(moves[written]) <= sizes[written] * np.abs(MOVES).max(axis=0)).all()


@pytest.mark.parametrize(("zoom", "moved"), [(4.0, True), (9.0, False)])
def test_names_are_points_in_their_areas_and_crowd_only_where_the_map_is_small(zoom, moved):
    names = ["Northern County", "Southern County"]
    shapes = [box(0, 1, 1, 2), box(0, 0, 1, 1)]
    table = {"area_code": ["1", "2"], "level": "county", "parent_code": "0", "name_zh": names, "name_en": names}
    areas = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")
    found = name_points(areas, "", "en", zoom, 14)["features"]
    assert [feature["properties"]["n"] for feature in found] == names
    assert [feature["geometry"]["coordinates"] for feature in found] == [[0.5, 1.5], [0.5, 0.5]]
    assert any(feature["properties"]["o"] != [0, 0] for feature in found) == moved
