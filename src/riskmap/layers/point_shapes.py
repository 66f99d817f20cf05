"""Points that files bring as geometry, under the rules of coordinates in columns."""

import numpy as np
import pandas as pd
import shapely

from riskmap.layers.findings import FindingsOf
from riskmap.layers.identity import point_places
from riskmap.layers.place import Reach, is_nowhere
from riskmap.sources.datum import is_geographic, to_wgs84

MULTI_POINT = 4


def single_points(shapes: np.ndarray) -> np.ndarray:
    """Return the shapes, a multipoint of one point as that point."""
    one = (shapely.get_type_id(shapes) == MULTI_POINT) & (shapely.get_num_geometries(shapes) == 1)
    if not one.any():
        return shapes
    result = shapes.copy()
    result[one] = shapely.get_geometry(shapes[one], 0)
    return result


def given_points(shapes: np.ndarray, crs: str) -> pd.DataFrame:
    """Return x, y (NaN for what is no point) and crs of shapes as delivered."""
    x, y = point_places(single_points(np.asarray(shapes, dtype=object)))
    return pd.DataFrame({"x": x, "y": y, "crs": crs})


def settle_points(
    shapes: np.ndarray, given: pd.DataFrame, reach: Reach, findings: FindingsOf, *, coded: np.ndarray, swap: bool
) -> np.ndarray:
    """Return the shapes without points that stand for "no location", swapped ones put right.

    Parameters
    ----------
    shapes
        WGS84.
    given
        From `given_points`, of the same shapes.
    coded
        Which rows count without a place.
    swap
        As in `place.place_points`.
    """
    result = single_points(shapes)
    x, y = given["x"].to_numpy("float64"), given["y"].to_numpy("float64")
    there = np.isfinite(x) & np.isfinite(y)
    nowhere = there & is_nowhere(x, y)
    inside = reach.holds(*point_places(result))
    doubtful = there & ~nowhere & ~inside
    if not (nowhere.any() or doubtful.any()):
        return result
    result = result.copy()
    original = pd.Series("", index=given.index, dtype="object")
    original[nowhere | doubtful] = point_texts(x[nowhere | doubtful], y[nowhere | doubtful])
    findings.add("no_location", nowhere & ~coded, "geometry", original)
    result[nowhere] = None
    if swap:
        _swap_back(result, given, doubtful, reach, findings, original)
    return result


def _swap_back(
    shapes: np.ndarray,
    given: pd.DataFrame,
    doubtful: np.ndarray,
    reach: Reach,
    findings: FindingsOf,
    original: pd.Series,
) -> None:
    """Swap longitude and latitude where that brings a point into the area."""
    repaired = original.copy()
    swapped = np.zeros(len(shapes), dtype=bool)
    for crs, rows in given[doubtful].groupby("crs", sort=True):
        if not is_geographic(str(crs)):
            continue
        lon, lat = to_wgs84(rows["y"].to_numpy(), rows["x"].to_numpy(), str(crs))
        better = reach.holds(lon, lat)
        at = rows.index.to_numpy()[better]
        shapes[at] = shapely.points(lon[better], lat[better])
        swapped[at] = True
        repaired.iloc[at] = point_texts(lon[better], lat[better])
    findings.add("lat_lon_swapped", swapped, "geometry", original, repaired)


def point_texts(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return "x y" of each point."""
    texts = pd.DataFrame({"x": x, "y": y}).map("{:.10g}".format).astype("str")
    return (texts["x"] + " " + texts["y"]).to_numpy(object)
