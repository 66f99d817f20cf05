"""Places as the source gave them: in columns or as shapes, how finely written, and kept beside what became of them."""

import numpy as np
import pandas as pd
import shapely

from riskmap.layers.delivery import Delivery
from riskmap.layers.exactness import number_steps
from riskmap.layers.findings import Findings
from riskmap.layers.identity import point_places
from riskmap.layers.receipt import note
from riskmap.sources.datum import is_geographic, to_wgs84
from riskmap.sources.numbers import parse_degrees
from riskmap.sources.recipe import Recipe

DIFFER_DEGREES = 0.001
"""About 100 m: columns and geometry of one row that lie farther apart are two places."""


def columns_place(texts: pd.DataFrame, shapes: np.ndarray | None, delivery: Delivery, recipe: Recipe) -> np.ndarray:
    """Return which rows stand where their columns say: those without a shape, filled or of files without shapes."""
    names = ("lon", "lat") if "lon" in texts else ("x", "y")
    if names[0] not in texts or recipe.crs is None:
        return np.zeros(len(texts), dtype=bool)
    if shapes is None:
        return np.ones(len(texts), dtype=bool)
    shapeless = np.concatenate([np.full(len(draft.texts), draft.geometry is None) for draft in delivery.drafts])
    filled = ((texts[names[0]] != "") & (texts[names[1]] != "")).to_numpy(bool)
    return np.asarray(shapely.is_missing(shapes) & (filled | (shapeless & ("wkt" not in texts))), dtype=bool)


def shape_steps(given: pd.DataFrame) -> np.ndarray:
    """Return the steps of degrees in which points of shapes are written, shape (2, n); NaN for metres and outlines."""
    steps = np.array([number_steps(given[axis].to_numpy("float64")) for axis in ("x", "y")])
    metres = [crs for crs in given["crs"].unique() if not (crs and is_geographic(crs))]
    steps[:, given["crs"].isin(metres).to_numpy(bool)] = np.nan
    return steps


def note_differences(texts: pd.DataFrame, placed: np.ndarray, recipe: Recipe, findings: Findings) -> None:
    """Say how many rows have another place in their columns than in their shape."""
    if "lon" not in texts or not is_geographic(recipe.crs or "WGS84"):
        return
    lon, lat = (parse_degrees(texts[name]).to_numpy("float64") for name in ("lon", "lat"))
    lon, lat = to_wgs84(lon, lat, recipe.crs or "WGS84")
    there_lon, there_lat = point_places(placed)
    far = np.maximum(np.abs(lon - there_lon), np.abs(lat - there_lat)) > DIFFER_DEGREES
    if far.any():
        said = "In {n} rows the geometry lies elsewhere than the coordinates in columns; the geometry was taken."
        findings.say(note(said, n=int(far.sum())))


def with_originals(
    parsed: pd.DataFrame, texts: pd.DataFrame | None, by_columns: np.ndarray, given: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the rows with `x_original` and `y_original`, texts, where a point is not stored as it came."""
    stored = point_places(np.asarray(parsed["geometry"]))
    came = [pd.Series(None, index=parsed.index, dtype="object") for _ in stored]
    changed = np.zeros(len(parsed), dtype=bool)
    if texts is not None:
        names = ("lon", "lat") if "lon" in texts else ("x", "y")
        for series, name, now in zip(came, names, stored, strict=True):
            series[by_columns] = texts.loc[by_columns, name]
            changed |= by_columns & ~(pd.to_numeric(texts[name], errors="coerce").to_numpy("float64") == now)
    if given is not None:
        for series, axis, now in zip(came, ("x", "y"), stored, strict=True):
            moved = ~by_columns & given[axis].notna().to_numpy(bool) & ~(given[axis].to_numpy("float64") == now)
            series[moved] = given.loc[moved, axis].astype("str")
            changed |= moved
    changed &= np.isfinite(stored[0])
    if not changed.any():
        return parsed
    kept = [series.where(changed).astype("str").mask(~changed) for series in came]
    return parsed.assign(x_original=kept[0], y_original=kept[1])
