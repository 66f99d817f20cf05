"""H3 cells on whole arrays: which cells an area has, where they are, how large they are.

Cells are sorted uint64 arrays; a cell's position in the study's array is its index everywhere else.
"""

import numpy as np
import pyarrow as pa
import shapely
from h3ronpy import (
    ContainmentMode,
    cells_area_km2,
    cells_parse,
    cells_to_string,
    change_resolution,
)
from h3ronpy.vector import cells_to_coordinates, cells_to_wkb_polygons, geometry_to_cells
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from riskmap.errors import GridError

Cells = NDArray[np.uint64]
Floats = NDArray[np.float64]


def cells_of_polygon(polygon: BaseGeometry, resolution: int) -> Cells:
    """Return every cell that `polygon` touches, at least one, sorted.

    Cells whose centre lies outside belong too: an event just inside the boundary needs a cell.

    Raises
    ------
    GridError
        If the polygon is empty, not valid, or crosses the 180th meridian.
    """
    if polygon.is_empty or not polygon.is_valid:
        raise GridError(
            "The polygon is empty or crosses itself ({reason}); repair it with shapely.make_valid first.",
            reason=shapely.is_valid_reason(polygon),
        )
    west, _, east, _ = polygon.bounds
    if east - west > 180:
        raise GridError("The polygon spans {width:.0f} degrees of longitude; 180 is the limit.", width=east - west)
    cells = geometry_to_cells(polygon, resolution, containment_mode=ContainmentMode.Covers)
    return np.unique(cells.to_numpy())


def cell_centres(cells: Cells) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes of the cells' centres, degrees, each of shape (n,)."""
    batch = cells_to_coordinates(cells)
    return batch["lng"].to_numpy(), batch["lat"].to_numpy()


def cell_areas_km2(cells: Cells) -> Floats:
    """Return the cells' areas, km2, shape (n,); they differ by up to a fifth over a continent."""
    areas: Floats = cells_area_km2(cells).to_numpy()
    return areas


def cell_polygons(cells: Cells) -> NDArray[np.object_]:
    """Return the cells' outlines as shapely polygons, EPSG:4326, shape (n,)."""
    outlines: NDArray[np.object_] = shapely.from_wkb(np.asarray(cells_to_wkb_polygons(cells).to_numpy(), dtype=object))
    return outlines


def parents_of(cells: Cells, resolution: int) -> Cells:
    """Return each cell's ancestor at a coarser `resolution`, shape (n,)."""
    parents: Cells = change_resolution(cells, resolution).to_numpy()
    return parents


def cells_to_text(cells: Cells) -> NDArray[np.object_]:
    """Return the hexadecimal names that people and maps use, shape (n,)."""
    return np.asarray(cells_to_string(cells).to_numpy(), dtype=object)


def cells_from_text(names: list[str]) -> Cells:
    """Return cells from hexadecimal names.

    Raises
    ------
    GridError
        If one of them is not an H3 cell.
    """
    try:
        cells: Cells = cells_parse(pa.array(names, type=pa.large_string())).to_numpy()
    except ValueError as invalid:
        raise GridError("{names} are not all H3 cells: {problem}.", names=names[:3], problem=str(invalid)) from None
    return cells


def positions_in(cells: Cells, wanted: Cells) -> NDArray[np.int64]:
    """Return the index of each of `wanted` in the sorted array `cells`, -1 where it is not there."""
    if not len(cells):
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
    return np.where(cells[at] == wanted, at, -1)
