"""Dated events: cases, other incidents, seizures."""

import numpy as np
import pandas as pd

from riskmap.errors import TableError
from riskmap.layers.booking_points import at_booking_points, list_booking_points
from riskmap.layers.store import read_encoded, scope_of
from riskmap.layers.stored_shapes import point_columns
from riskmap.schema import ID_COLUMN, TIME_COLUMNS
from riskmap.study import Study

KINDS = {"cases": "category", "incidents": "kind", "seizures": "substance"}
COARSE_M = 1000.0
"""A place known to no better than this stands for a district, not for a cell; two decimals of a degree are 1.1 km."""


def read_events(study: Study, layer: str, as_of: pd.Timestamp | None = None) -> pd.DataFrame:
    """Return the events of `layer` in one form.

    Parameters
    ----------
    as_of
        Booking points are found among what was known by then; None for all that is known.

    Of a narrowed study only what lies in its areas is returned; what booking points are and what is linked is told
    by all records.

    Returns
    -------
    id, occurred_from, occurred_to, known_on, kind, count, lon, lat (NaN where only an area code is known), area_code;
    `on_grid` (the place is exact enough for a cell and no booking point; the others count for areas only);
    `origin` for cases; `case_id` and `linked` (its case is in the cases layer, so it must not be counted again) for
    seizures.
    """
    if layer not in KINDS:
        raise TableError("Layer {layer!r} holds no events; {known} do.", layer=layer, known=", ".join(KINDS))
    rows = read_encoded(study, layer)
    start, end = TIME_COLUMNS[layer]
    lon, lat = point_columns(rows["geometry"])
    known = np.ones(len(rows), dtype=bool) if as_of is None else (rows["known_on"] <= as_of).to_numpy(bool)
    events = pd.DataFrame(
        {
            "id": rows[ID_COLUMN[layer]],
            "occurred_from": rows[start],
            "occurred_to": rows[end],
            "known_on": rows["known_on"],
            "kind": rows[KINDS[layer]],
            "count": rows["count"] if "count" in rows else pd.Series(1, index=rows.index, dtype="int64"),
            "lon": lon,
            "lat": lat,
            "area_code": rows["area_code"] if "area_code" in rows else pd.Series(None, index=rows.index, dtype="str"),
            "on_grid": _is_exact(rows, lon) & ~at_booking_points(study, layer, lon, lat, known),
        }
    )
    if layer == "cases":
        events = events.assign(origin=rows["origin"])
    if layer == "seizures":
        links = rows["case_id"] if "case_id" in rows else pd.Series(None, index=rows.index, dtype="str")
        cases = read_encoded(study.whole(), "cases")["case_id"]
        linked = cases[cases.isin(links.dropna().unique())]  # few links among many cases, not the other way round
        events = events.assign(case_id=links, linked=links.isin(linked) & links.notna())
    return _seen(study, events)


def _seen(study: Study, events: pd.DataFrame) -> pd.DataFrame:
    """Return the events in the areas of a narrowed study: by place, by code where there is none."""
    if not study.within:
        return events
    scope = scope_of(study)
    lon, lat = (events[name].to_numpy(float) for name in ("lon", "lat"))
    placed = np.isfinite(lon)
    kept = np.where(placed, scope.holds_points(lon, lat), scope.holds_codes(events["area_code"]))
    return events[kept].reset_index(drop=True)


def _is_exact(rows: pd.DataFrame, lon: np.ndarray) -> np.ndarray:
    located = np.isfinite(lon)
    if "location_precision_m" not in rows:
        return located
    return located & ~(rows["location_precision_m"] >= COARSE_M).to_numpy(bool)


def booking_points(study: Study, layer: str) -> pd.DataFrame:
    """Return the booking points of `layer` as `layers.booking_points.list_booking_points` does."""
    return list_booking_points(study, layer, read_events(study, layer))
