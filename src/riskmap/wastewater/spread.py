"""From a plant's catchment to the cells in it, totals kept.

All cells of one catchment share one measurement: they carry the plant's position so that whoever resamples or
cross-validates can keep them together.
"""

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from riskmap.grid.assign import areal_overlaps, main_polygon, spread_weights
from riskmap.grid.cells import Cells, Floats
from riskmap.schema import PLANT_LEVELS


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
    plants: gpd.GeoDataFrame, cells: Cells, resolution: int, residents: Floats | None
) -> sparse.csr_array:
    """Return weights, shape (p, n), that spread a plant's total over its catchment by where people live.

    Plants known as points only spread nothing: their rows are empty.
    """
    overlaps = areal_overlaps(_polygons_only(plants), cells, resolution)
    return spread_weights(overlaps, residents)


def plant_of_cells(plants: gpd.GeoDataFrame, cells: Cells, resolution: int) -> NDArray[np.int64]:
    """Return the row of `plants` that each cell drains to, shape (n,); -1 where it is not monitored.

    Of nested catchments the smallest level wins: community, then street, then plant.
    """
    found = np.full(len(cells), -1)
    polygons = _polygons_only(plants)
    for level in PLANT_LEVELS:
        rows = np.flatnonzero((plants["level"] == level).to_numpy() & ~polygons.is_empty.to_numpy())
        if len(rows):
            main = main_polygon(areal_overlaps(polygons.iloc[rows], cells, resolution))
            found = np.where(main >= 0, rows[main], found)
    return found


def _polygons_only(plants: gpd.GeoDataFrame) -> gpd.GeoSeries:
    areal = plants.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    return plants.geometry.where(areal, gpd.GeoSeries.from_wkt(["POLYGON EMPTY"], crs=plants.crs).iloc[0])
