"""Places as the source gave them: in columns or as shapes, how finely written, and kept beside what became of them."""

import numpy as np
import pandas as pd
import shapely

from riskmap.layers.delivery import Delivery
from riskmap.layers.exactness import number_steps
from riskmap.layers.findings import Findings
from riskmap.layers.identity import point_places
from riskmap.layers.readings import UNUSUAL
from riskmap.layers.receipt import note
from riskmap.sources.datum import is_geographic, to_wgs84
from riskmap.sources.numbers import parse_degrees, parse_numbers
from riskmap.sources.recipe import Recipe

DIFFER_DEGREES = 0.001
"""About 100 m: columns and geometry of one row that lie farther apart are two places."""


def columns_place(texts: pd.DataFrame, shapes: np.ndarray | None, delivery: Delivery, recipe: Recipe) -> np.ndarray:
    """Return which rows stand where their columns say: those without a shape, filled or of files without shapes."""
    names = column_names(texts)
    if names[0] not in texts or recipe.crs is None:
        return np.zeros(len(texts), dtype=bool)
    if shapes is None:
        return np.ones(len(texts), dtype=bool)
    shapeless = np.concatenate([np.full(len(draft.texts), draft.geometry is None) for draft in delivery.drafts])
    filled = ((texts[names[0]] != "") & (texts[names[1]] != "")).to_numpy(bool)
    return np.asarray(shapely.is_missing(shapes) & (filled | (shapeless & ("wkt" not in texts))), dtype=bool)


def column_numbers(texts: pd.DataFrame, recipe: Recipe) -> np.ndarray:
    """Return the coordinates that two columns hold, as the source has them, shape (2, n)."""
    read = parse_degrees if is_geographic(str(recipe.crs)) else parse_numbers
    return np.array([read(texts[name]).to_numpy("float64") for name in column_names(texts)])


def column_names(texts: pd.DataFrame) -> tuple[str, str]:
    """Return which two columns hold coordinates."""
    return ("lon", "lat") if "lon" in texts else ("x", "y")


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
    parsed: pd.DataFrame, texts: pd.DataFrame, numbers: np.ndarray, by_columns: np.ndarray, given: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the rows with `x_original` and `y_original`, texts, where a point is not stored as it came.

    Parameters
    ----------
    numbers
        From `column_numbers`, for rows `by_columns`.
    given
        From `point_shapes.given_points`, for the others.
    """
    stored = np.array(point_places(np.asarray(parsed["geometry"])))
    came = np.full(stored.shape, np.nan) if given is None else given[["x", "y"]].to_numpy("float64").T.copy()
    came[:, by_columns] = numbers[:, by_columns]
    changed = np.isfinite(stored[0]) & (came != stored).any(axis=0)
    names = column_names(texts)
    as_came = np.isfinite(stored[0]) & by_columns & ~changed
    if as_came.any():
        pairs = texts.loc[as_came, list(names)]
        marked = pairs[names[0]].str.contains(UNUSUAL, regex=True) | pairs[names[1]].str.contains(UNUSUAL, regex=True)
        changed[as_came] = marked.to_numpy(bool)
    if not changed.any():
        return parsed
    kept = []
    for axis, name in enumerate(names):
        written = pd.Series(np.nan, index=parsed.index, dtype="str")
        if by_columns.any():
            written = texts[name].where(changed & by_columns)
        others = changed & ~by_columns
        if others.any():
            written[others] = pd.Series(came[axis, others], dtype="str").array
        kept.append(written)
    return parsed.assign(x_original=kept[0], y_original=kept[1])
