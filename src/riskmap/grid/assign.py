"""From points and polygons to cells, with totals kept."""

from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from h3ronpy import ContainmentMode
from h3ronpy.vector import coordinates_to_cells, geometry_to_cells
from numpy.typing import NDArray
from scipy import sparse
from shapely.geometry.base import BaseGeometry

from riskmap.grid.cells import Cells, Floats, cell_areas_km2, cell_polygons, cells_of_polygon, positions_in


def points_to_cells(longitude: Floats, latitude: Floats, resolution: int) -> Cells:
    """Return the cell of each point, shape (n,); 0, which is no cell, where a coordinate is missing."""
    located = np.isfinite(longitude) & np.isfinite(latitude)
    cells = np.zeros(len(longitude), dtype=np.uint64)
    cells[located] = coordinates_to_cells(
        np.ascontiguousarray(latitude[located]), np.ascontiguousarray(longitude[located]), resolution
    ).to_numpy()
    return cells


def _overlaps(polygon: BaseGeometry, resolution: int) -> tuple[Cells, Floats]:
    """Return the cells that `polygon` touches and the area of each that lies inside, km2."""
    touched = cells_of_polygon(polygon, resolution)
    inner = geometry_to_cells(polygon, resolution, containment_mode=ContainmentMode.ContainsBoundary).to_numpy()
    inside = cell_areas_km2(touched)
    rim = np.ones(len(touched), dtype=bool)
    at = positions_in(touched, inner)
    rim[at[at >= 0]] = False
    outlines = cell_polygons(touched[rim])
    shapely.prepare(polygon)
    shares = shapely.area(shapely.intersection(outlines, polygon)) / shapely.area(outlines)
    inside[rim] *= shares
    return touched, inside


def areal_overlaps(polygons: gpd.GeoSeries, cells: Cells, resolution: int) -> sparse.csr_array:
    """Return how much of each cell lies in each polygon.

    Only cells on a polygon's rim are intersected; the share is planar in degrees, which within one cell differs from
    the sphere's by less than a part in a thousand at the latitudes people live at.

    Parameters
    ----------
    polygons
        EPSG:4326, valid, shape (p,); an empty one overlaps nothing.
    cells
        The study's cells, sorted, shape (n,).

    Returns
    -------
    Shape (p, n), km2.
    """
    rows, columns, areas = [], [], []
    shapes = polygons.to_numpy()
    there = np.flatnonzero(~shapely.is_empty(shapes))
    with ThreadPoolExecutor(max_workers=2) as pool:  # what takes time, tiling and cutting, leaves Python alone
        found = pool.map(lambda polygon: _overlaps(polygon, resolution), shapes[there])
    for row, (touched, inside) in zip(there, found, strict=True):
        at = positions_in(cells, touched)
        kept = (at >= 0) & (inside > 0)
        rows.append(np.full(int(kept.sum()), row))
        columns.append(at[kept])
        areas.append(inside[kept])
    if not rows:
        return sparse.csr_array((len(polygons), len(cells)))
    entries = (np.concatenate(areas), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_array(entries, shape=(len(polygons), len(cells)))


def spread_weights(overlaps: sparse.csr_array, mass: Floats | None = None) -> sparse.csr_array:
    """Return weights that spread one total per polygon over its cells and keep it.

    Parameters
    ----------
    overlaps
        Shape (p, n), km2, from `areal_overlaps`.
    mass
        What to spread by, per cell and km2 (such as residents per km2), shape (n,); by area alone where it is None
        or where a polygon holds none of it.

    Returns
    -------
    Shape (p, n); each row sums to 1, or to 0 for a polygon that touches no cell of the study.
    """
    plain = _rows_to_one(overlaps)
    if mass is None:
        return plain
    weighted = sparse.csr_array(overlaps.multiply(mass[np.newaxis, :]))
    empty = np.asarray(weighted.sum(axis=1)).ravel() <= 0
    return sparse.csr_array(_rows_to_one(weighted) + sparse.diags_array(empty.astype(float)) @ plain)


def _rows_to_one(weights: sparse.csr_array) -> sparse.csr_array:
    totals = np.asarray(weights.sum(axis=1)).ravel()
    inverse = np.divide(1.0, totals, out=np.zeros_like(totals), where=totals > 0)
    return sparse.csr_array(sparse.diags_array(inverse) @ weights)


def membership(overlaps: sparse.csr_array) -> sparse.csr_array:
    """Return the share of each cell that belongs to each polygon, so that sums over cells become sums over areas.

    A cell that sticks out of all polygons belongs wholly to those that it touches: nothing is lost at the rim.

    Returns
    -------
    Shape (p, n); each column sums to 1, or to 0 for a cell that no polygon touches.
    """
    return sparse.csr_array(_rows_to_one(sparse.csr_array(overlaps.T)).T)


def main_polygon(overlaps: sparse.csr_array) -> NDArray[np.int64]:
    """Return the polygon that holds most of each cell, shape (n,); -1 where none touches it."""
    by_cell = sparse.coo_array(overlaps)
    table = pd.DataFrame({"cell": by_cell.col, "polygon": by_cell.row, "area": by_cell.data})
    largest = table.sort_values(["cell", "area", "polygon"], ascending=[True, False, True]).drop_duplicates("cell")
    found = np.full(overlaps.shape[1], -1)
    found[largest["cell"].to_numpy()] = largest["polygon"].to_numpy()
    return found
