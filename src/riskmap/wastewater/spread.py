"""From a plant's catchment to the cells in it, totals kept.

All cells of one catchment share one measurement: they carry the plant's position so that whoever resamples or
cross-validates can keep them together.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from riskmap.grid.assign import areal_overlaps, main_polygon, spread_weights
from riskmap.grid.cells import Cells, Floats
from riskmap.layers.catchments import overlapping_pairs, with_validity
from riskmap.schema import PLANT_LEVELS

POLYGONS = (3, 6)
ROUNDING_SHARE = 1e-6
"""Share of the smaller catchment below which neighbours overlap by rounding only."""


def spread_loads(load_mg_d: Floats, weights: sparse.csr_array) -> Floats:
    """Spread each plant's daily load over the cells of its catchment.

    Parameters
    ----------
    load_mg_d
        Shape (p,), mg per day; missing where a plant has no measurement.
    weights
        Shape (p, n) from `grid.assign.spread_weights`; rows sum to 1.

    Returns
    -------
    Shape (n,), mg per day; missing in cells that no measured catchment touches: *not monitored* is not zero.
    """
    measured = np.isfinite(load_mg_d)
    total = np.asarray(weights[measured].T @ load_mg_d[measured])
    touched = np.asarray((weights[measured] > 0).sum(axis=0)).ravel() > 0
    return np.where(touched, total, np.nan)


def catchment_weights(
    plants: gpd.GeoDataFrame,
    cells: Cells,
    resolution: int,
    residents: Floats | None,
    moment: pd.Timestamp | None = None,
) -> sparse.csr_array:
    """Return weights, shape (p, n), that spread a plant's total over its catchment by where people live.

    Plants known as points only, and catchments that do not hold at `moment`, spread nothing: their rows are empty.
    """
    return spread_weights(catchment_overlaps(plants, cells, resolution, moment), residents)


def catchment_overlaps(
    plants: gpd.GeoDataFrame, cells: Cells, resolution: int, moment: pd.Timestamp | None = None
) -> sparse.csr_array:
    """Return how much of each cell drains to each plant, km2, shape (p, n); nobody twice within one level.

    What two catchments of a level both claim belongs to the first by plant_id where `overlap` of either is "priority";
    else the claims in a cell are reduced in proportion to what they cover together. Nested levels do not share: a
    street's people are also those of its plant.

    Parameters
    ----------
    moment
        Only catchments that hold then have rows that are not empty; None where none was ever redrawn.
    """
    shapes, pairs = _settled(plants, _catchments(plants, moment))
    claims = areal_overlaps(gpd.GeoSeries(shapes, crs="EPSG:4326"), cells, resolution)
    return claims if pairs.empty else _share_out(claims, shapes, pairs, cells, resolution)


def _settled(plants: gpd.GeoDataFrame, shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], pd.DataFrame]:
    """Return the catchments without what others have before them, and the pairs that are left to share."""
    named = plants if "plant_id" in plants else plants.assign(plant_id=np.arange(len(plants)))
    pairs = overlapping_pairs(named.assign(geometry=shapes), least_share=ROUNDING_SHARE)
    if "overlap" not in plants or pairs.empty:
        return shapes, pairs
    first_has_it = (plants["overlap"] == "priority").to_numpy(bool, na_value=False)
    decided = first_has_it[pairs["first"]] | first_has_it[pairs["second"]]
    ids, left = plants["plant_id"].to_numpy(), shapes.copy()
    for one, other in pairs[decided].itertuples(index=False):
        winner, loser = (one, other) if ids[one] < ids[other] else (other, one)
        left[loser] = shapely.difference(left[loser], shapes[winner])
    return left, pairs[~decided]


def _share_out(
    claims: sparse.csr_array, shapes: NDArray[np.object_], pairs: pd.DataFrame, cells: Cells, resolution: int
) -> sparse.csr_array:
    """Reduce claims in cells where overlapping catchments together claim more than they cover."""
    links = (np.ones(len(pairs)), (pairs["first"], pairs["second"]))
    graph = sparse.coo_array(links, shape=(len(shapes), len(shapes)))
    _, groups = connected_components(graph, directed=False)
    entries = sparse.coo_array(claims)
    areas = entries.data.copy()
    for group in np.unique(groups[pairs["first"]]):
        union = gpd.GeoSeries([shapely.union_all(shapes[groups == group])], crs="EPSG:4326")
        covered = areal_overlaps(union, cells, resolution).toarray().ravel()
        claimed = np.asarray(claims[np.flatnonzero(groups == group)].sum(axis=0)).ravel()
        share = np.divide(covered, claimed, out=np.ones(len(cells)), where=claimed > covered)
        own = groups[entries.row] == group
        areas[own] *= share[entries.col[own]]
    return sparse.csr_array((areas, (entries.row, entries.col)), shape=claims.shape)


def plant_of_cells(
    plants: gpd.GeoDataFrame, cells: Cells, resolution: int, moment: pd.Timestamp | None = None
) -> NDArray[np.int64]:
    """Return the row of `plants` that each cell drains to, shape (n,); -1 where it is not monitored.

    Of nested catchments the smallest level wins: community, then street, then plant. Within a level it is the one that
    holds most of the cell; a catchment smaller than that has the cell of its largest part all the same, unless it is
    another one's only cell.
    """
    found = np.full(len(cells), -1)
    shapes, _ = _settled(plants, _catchments(plants, moment))
    for level in PLANT_LEVELS:
        rows = np.flatnonzero((plants["level"] == level).to_numpy() & ~shapely.is_empty(shapes))
        if len(rows):
            overlaps = areal_overlaps(gpd.GeoSeries(shapes[rows], crs="EPSG:4326"), cells, resolution)
            main = _one_cell_at_least(main_polygon(overlaps), overlaps)
            found = np.where(main >= 0, rows[main], found)
    return found


def _one_cell_at_least(main: NDArray[np.int64], overlaps: sparse.csr_array) -> NDArray[np.int64]:
    """Give a catchment that holds most of no cell the one of its largest part."""
    given = main.copy()
    sizes = np.bincount(main[main >= 0], minlength=overlaps.shape[0])
    for row in np.flatnonzero((sizes == 0) & (np.diff(overlaps.indptr) > 0)):
        part = slice(overlaps.indptr[row], overlaps.indptr[row + 1])
        cell = overlaps.indices[part][overlaps.data[part].argmax()]
        if sizes[given[cell]] > 1:
            sizes[given[cell]] -= 1
            sizes[row] += 1
            given[cell] = row
    return given


def catchment_paths(
    plants: gpd.GeoDataFrame, cells: Cells, resolution: int, moments: pd.DatetimeIndex
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which catchment each cell drained to over time.

    Returns
    -------
    path_of
        Shape (n,), the cell's column of `rows`; -1 where it was never monitored.
    rows
        Shape (len(moments), paths): the row of `plants` at each moment, -1 where no catchment held then.
    """
    if not {"valid_from", "valid_to"} & set(plants.columns):
        return plant_of_cells(plants, cells, resolution), np.tile(np.arange(len(plants)), (len(moments), 1))
    dated = with_validity(plants)
    changes = np.unique(np.concatenate([dated["valid_from"].to_numpy(), dated["valid_to"].to_numpy()]))
    epoch = np.searchsorted(changes, moments.to_numpy(), side="right")
    epochs, of_moment = np.unique(epoch, return_inverse=True)
    starts = [moments[np.flatnonzero(epoch == number)[0]] for number in epochs]
    drained = np.stack([plant_of_cells(plants, cells, resolution, start) for start in starts])
    ever = (drained >= 0).any(axis=0)
    paths, found = np.unique(drained[:, ever], axis=1, return_inverse=True)
    path_of = np.full(len(cells), -1)
    path_of[ever] = found.ravel()
    return path_of, paths[of_moment]


def _catchments(plants: gpd.GeoDataFrame, moment: pd.Timestamp | None) -> NDArray[np.object_]:
    """Return the catchments that hold at `moment`; empty ones for points and for others."""
    shapes = np.array(plants.geometry.array, dtype=object)
    held = np.isin(shapely.get_type_id(shapes), POLYGONS)
    if moment is not None:
        dated = with_validity(plants)
        held &= ((dated["valid_from"] <= moment) & (moment < dated["valid_to"])).to_numpy(bool)
    shapes[~held] = shapely.Polygon()
    return shapes
