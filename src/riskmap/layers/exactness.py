"""How exact coordinates are, by how they are written: two decimals of a degree tell a district, not a cell."""

import numpy as np
import pandas as pd

COARSE_DEGREES = 0.01
"""Coordinates in steps of a hundredth of a degree (1.1 km), or of a minute, tell no cell."""
MOST_DECIMALS = 7
CHANCE_FACTOR = 5.0
"""How many times as many rows as lose their last digits by chance are taken for such."""
METRES_PER_DEGREE = 111_320.0
_MINUTES, _SECONDS = "[′'’分]", "[″\"”秒]|''|[′'’分]\\s*[0-9]"


def coarse_places(lon_steps: np.ndarray, lat_steps: np.ndarray) -> np.ndarray:
    """Return how far, in metres, places written in coarse steps may be off; NaN for finer ones.

    In a column that a publisher rounded to three decimals one row in a hundred loses its last digits in both
    coordinates by chance, with four decimals one in ten thousand; such rows are as fine as the others.

    Parameters
    ----------
    lon_steps, lat_steps
        Degrees, from `text_steps` or `number_steps`.
    """
    steps = np.fmin(lon_steps, lat_steps)
    coarse = steps > COARSE_DEGREES * 0.99
    if coarse.any():
        usual = np.nanquantile(steps, 0.1)
        by_chance = CHANCE_FACTOR * (usual / COARSE_DEGREES) ** 2
        if usual < COARSE_DEGREES / 2 and coarse.mean() < by_chance:
            coarse[:] = False
    return np.where(coarse, METRES_PER_DEGREE * steps, np.nan)


def number_steps(degrees: np.ndarray) -> np.ndarray:
    """Return the last decimal, as degrees, that each number needs: 0.1 for 104.5 and 104.500; NaN for none."""
    steps = np.full(len(degrees), 10.0**-MOST_DECIMALS)
    for decimals in range(MOST_DECIMALS - 1, -1, -1):
        scaled = degrees * 10.0**decimals
        steps[np.abs(scaled - np.rint(scaled)) < 1e-6] = 10.0**-decimals
    return np.where(np.isfinite(degrees), steps, np.nan)


def column_steps(lon: pd.Series, lat: pd.Series, degrees: np.ndarray) -> np.ndarray:
    """Return the step in which each coordinate is written, degrees, shape (2, n); NaN where it is unreadable.

    Zeros at the end are decimals where the rows of the file do have as many; where most end in nothing but zeros, as
    104.500000 does, a program has filled them up.

    Parameters
    ----------
    lon, lat
        The texts.
    degrees
        What they mean, shape (2, n).
    """
    steps = np.array([number_steps(axis) for axis in degrees])
    if not np.isfinite(steps).any():
        return steps
    needed = np.fmin(*steps)
    fine = np.nanmedian(needed) < COARSE_DEGREES * 0.99
    doubtful = needed > COARSE_DEGREES * 0.99
    for own, texts in zip(steps, (lon, lat), strict=True):
        written = np.fmin(_written_steps(texts[doubtful]), own[doubtful])
        own[doubtful] = np.where((written > COARSE_DEGREES * 0.99) | fine, written, own[doubtful])
        minutes = (texts.str.contains(_MINUTES, regex=True) & np.isfinite(own)).to_numpy(bool)
        parts = texts[minutes].str.contains(r"[.．]", regex=True) | texts[minutes].str.contains(_SECONDS, regex=True)
        own[minutes] = np.where(parts, 10.0**-MOST_DECIMALS, 1 / 60)
    return steps


def _written_steps(texts: pd.Series) -> np.ndarray:
    decimals = texts.str.extract(r"[.．]([0-9０-９]+)[^0-9０-９]*$")[0].str.len().fillna(0)
    return np.asarray(10.0 ** -decimals.to_numpy("float64"))
