"""Where people looked: hours of police work, each at one place."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.language import Text
from riskmap.layers.incidents import COARSE_M
from riskmap.layers.receipt import note
from riskmap.layers.sites import read_sites
from riskmap.layers.store import read_layer
from riskmap.schema import TIME_COLUMNS
from riskmap.study import Study

POINT = 0


def read_effort(study: Study) -> pd.DataFrame:
    """Return hours of police work with the one place that each row is about.

    Returns
    -------
    source_id, worked_from, worked_to, known_on, kind, hours; `shape` (a point or polygon, else None), `cell` (0: none)
    and `area_code` ("": none), of which at most one is given: the row's own shape, else the point of its site, else the
    cell, else the area. A point too coarse for a cell stands for its area. `visit`: whether the row tells of a place
    that was gone to (point, site) rather than of one that is reported on period by period (polygon, cell, area).
    """
    rows = read_layer(study, "effort").reset_index(drop=True)
    shapes = _shapes_of(rows, read_sites(study))
    cells = rows["cell"].to_numpy(np.uint64).copy() if "cell" in rows else np.zeros(len(rows), np.uint64)
    placed = ~shapely.is_missing(shapes)
    cells[placed] = 0
    codes = rows["area_code"].fillna("").astype("str") if "area_code" in rows else pd.Series("", index=rows.index)
    named = rows[["source_id", *TIME_COLUMNS["effort"], "known_on", "kind", "hours"]]
    return named.assign(
        cell=cells,
        shape=shapes,
        area_code=codes.mask(placed | (cells != 0), "").astype("str"),
        visit=shapely.get_type_id(shapes) == POINT,
    )


def _shapes_of(rows: pd.DataFrame, sites: gpd.GeoDataFrame) -> np.ndarray:
    """Return each row's own shape, else that of its site, else None; points that tell no cell are none."""
    shapes = np.array(rows["geometry"], dtype=object)
    shapes[shapely.is_missing(shapes) | shapely.is_empty(shapes)] = None
    if "location_precision_m" in rows:
        coarse = (rows["location_precision_m"] >= COARSE_M).to_numpy(bool)
        shapes[coarse & (shapely.get_type_id(shapes) == POINT)] = None
    if "site_id" in rows and len(sites):
        there = sites.drop_duplicates("site_id").set_index("site_id").geometry
        of_site = rows["site_id"].isin(there.index).to_numpy(bool) & shapely.is_missing(shapes)
        found = np.array(there.loc[rows["site_id"][of_site]].array, dtype=object)
        shapes[of_site] = shapely.point_on_surface(found)
    return shapes


def unplaced_sites(study: Study, rows: pd.DataFrame) -> list[Text]:
    """Say which hours name a site that nobody knows and no other place, so that no cell counts them."""
    if "site_id" not in rows or rows.empty:
        return []
    other = ~shapely.is_missing(np.asarray(rows["geometry"]))
    for name, nothing in (("area_code", ""), ("cell", 0)):
        if name in rows:
            other |= (rows[name].fillna(nothing) != nothing).to_numpy(bool)
    sites = read_sites(study)["site_id"]
    lost = rows["site_id"].notna().to_numpy(bool) & ~rows["site_id"].isin(sites).to_numpy(bool) & ~other
    if not lost.any():
        return []
    said = "{n} rows name a site that layer sites does not hold, such as {first}; no cell counts them."
    return [note(said, n=int(lost.sum()), first=str(rows["site_id"][lost].iloc[0]))]
