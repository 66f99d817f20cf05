"""Which rows of a layer lie in the areas that a reader may see."""

from collections.abc import Collection
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from h3ronpy.vector import cells_to_coordinates
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

RIM_DEGREES = 1e-6
"""A shape that reaches into the region by less than this (0.1 m) only shares its border."""


@dataclass(frozen=True)
class Scope:
    """Areas by `codes`, all below them included, and the `region` that they cover, EPSG:4326."""

    codes: frozenset[str]
    region: BaseGeometry

    def holds_points(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which points lie in the region; one without coordinates does not."""
        return np.asarray(shapely.intersects_xy(self.region, lon, lat), dtype=bool)

    def holds_codes(self, codes: pd.Series) -> NDArray[np.bool_]:
        """Return which codes name an area of the scope."""
        return codes.isin(self.codes).to_numpy(bool)


def make_scope(areas: gpd.GeoDataFrame, within: Collection[str]) -> Scope:
    """Return the scope of the areas `within`; codes that no area bears cover nothing."""
    codes, reached = set(within), -1
    parents = areas["parent_code"] if "parent_code" in areas else pd.Series(None, index=areas.index, dtype="object")
    while len(codes) != reached:
        reached = len(codes)
        codes |= set(areas.loc[parents.isin(codes), "area_code"])
    region = shapely.union_all(areas.loc[areas["area_code"].isin(within), "geometry"].to_numpy())
    shapely.prepare(region)
    return Scope(frozenset(codes), region)


def rows_within(rows: pd.DataFrame, scope: Scope) -> NDArray[np.bool_]:
    """Return which rows of a layer lie in the scope, shape (n,): by shape, else by cell, else by code of an area.

    A row that tells none of them lies nowhere, and so outside.
    """
    kept = np.zeros(len(rows), dtype=bool)
    open_ = np.ones(len(rows), dtype=bool)
    if "geometry" in rows:
        shapes = rows["geometry"].to_numpy(object)
        open_ = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        kept |= ~open_ & _reaches_into(shapes, scope.region)
    if "cell" in rows:
        cells = pd.to_numeric(rows["cell"], errors="coerce").fillna(0).to_numpy(np.uint64)
        located = open_ & (cells > 0)
        centres = cells_to_coordinates(cells[located])
        kept[located] |= scope.holds_points(centres["lng"].to_numpy(), centres["lat"].to_numpy())
        open_ &= ~located
    if "area_code" in rows:
        kept |= open_ & scope.holds_codes(rows["area_code"])
    return kept


def _reaches_into(shapes: NDArray[np.object_], region: BaseGeometry) -> NDArray[np.bool_]:
    points = shapely.get_type_id(shapes) == 0
    inner = region.buffer(-RIM_DEGREES)
    shapely.prepare(inner)
    return np.where(points, shapely.intersects(region, shapes), shapely.intersects(inner, shapes))
