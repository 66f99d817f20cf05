"""A grid as map tiles: geometry once for each grid, classes anew for each forecast and map.

geodata/<area>/tiles/<hash of the cells>/
    tiles.bin      positions and features of one tile after the other (tile_codec.py)
    places.npy     where each feature begins in its tile, uint32
    cells.npy      each feature's cell, by its position among the sorted cells of its tile's resolution, uint32
    index.parquet  zoom, x, y, resolution, and where the tile begins in the three files

Small scales show larger cells: a tile holds the finest resolution of which it has no more than MOST_CELLS.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from riskmap.grid.cells import Cells, Floats, cell_areas_km2, cell_centres, cell_polygons, parents_of
from riskmap.snapshot import publish_folder
from riskmap.study import Study
from riskmap.surface.tile_codec import (
    CLASS_AT,
    CLASSES,
    EXTENT,
    TEXT_AT,
    encode_cells,
    encode_points,
    join_tile,
    number_values,
)

FORM = "1"
"""Tiles of another form are made anew."""
MOST_CELLS = 20_000
MOST_LEVELS = 12
EARTH_KM = 40_075.0
TILE_PX = 512
Address = tuple[int, int, int]
"""Zoom, x and y of a tile, as in XYZ tile services; tiles are 512 pixels wide."""


@dataclass(frozen=True)
class Tiles:
    """The prepared tiles of one grid."""

    folder: Path

    @cached_property
    def index(self) -> dict[Address, tuple[int, int, int, int, int]]:
        """By address: resolution, first and last byte, first and last feature (the last ones excluded)."""
        table = pd.read_parquet(self.folder / "index.parquet")
        rows = table.to_numpy().tolist()
        return {(zoom, x, y): tuple(rest) for zoom, x, y, *rest in rows}

    @cached_property
    def _arrays(self) -> tuple[NDArray[np.uint8], NDArray[np.uint32], NDArray[np.uint32]]:
        data = np.memmap(self.folder / "tiles.bin", dtype=np.uint8, mode="r")
        places, cells = (np.load(self.folder / f"{name}.npy", mmap_mode="r") for name in ("places", "cells"))
        return data, places, cells

    @property
    def zooms(self) -> tuple[int, int]:
        """The smallest and the largest zoom that there are tiles of; larger ones show those of the largest."""
        levels = [zoom for zoom, _, _ in self.index]
        return min(levels), max(levels)

    @property
    def resolutions(self) -> dict[int, int]:
        """The resolution of the cells at each zoom."""
        return {zoom: found[0] for (zoom, _, _), found in sorted(self.index.items())}

    def cells_at(self, address: Address) -> NDArray[np.uint32]:
        """Return the positions of a tile's cells among the sorted cells of its resolution."""
        _, _, _, first, last = self.index[address]
        return self._arrays[2][first:last]

    def tile(self, address: Address, classes: Mapping[int, NDArray[np.uint8]], texts: Mapping[int, list[str]]) -> bytes:
        """Return the tile of cells at an address of the index.

        Parameters
        ----------
        classes
            By resolution: the class of each sorted cell, 0 to 31.
        texts
            By resolution: what the pointer reads of each class, from 0 on.
        """
        resolution, begin, end, first, last = self.index[address]
        data, places, cells = self._arrays
        rest = np.array(data[begin:end])
        chosen = classes[resolution][cells[first:last]]
        rest[places[first:last] + CLASS_AT] = chosen
        rest[places[first:last] + TEXT_AT] = CLASSES + chosen
        return join_tile("cells", texts[resolution], resolution, rest.tobytes())


def dots_tile(address: Address, lon: Floats, lat: Floats) -> bytes:
    """Return a tile with a dot at each of the points, shape (n,) each."""
    x, y = project(lon, lat, address[0])
    units = [np.rint((values - at) * EXTENT).astype(np.int64) for values, at in ((x, address[1]), (y, address[2]))]
    return join_tile("dots", [], 0, encode_points(*units).tobytes())


def cell_width_px(cells: Cells, zoom: int) -> float:
    """Return how many pixels lie between the middles of neighbouring cells where a zoom begins."""
    _, lat = cell_centres(cells[:1])
    km = math.sqrt(float(cell_areas_km2(cells[:1])[0]) * 2 / math.sqrt(3))
    return km / (EARTH_KM * math.cos(math.radians(float(lat[0]))) / (TILE_PX * 2**zoom))


def tiles_folder(study: Study, cells: Cells) -> Path:
    """Return where the tiles of a grid are kept."""
    digest = sha256(FORM.encode() + np.ascontiguousarray(cells).tobytes()).hexdigest()
    return study.folder / "tiles" / digest[:12]


def prepare_tiles(study: Study, cells: Cells) -> Tiles:
    """Return the tiles of a grid, made where they are not there yet."""
    target = tiles_folder(study, cells)
    try:
        publish_folder(target, lambda folder: _write_tiles(folder, cells, study.resolution))
    except OSError:
        if not target.is_dir():  # else another process was faster
            raise
    return Tiles(target)


def zoom_levels(cells: Cells, resolution: int) -> list[tuple[int, int]]:
    """Return (zoom, resolution of the cells shown), from where all lies in a few tiles to where all cells are shown."""
    lon, lat = _corners_of(cells)
    area_km2 = float(np.median(cell_areas_km2(cells[:: max(len(cells) // 1000, 1)])))
    stretch = math.cos(math.radians(float(np.mean(lat))))

    def cells_in_tile(zoom: int, steps: int) -> float:
        return (EARTH_KM * stretch / 2**zoom) ** 2 / (area_km2 * 7**steps)

    finest = next(zoom for zoom in range(22) if cells_in_tile(zoom, 0) <= MOST_CELLS)
    width = max(float(np.ptp(lon)), float(np.ptp(lat)) / stretch, 1e-6)
    coarsest = min(max(int(math.log2(360 / width)) - 1, 0), finest)
    levels = []
    for zoom in range(max(coarsest, finest - MOST_LEVELS), finest + 1):
        steps = next(step for step in range(resolution + 1) if cells_in_tile(zoom, step) <= MOST_CELLS)
        levels.append((zoom, resolution - steps))
    return levels


def _corners_of(cells: Cells) -> tuple[Floats, Floats]:
    bounds = shapely.bounds(cell_polygons(cells[:: max(len(cells) // 5000, 1)]))
    return bounds[:, [0, 2]].ravel(), bounds[:, [1, 3]].ravel()


def _write_tiles(folder: Path, cells: Cells, resolution: int) -> None:
    index, places, numbers = [], [], []
    byte, feature = 0, 0
    with (folder / "tiles.bin").open("wb") as stream:
        for zoom, shown in zoom_levels(cells, resolution):
            level = cells if shown == resolution else np.unique(parents_of(cells, shown))
            for x, y, chosen, begins, rest in _encode_level(level, zoom):
                stream.write(rest)
                index.append((zoom, x, y, shown, byte, byte + len(rest), feature, feature + len(chosen)))
                places.append(begins)
                numbers.append(chosen.astype(np.uint32))
                byte, feature = byte + len(rest), feature + len(chosen)
    np.save(folder / "places.npy", np.concatenate(places))
    np.save(folder / "cells.npy", np.concatenate(numbers))
    columns = ["zoom", "x", "y", "resolution", "byte_begin", "byte_end", "feature_begin", "feature_end"]
    pd.DataFrame(index, columns=columns).to_parquet(folder / "index.parquet", index=False)


def _encode_level(cells: Cells, zoom: int) -> Iterator[tuple[int, int, NDArray[np.int64], NDArray[np.uint32], bytes]]:
    """Yield every tile that a cell reaches into: x, y, positions of its cells, where their features begin, bytes."""
    x, y, corners = _to_tiles(cells, zoom)
    low = np.floor([x.min(axis=1), y.min(axis=1)]).astype(np.int64)
    high = np.floor([x.max(axis=1), y.max(axis=1)]).astype(np.int64)
    parts = []
    for right in range(int((high - low)[0].max()) + 1):
        for down in range(int((high - low)[1].max()) + 1):
            reached = np.flatnonzero((low[0] + right <= high[0]) & (low[1] + down <= high[1]))
            parts.append((reached, low[0, reached] + right, low[1, reached] + down))
    cell, tile_x, tile_y = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((cell, tile_y, tile_x))
    cell, tile_x, tile_y = cell[order], tile_x[order], tile_y[order]
    begins = np.flatnonzero(np.r_[True, (np.diff(tile_x) != 0) | (np.diff(tile_y) != 0)])
    ends = np.r_[begins[1:], len(cell)]
    number = np.arange(len(cell)) - np.repeat(begins, ends - begins)
    units_x = np.rint((x[cell] - tile_x[:, np.newaxis]) * EXTENT).astype(np.int64)
    units_y = np.rint((y[cell] - tile_y[:, np.newaxis]) * EXTENT).astype(np.int64)
    data, at = encode_cells(units_x, units_y, corners[cell], number)
    for begin, end in zip(begins, ends, strict=True):
        chosen = cell[begin:end]
        values = number_values(chosen.tolist())
        places = (at[begin:end] - at[begin] + len(values)).astype(np.uint32)
        features = data[at[begin] : at[end]].tobytes()
        yield int(tile_x[begin]), int(tile_y[begin]), chosen, places, values + features


def _to_tiles(cells: Cells, zoom: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return the cells' corners in tiles of a zoom, clockwise on the screen, shape (n, most corners), and their number.

    Rows with fewer corners than others repeat their last one.
    """
    points, row = shapely.get_coordinates(cell_polygons(cells), return_index=True)
    whole = np.bincount(row)
    corners = whole - 1  # a ring ends where it began
    begin = np.cumsum(whole) - whole
    # Rings run anticlockwise with y upwards, so that they are read backwards for a screen.
    step = np.minimum(np.arange(int(corners.max())), corners[:, np.newaxis] - 1)
    at = begin[:, np.newaxis] + corners[:, np.newaxis] - 1 - step
    return *project(points[at, 0], points[at, 1], zoom), corners


def project(lon: Floats, lat: Floats, zoom: int) -> tuple[Floats, Floats]:
    """Return degrees as Web Mercator in tiles of a zoom, x to the east and y to the south."""
    size = 2**zoom
    return (lon / 360 + 0.5) * size, (0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi)) * size
