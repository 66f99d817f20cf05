import geopandas as gpd
import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.errors import GridError
from riskmap.grid.assign import (
    areal_overlaps,
    main_polygon,
    membership,
    points_to_cells,
    spread_weights,
)
from riskmap.grid.blocks import block_of_cells, tiles_of
from riskmap.grid.cells import (
    cell_areas_km2,
    cell_centres,
    cells_from_text,
    cells_of_polygon,
    cells_to_text,
    positions_in,
)
from riskmap.grid.neighbours import ring_matrix

SQUARE = shapely.box(10.0, 50.0, 10.2, 50.1)


@given(st.floats(-170, 170), st.floats(-80, 80), st.floats(1e-7, 0.05), st.floats(1e-7, 0.05), st.integers(5, 9))
@settings(max_examples=200, deadline=None)
def test_a_polygon_always_has_a_cell_and_its_points_lie_in_its_cells(west, south, width, height, resolution):
    polygon = shapely.box(west, south, west + width, south + height)
    cells = cells_of_polygon(polygon, resolution)
    inside = points_to_cells(np.array([west + width / 2]), np.array([south + height / 2]), resolution)
    assert len(cells) >= 1
    assert inside[0] in cells


def test_points_get_the_cells_that_the_reference_library_gives():
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(-180, 180, 300), rng.uniform(-85, 85, 300)
    expected = [h3.str_to_int(h3.latlng_to_cell(y, x, 8)) for x, y in zip(lon, lat, strict=True)]
    assert points_to_cells(lon, lat, 8).tolist() == expected


def test_a_point_without_a_coordinate_has_no_cell():
    assert points_to_cells(np.array([np.nan, 10.0]), np.array([50.0, np.nan]), 8).tolist() == [0, 0]


def test_cells_survive_the_way_to_text_and_back():
    cells = cells_of_polygon(SQUARE, 7)
    assert np.array_equal(cells_from_text(list(cells_to_text(cells))), cells)


def test_text_that_is_no_cell_is_refused():
    with pytest.raises(GridError, match="not all H3 cells"):
        cells_from_text(["zz"])


@pytest.mark.parametrize(
    ("polygon", "message"),
    [
        (shapely.Polygon(), "empty"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "crosses itself"),
        (shapely.box(-179, 0, 179, 1), "degrees of longitude"),
    ],
)
def test_a_polygon_that_bounds_nothing_is_refused(polygon, message):
    with pytest.raises(GridError, match=message):
        cells_of_polygon(polygon, 5)


def test_rings_are_symmetric_and_hold_six_twelve_and_eighteen_cells():
    cells = cells_of_polygon(SQUARE, 8)
    for steps, size in ((1, 6), (2, 12), (3, 18)):
        ring = ring_matrix(cells, steps)
        assert abs(ring - ring.T).sum() == 0
        assert ring.sum(axis=1).max() == size


def test_rings_agree_with_the_reference_library():
    cells = cells_of_polygon(SQUARE, 7)
    ring = ring_matrix(cells, 2).toarray()
    for row, cell in enumerate(cells):
        expected = {h3.str_to_int(c) for c in h3.grid_ring(h3.int_to_str(int(cell)), 2)} & set(cells.tolist())
        assert {int(cells[at]) for at in np.flatnonzero(ring[row])} == expected


def test_areas_of_overlaps_add_up_to_the_polygon():
    cells = cells_of_polygon(SQUARE, 8)
    halves = gpd.GeoSeries([shapely.box(10.0, 50.0, 10.07, 50.1), shapely.box(10.07, 50.0, 10.2, 50.1)], crs=4326)
    overlaps = areal_overlaps(halves, cells, 8)
    by_half = np.asarray(overlaps.sum(axis=1))
    assert by_half[0] / by_half.sum() == pytest.approx(0.35, abs=0.001)
    sphere_km2 = 6371.0072**2 * np.radians(0.2) * (np.sin(np.radians(50.1)) - np.sin(np.radians(50.0)))
    assert by_half.sum() == pytest.approx(sphere_km2, rel=0.005)


def test_spreading_and_belonging_keep_totals():
    cells = cells_of_polygon(SQUARE, 8)
    parts = gpd.GeoSeries([shapely.box(10.0, 50.0, 10.07, 50.1), shapely.box(10.07, 50.0, 10.2, 50.1)], crs=4326)
    overlaps = areal_overlaps(parts, cells, 8)
    totals = np.array([100.0, 7.0])
    density = np.random.default_rng(0).gamma(0.1, 1.0, len(cells))
    for weights in (spread_weights(overlaps), spread_weights(overlaps, density)):
        assert (weights.T @ totals).sum() == pytest.approx(107.0, rel=1e-12)
    counts = np.arange(len(cells), dtype=float)
    assert (membership(overlaps) @ counts).sum() == pytest.approx(counts.sum(), rel=1e-12)


def test_a_polygon_without_any_of_the_mass_is_spread_by_area():
    cells = cells_of_polygon(SQUARE, 8)
    overlaps = areal_overlaps(gpd.GeoSeries([SQUARE], crs=4326), cells, 8)
    weights = spread_weights(overlaps, np.zeros(len(cells)))
    assert weights.sum() == pytest.approx(1.0)


def test_an_empty_polygon_overlaps_nothing():
    cells = cells_of_polygon(SQUARE, 7)
    overlaps = areal_overlaps(gpd.GeoSeries([shapely.Polygon(), SQUARE], crs=4326), cells, 7)
    assert overlaps[[0], :].sum() == 0
    assert set(main_polygon(overlaps)) == {1}


def test_tiles_hold_every_cell_once_and_their_halo_reaches_three_steps():
    cells = cells_of_polygon(shapely.box(10.0, 50.0, 11.5, 50.6), 8)
    tiles = tiles_of(cells, 8, 3)
    assert len(tiles) > 1
    assert np.array_equal(np.sort(np.concatenate([tile.core for tile in tiles])), np.arange(len(cells)))
    near = sum(ring_matrix(cells, steps) for steps in (1, 2, 3))
    for tile in tiles:
        reached = np.unique(near[tile.core].indices)
        assert set(reached) <= set(tile.core) | set(tile.halo)


def test_blocks_group_cells_of_one_ancestor():
    cells = cells_of_polygon(SQUARE, 8)
    block = block_of_cells(cells, 8)
    ancestors = [h3.cell_to_parent(h3.int_to_str(int(cell)), 6) for cell in cells]
    assert len(set(zip(block.tolist(), ancestors, strict=True))) == len(set(ancestors)) == block.max() + 1


def test_positions_are_minus_one_for_cells_that_are_not_there():
    cells = cells_of_polygon(SQUARE, 7)
    wanted = np.array([cells[2], 0, cells[0]], dtype=np.uint64)
    assert positions_in(cells, wanted).tolist() == [2, -1, 0]
    assert positions_in(cells[:0], wanted).tolist() == [-1, -1, -1]


def test_cell_areas_agree_with_the_reference_library():
    cells = cells_of_polygon(SQUARE, 8)
    expected = [h3.cell_area(h3.int_to_str(int(cell)), unit="km^2") for cell in cells[:20]]
    assert cell_areas_km2(cells)[:20] == pytest.approx(expected, rel=1e-9)
    lon, lat = cell_centres(cells[:1])
    assert (lat[0], lon[0]) == pytest.approx(h3.cell_to_latlng(h3.int_to_str(int(cells[0]))))
