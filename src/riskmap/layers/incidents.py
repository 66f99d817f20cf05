"""Dated events: cases, other incidents, seizures."""

import pandas as pd

from riskmap.errors import TableError
from riskmap.layers.store import point_columns, read_layer
from riskmap.schema import ID_COLUMN, TIME_COLUMNS
from riskmap.study import Study

KINDS = {"cases": "category", "incidents": "kind", "seizures": "substance"}


def read_events(study: Study, layer: str) -> pd.DataFrame:
    """Return the events of `layer` in one form.

    Returns
    -------
    id, occurred_from, occurred_to, known_on, kind, count, lon, lat (NaN where only an area code is known), area_code;
    `origin` for cases; `case_id` and `linked` (its case is in the cases layer, so it must not be counted again) for
    seizures.
    """
    if layer not in KINDS:
        raise TableError("Layer {layer!r} holds no events; {known} do.", layer=layer, known=", ".join(KINDS))
    rows = read_layer(study, layer)
    start, end = TIME_COLUMNS[layer]
    lon, lat = point_columns(rows.geometry)
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
        }
    )
    if layer == "cases":
        return events.assign(origin=rows["origin"])
    if layer == "seizures":
        links = rows["case_id"] if "case_id" in rows else pd.Series(None, index=rows.index, dtype="str")
        cases = read_layer(study, "cases")["case_id"]
        return events.assign(case_id=links, linked=links.isin(cases) & links.notna())
    return events
