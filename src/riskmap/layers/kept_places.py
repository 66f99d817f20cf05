"""Where rows of the quarantine stand, as far as their own coordinates tell: to be shown, never to be counted."""

import json

import numpy as np
import pandas as pd
import shapely

from riskmap.errors import SourceError
from riskmap.layers.outcome import SHAPE
from riskmap.sources.datum import is_geographic, to_wgs84
from riskmap.sources.numbers import parse_degrees, parse_numbers
from riskmap.sources.recipe import Recipe


def quarantined_places(quarantine: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Return longitude and latitude (WGS84) of rows of the quarantine, NaN where they cannot be told.

    Parameters
    ----------
    quarantine
        As `store.read_quarantine` returns it.
    recipe
        The one by which the rows were read.

    Returns
    -------
    lon, lat; same index.
    """
    content = pd.DataFrame([json.loads(text) for text in quarantine["content"]], index=quarantine.index)
    nowhere = np.full(len(content), np.nan)
    if SHAPE in content:
        shapes = shapely.from_wkt(content[SHAPE].fillna("").to_numpy(object), on_invalid="ignore")
        points = shapely.centroid(shapes)
        lon, lat = shapely.get_x(points), shapely.get_y(points)
    else:
        lon, lat = _from_columns(content, recipe) or (nowhere, nowhere)
    return pd.DataFrame({"lon": lon, "lat": lat}, index=quarantine.index)


def _from_columns(content: pd.DataFrame, recipe: Recipe) -> tuple[np.ndarray, np.ndarray] | None:
    names = ("lon", "lat") if "lon" in recipe.columns else ("x", "y")
    found = [next((name for name in recipe.columns.get(target, []) if name in content), None) for target in names]
    if None in found or recipe.crs is None or content.empty:
        return None
    try:
        read = parse_degrees if is_geographic(recipe.crs) else parse_numbers
        x, y = (read(content[name].fillna("").astype("str")).to_numpy("float64") for name in found)
        return to_wgs84(x, y, recipe.crs)
    except SourceError:
        return None  # the receipt says what is wrong with the coordinate system
