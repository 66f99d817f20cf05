"""Points at which records are booked rather than happened: a police station, a county seat, a custody suite.

Hundreds of records on one point would make its cell the most dangerous of the area. They are found, listed and left
out of the cells until an analyst rules that the place is real; areas count them either way.
"""

import numpy as np
import pandas as pd

from riskmap.layers.rulings import read_rulings, rule_on
from riskmap.schema import TIME
from riskmap.study import Study

MANY_RECORDS = 100
"""Of four published police series the real points end at 73 records in 45 months and at 58 in nine years."""
LARGE_SHARE = 0.01
FEW_RECORDS = 30
"""In a short series one point with a hundredth of all records, and no fewer than these, stands out in the same way."""
KEEP, LEAVE_OUT, OPEN = "keep", "leave_out", "open"
LAYERS_WITH_BOOKING_POINTS = ("cases", "seizures")
"""Of other incidents many really happen at one address (a hospital, a shopping centre); they are context only."""


STEP_DEGREES = 1e-6
"""Points closer than this (0.1 m) are one point."""
NOWHERE = -1


def place_keys(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Return one whole number a point, NOWHERE where there is none; equal points have equal numbers."""
    located = np.isfinite(lon) & np.isfinite(lat)
    east = np.round((np.where(located, lon, 0.0) + 180.0) / STEP_DEGREES).astype("int64")
    north = np.round((np.where(located, lat, 0.0) + 90.0) / STEP_DEGREES).astype("int64")
    return np.where(located, east * 10**9 + north, NOWHERE)


def place_name(key: int) -> str:
    """Return "longitude latitude" of a point's number, as points are named in rulings."""
    east, north = divmod(key, 10**9)
    return f"{east * STEP_DEGREES - 180.0:.6f} {north * STEP_DEGREES - 90.0:.6f}"


def _key(name: str) -> int:
    lon, lat = (np.array([float(part)]) for part in name.split(" "))
    return int(place_keys(lon, lat)[0])


def find_booking_points(lon: np.ndarray, lat: np.ndarray) -> pd.Series:
    """Return the points that hold too many records to be where they happened: key -> number of records.

    Parameters
    ----------
    lon, lat
        Places of all records, degrees, NaN where there is none.

    Returns
    -------
    Sorted by number of records, descending.
    """
    keys = place_keys(lon, lat)
    points, counts = np.unique(keys[keys != NOWHERE], return_counts=True)
    limit = min(MANY_RECORDS, max(FEW_RECORDS, LARGE_SHARE * counts.sum()))
    found = pd.Series(counts[counts >= limit], index=points[counts >= limit], name="records")
    return found.sort_values(ascending=False, kind="stable")


def list_booking_points(study: Study, layer: str, events: pd.DataFrame) -> pd.DataFrame:
    """Return the booking points of `events` with what was ruled about each.

    Parameters
    ----------
    events
        lon, lat, occurred_from.

    Returns
    -------
    place, lon, lat, records, share, first, last, decision (`open`, `keep`, `leave_out`), reason, at.
    """
    lon, lat = events["lon"].to_numpy(float), events["lat"].to_numpy(float)
    found = find_booking_points(lon, lat)
    keys = place_keys(lon, lat)
    times = events["occurred_from"].groupby(keys)
    rulings = read_rulings(study, layer, "booking_points")
    names = [place_name(key) for key in found.index]
    ruled = [rulings.get(name) for name in names]
    return pd.DataFrame(
        {
            "place": pd.Series(names, dtype="str"),
            "lon": pd.Series([float(name.split(" ")[0]) for name in names], dtype=float),
            "lat": pd.Series([float(name.split(" ")[1]) for name in names], dtype=float),
            "records": found.to_numpy("int64"),
            "share": found.to_numpy() / max(1, int((keys != NOWHERE).sum())),
            "first": times.min().reindex(found.index).to_numpy(TIME),
            "last": times.max().reindex(found.index).to_numpy(TIME),
            "decision": pd.Series([ruling.decision if ruling else OPEN for ruling in ruled], dtype="str"),
            "reason": pd.Series([ruling.reason if ruling else "" for ruling in ruled], dtype="str"),
            "at": pd.Series([ruling.at if ruling else "" for ruling in ruled], dtype="str"),
        }
    )


def at_booking_points(study: Study, layer: str, lon: np.ndarray, lat: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return which records stand on a booking point that nobody has ruled to be real.

    Parameters
    ----------
    lon, lat
        Places of all records, degrees, NaN where there is none.
    known
        Which records may be looked at to find such points: a forecast of the past knows no later ones.
    """
    if layer not in LAYERS_WITH_BOOKING_POINTS:
        return np.zeros(len(lon), dtype=bool)
    rulings = read_rulings(study, layer, "booking_points")
    real = {_key(name) for name, ruling in rulings.items() if ruling.decision == KEEP}
    booked = {_key(name) for name, ruling in rulings.items() if ruling.decision == LEAVE_OUT}
    away = (set(find_booking_points(lon[known], lat[known]).index) - real) | booked
    return np.isin(place_keys(lon, lat), np.array(sorted(away), dtype="int64"))


def rule_on_booking_point(study: Study, layer: str, place: str, decision: str, reason: str) -> None:
    """Keep a point's records on its cell (`keep`) or out of it (`leave_out`), for a reason that is kept."""
    rule_on(study, layer, "booking_points", [place], decision, reason)
