"""Cases that no cell can count: without coordinates, with coarse ones, or booked at one point. Areas count them."""

import geopandas as gpd
import numpy as np
import pandas as pd

from riskmap.grid.cells import Floats

LEVELS_OF_COARSE_PLACES = ("province", "prefecture", "county")
"""Coordinates good to a kilometre tell the county, not the township."""


def count_unplaced(events: pd.DataFrame, areas: gpd.GeoDataFrame) -> Floats:
    """Return how many cases on no cell each area holds, shape (len(areas),).

    A case counts in the area whose code it bears and in that one's parents; without a code, in the areas that its point
    lies in. Where one area is the whole province every case counts there.

    Parameters
    ----------
    events
        From `layers.incidents.read_events`, those with `on_grid` false: area_code, lon, lat, count.
    areas
        area_code, level, parent_code, geometry; a plain index.
    """
    pairs = [_by_code(events, areas), _by_point(events, areas)]
    whole = np.flatnonzero(areas["level"] == "province")
    if len(whole) == 1:
        pairs.append(pd.DataFrame({"event": np.arange(len(events)), "area": whole[0]}))
    found = pd.concat(pairs, ignore_index=True).drop_duplicates().astype("int64")
    weights = events["count"].to_numpy(float)[found["event"]]
    return np.bincount(found["area"], weights=weights, minlength=len(areas)).astype(float)


def _by_code(events: pd.DataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the pairs (event, area) of cases that bear an area's code, that area's parents included."""
    table = pd.DataFrame({"code": areas["area_code"], "parent": areas["parent_code"], "area": np.arange(len(areas))})
    left = pd.DataFrame({"event": np.arange(len(events)), "code": events["area_code"].to_numpy(object)}).dropna()
    parts = []
    for _ in range(areas["level"].nunique()):
        step = left.merge(table, on="code")
        parts.append(step[["event", "area"]])
        left = step[["event", "parent"]].dropna().rename(columns={"parent": "code"})
    return pd.concat(parts, ignore_index=True)


def _by_point(events: pd.DataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the pairs (event, area) of cases with a point and no known code."""
    coded = events["area_code"].isin(areas["area_code"]).to_numpy(bool)
    free = np.flatnonzero(~coded & np.isfinite(events["lon"].to_numpy(float)))
    points = gpd.points_from_xy(events["lon"].to_numpy(float)[free], events["lat"].to_numpy(float)[free])
    event, area = areas.sindex.query(points, predicate="intersects")
    fits = areas["level"].isin(LEVELS_OF_COARSE_PLACES).to_numpy(bool)[area]
    return pd.DataFrame({"event": free[event[fits]], "area": area[fits]})
