"""Geometry as layers store it, in bytes (well-known binary), and as shapes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

POINT = np.dtype([("byte_order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
"""A point as GeoParquet has it; nothing else is of its length."""


def with_shapes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows as they are read from a file, their geometry, where they have any, as shapes."""
    if "geometry" not in rows:
        return rows
    shapes = shapely.from_wkb(rows["geometry"].to_numpy(object))
    return gpd.GeoDataFrame(rows.assign(geometry=shapes), geometry="geometry", crs="EPSG:4326")


def point_columns(encoded: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of points, NaN for what is none.

    Parameters
    ----------
    encoded
        One geometry a row, in bytes; None where there is none.
    """
    values = encoded.to_numpy(object)
    plain = np.array([value is not None and len(value) == POINT.itemsize for value in values], dtype=bool)
    points = np.frombuffer(b"".join(values[plain]), dtype=POINT)
    lon, lat = np.full((2, len(values)), np.nan)
    lon[plain], lat[plain] = points["x"], points["y"]
    others = shapely.from_wkb(values[~plain])
    lon[~plain], lat[~plain] = shapely.get_x(others), shapely.get_y(others)
    return lon, lat
