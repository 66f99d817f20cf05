"""Vector tiles: read back by GDAL, they hold each cell where H3 says it lies, in the class that was asked for."""

import numpy as np
import pyogrio
import pytest
import shapely
from shapely.geometry import box

from riskmap.grid.cells import cell_centres, cell_polygons, cells_of_polygon, parents_of
from riskmap.surface.tile_codec import varint, varints, zigzag
from riskmap.surface.tiles import MOST_CELLS, dots_tile, prepare_tiles, project, tiles_folder, zoom_levels

TEXTS = {at: [f"class {k} of {at}" for k in range(6)] for at in range(16)}


@pytest.fixture(scope="module")
def cells():
    return cells_of_polygon(box(104, 30, 104.7, 30.6), 8)


@pytest.fixture
def tiles(square_area, cells):
    return prepare_tiles(square_area, cells)


def classes_of(tiles, cells, value=lambda n: np.arange(n) % 6):
    found = {}
    for resolution in set(tiles.resolutions.values()):
        level = cells if resolution == 8 else np.unique(parents_of(cells, resolution))
        found[resolution] = value(len(level)).astype(np.uint8)
    return found


def read_back(data, address, folder, layer="cells"):
    """Return a tile as GDAL reads it, in degrees."""
    zoom, x, y = address
    path = folder / str(zoom) / str(x) / f"{y}.pbf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return pyogrio.read_dataframe(f"MVT:{path}", layer=layer, CLIP="NO").to_crs(4326)


def test_every_cell_is_where_h3_says_and_has_its_class_and_text(tiles, cells, tmp_path):
    classes = classes_of(tiles, cells)
    seen = {resolution: set() for resolution in classes}
    for address in tiles.index:
        found = read_back(tiles.tile(address, classes, TEXTS), address, tmp_path)
        (resolution,) = set(found["r"])
        assert resolution == tiles.resolutions[address[0]]
        level = cells if resolution == 8 else np.unique(parents_of(cells, resolution))
        position = found["i"].to_numpy(int)
        assert (found["k"].to_numpy(int) == classes[resolution][position]).all()
        assert (found["t"] == [TEXTS[resolution][k] for k in classes[resolution][position]]).all()
        assert found.is_valid.all()
        expected = cell_polygons(level[position])
        difference = shapely.area(shapely.symmetric_difference(found.geometry.to_numpy(), expected))
        assert (difference / shapely.area(expected)).max() < 0.15  # corners are rounded to an eighth of a pixel
        seen[resolution] |= set(position)
    for resolution, positions in seen.items():
        assert positions == set(range(len(classes[resolution])))


def test_a_tile_holds_what_reaches_into_it_and_no_more(tiles, cells, tmp_path):
    zoom = max(tiles.resolutions)
    classes = classes_of(tiles, cells)
    for address in [one for one in tiles.index if one[0] == zoom]:
        side = 360 / 2**zoom
        west = address[1] * side - 180
        found = read_back(tiles.tile(address, classes, TEXTS), address, tmp_path)
        bounds = found.bounds
        assert (bounds["maxx"] >= west - 1e-3).all()
        assert (bounds["minx"] <= west + side + 1e-3).all()


def test_other_classes_need_no_other_geometry(tiles, cells, tmp_path):
    address = next(iter(tiles.index))
    one = read_back(tiles.tile(address, classes_of(tiles, cells, np.zeros), TEXTS), address, tmp_path)
    two = read_back(tiles.tile(address, classes_of(tiles, cells, lambda n: np.full(n, 31)), TEXTS), address, tmp_path)
    assert set(one["k"]) == {0}
    assert set(two["k"]) == {31}
    assert one.geometry.equals(two.geometry)
    assert two["t"].fillna("").eq("").all()


def test_the_same_grid_gives_the_same_bytes_and_is_prepared_once(square_area, cells, tmp_path):
    first = prepare_tiles(square_area, cells).folder
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in first.iterdir()}
    assert prepare_tiles(square_area, cells).folder == first == tiles_folder(square_area, cells)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in first.iterdir()} == before
    other = square_area.model_copy(update={"id": "other"})
    again = prepare_tiles(other, cells).folder
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {k: v for k, (v, _) in before.items()}


def test_zoom_levels_run_from_all_in_view_to_every_cell(cells):
    levels = zoom_levels(cells, 8)
    assert levels[-1][1] == 8
    assert [zoom for zoom, _ in levels] == list(range(levels[0][0], levels[-1][0] + 1))
    assert [shown for _, shown in levels] == sorted(shown for _, shown in levels)


def test_no_tile_holds_too_many_cells(tiles):
    assert max(last - first for _, _, _, first, last in tiles.index.values()) < 1.3 * MOST_CELLS


def test_one_cell_is_a_map_too(square_area, tmp_path):
    cells = cells_of_polygon(box(104.5, 30.5, 104.5001, 30.5001), 8)
    tiles = prepare_tiles(square_area, cells)
    zoom = max(tiles.resolutions)
    address = next(one for one in tiles.index if one[0] == zoom)
    found = read_back(tiles.tile(address, classes_of(tiles, cells), TEXTS), address, tmp_path)
    assert len(found) >= 1


def test_dots_lie_on_the_middles_of_their_cells(cells, tmp_path):
    lon, lat = cell_centres(cells[:50])
    x, y = project(lon, lat, 9)
    address = (9, int(x[0]), int(y[0]))
    found = read_back(dots_tile(address, lon, lat), address, tmp_path, "dots")
    assert np.abs(found.geometry.x.to_numpy() - lon).max() < 360 / 2**9 / 4096
    assert np.abs(found.geometry.y.to_numpy() - lat).max() < 360 / 2**9 / 4096


def test_a_tile_stays_in_its_process_when_it_is_made_twice_at_once(square_area, cells, monkeypatch):
    """Another process may publish the same grid between the look and the rename."""
    made = prepare_tiles(square_area, cells).folder
    monkeypatch.setattr("riskmap.surface.tiles.publish_folder", _late)
    assert prepare_tiles(square_area, cells).folder == made


def _late(*_):
    raise OSError("the folder is there already")


@pytest.mark.parametrize("value", [0, 1, 127, 128, 16383, 16384, 2**21 - 1, 2**21, 2**28 - 1])
def test_varints_of_arrays_are_those_of_single_numbers(value):
    data, length = varints(np.array([value]))
    assert data[0, : length[0]].tobytes() == varint(value)


def test_zigzag_keeps_small_numbers_small():
    assert zigzag(np.array([0, -1, 1, -2, 2])).tolist() == [0, 1, 2, 3, 4]
