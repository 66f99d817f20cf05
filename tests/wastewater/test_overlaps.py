"""Nobody drains twice, and nobody's catchment vanishes between the cells."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.grid.assign import areal_overlaps
from riskmap.grid.cells import cells_of_polygon
from riskmap.wastewater.spread import catchment_overlaps, catchment_weights, plant_of_cells

WHOLE = shapely.box(10.0, 50.0, 10.4, 50.2)
CELLS = cells_of_polygon(WHOLE, 7)


def plants(*shapes: shapely.Polygon, **columns: object) -> gpd.GeoDataFrame:
    names = [f"P{number}" for number in range(len(shapes))]
    return gpd.GeoDataFrame({"plant_id": names, "level": "plant", **columns}, geometry=list(shapes), crs=4326)


def area_km2(*shapes: shapely.Polygon) -> float:
    union = gpd.GeoSeries([shapely.union_all(shapes)], crs=4326)
    return float(areal_overlaps(union, CELLS, 7).sum())


LEFT, RIGHT = shapely.box(10.0, 50.0, 10.25, 50.2), shapely.box(10.15, 50.0, 10.4, 50.2)


@pytest.mark.parametrize("overlap", [None, "split", "priority"])
def test_people_of_overlapping_catchments_are_counted_once(overlap: str | None):
    found = catchment_overlaps(plants(LEFT, RIGHT, overlap=pd.array([overlap] * 2, "str")), CELLS, 7)
    assert found.sum() == pytest.approx(area_km2(WHOLE), rel=1e-6)
    left, right = np.asarray(found.sum(axis=1)).ravel()
    if overlap == "priority":
        assert left == pytest.approx(area_km2(LEFT), rel=1e-6)
    else:
        # Both are 0.25 degrees wide and share 0.1: 0.2 of 0.4 degrees each.
        assert left == pytest.approx(right, rel=0.01)


def test_priority_goes_by_plant_id_and_not_by_row():
    turned = plants(RIGHT, LEFT, overlap="priority").assign(plant_id=["P1", "P0"])
    own = np.asarray(catchment_overlaps(turned, CELLS, 7).sum(axis=1)).ravel()
    assert own[1] == pytest.approx(area_km2(LEFT), rel=1e-6)


def test_nested_levels_keep_their_own_people():
    nested = plants(LEFT, LEFT, level=["plant", "street"])
    assert catchment_overlaps(nested, CELLS, 7).sum() == pytest.approx(2 * area_km2(LEFT))


def test_weights_of_overlapping_catchments_still_sum_to_one():
    weights = catchment_weights(plants(LEFT, RIGHT), CELLS, 7, np.arange(len(CELLS), dtype=float))
    assert np.allclose(np.asarray(weights.sum(axis=1)).ravel(), 1)


def test_a_small_catchment_beside_a_large_one_has_its_cell():
    # A hundredth of a cell (5.2 km2) inside the large one.
    small = shapely.box(10.2, 50.1, 10.203, 50.102)
    large = shapely.difference(WHOLE, small)
    found = plant_of_cells(plants(large, small), CELLS, 7)
    assert np.count_nonzero(found == 1) == 1
    assert np.count_nonzero(found == 0) == len(CELLS) - 1


box_parts = st.tuples(st.floats(10.0, 10.3), st.floats(50.0, 50.15), st.floats(1e-5, 0.1), st.floats(1e-5, 0.05))


@given(box_parts)
@settings(max_examples=60, deadline=None)
def test_every_polygon_has_at_least_one_cell(parts: tuple[float, float, float, float]):
    west, south, width, height = parts
    one = plants(shapely.box(west, south, west + width, south + height))
    weights = catchment_weights(one, CELLS, 7, None)
    assert weights.nnz >= 1
    assert weights.sum() == pytest.approx(1)
    assert (plant_of_cells(one, CELLS, 7) == 0).any()


@given(st.lists(box_parts, min_size=2, max_size=4))
@settings(max_examples=40, deadline=None)
def test_no_lot_of_overlapping_catchments_covers_more_than_its_ground(parts: list[tuple[float, float, float, float]]):
    shapes = [shapely.box(west, south, west + width, south + height) for west, south, width, height in parts]
    found = catchment_overlaps(plants(*shapes), CELLS, 7)
    assert found.sum() == pytest.approx(area_km2(*shapes), rel=1e-4)
