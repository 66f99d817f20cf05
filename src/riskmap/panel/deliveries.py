"""What each source delivered, period by period, and how old its newest delivery is."""

import json

import numpy as np
import pandas as pd

from riskmap.layers.folders import coverage, layer_folder, list_imports
from riskmap.layers.receipt import Receipt
from riskmap.panel.periods import Timeline, period_index
from riskmap.panel.reported import declared_periods, reported_periods
from riskmap.schema import LAYERS, TIME, TIME_COLUMNS
from riskmap.study import Period, Study

STALE_AFTER_PERIODS = 2
"""Periods begun without a delivery after which a source is called stale: the last one is often still under way."""
NO_RECIPE = "-"
"""The recipe of receipts that are about no file, such as rows left out for good."""


def delivered_until(study: Study) -> pd.Timestamp | None:
    """Return the end of the newest delivery of any dated layer, None before the first."""
    ends = [coverage(study, layer)["covered_to"].max() for layer in TIME_COLUMNS]
    known = [end for end in ends if not pd.isna(end)]
    return max(known) if known else None


def delivery_clock(study: Study, now: pd.Timestamp) -> pd.Timestamp:
    """Return the moment against which deliveries are called stale: `now`, but in a simulated area its newest record."""
    newest = delivered_until(study) if study.simulated else None
    return now if newest is None else newest


def rows_by_period(delivered: pd.DataFrame, period: Period) -> pd.Series:
    """Return the rows delivered for each period; those of a longer interval are shared out evenly.

    Parameters
    ----------
    delivered
        covered_from, covered_to (exclusive), rows.

    Returns
    -------
    Indexed by the period's number, sorted; the sum is that of `rows`.
    """
    first = period_index(delivered["covered_from"], period)
    last = np.maximum(period_index(delivered["covered_to"] - pd.Timedelta(1, "us"), period), first)
    length = last - first + 1
    offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    shares = pd.Series(np.repeat(delivered["rows"].to_numpy(float) / length, length))
    return shares.groupby(np.repeat(first, length) + offset).sum()


def delivery_calendar(study: Study, last: int) -> pd.DataFrame:
    """Return what every source delivered for each of the area's `last` periods up to the newest delivery.

    Returns
    -------
    layer, source_id, period_start, period_end, rows, reported, declared; one row per source and period, from the
    source's first delivery on. `reported` False is unknown, not zero (panel/reported.py tells when silence is a gap);
    `declared` are whole periods that somebody said were delivered.
    """
    parts = [
        _source_calendar(layer, str(source), delivered, study.period)
        for layer in TIME_COLUMNS
        for source, delivered in coverage(study, layer, spans=True).groupby("source_id", sort=True)
    ]
    names = ["layer", "source_id", "period_start", "period_end", "rows", "reported", "declared"]
    if not parts:
        return pd.DataFrame({name: [] for name in names})
    newest = max(int(part["period"].max()) for part in parts)
    oldest = newest - last + 1
    whole = pd.concat([_until(part, newest) for part in parts], ignore_index=True)
    shown = whole[whole["period"] >= oldest]
    timeline = Timeline(oldest, last, study.period)
    starts = timeline.starts()
    position = (shown["period"] - oldest).to_numpy("int64")
    return shown.assign(period_start=starts[position], period_end=starts[position + 1])[names].reset_index(drop=True)


def _source_calendar(layer: str, source: str, delivered: pd.DataFrame, period: Period) -> pd.DataFrame:
    rows = rows_by_period(delivered, period)
    first, last = int(rows.index.min()), int(rows.index.max())
    numbers = np.arange(first, last + 1)
    timeline = Timeline(first, len(numbers), period)
    known = {"reported": reported_periods(delivered, timeline), "declared": declared_periods(delivered, timeline)}
    counts = rows.reindex(numbers, fill_value=0.0).to_numpy()
    return pd.DataFrame({"layer": layer, "source_id": source, "period": numbers, "rows": counts, **known})


def _until(part: pd.DataFrame, newest: int) -> pd.DataFrame:
    """A source that fell silent is unknown from then on, up to the newest delivery of any."""
    silent = np.arange(int(part["period"].max()) + 1, newest + 1)
    tail = pd.DataFrame({"period": silent, "rows": 0.0, "reported": False, "declared": False})
    tail = tail.assign(layer=part["layer"].iloc[0], source_id=part["source_id"].iloc[0])
    return pd.concat([part, tail[part.columns]], ignore_index=True) if len(tail) else part


def list_sources(study: Study, now: pd.Timestamp) -> pd.DataFrame:
    """Return one row per layer and source (recipe) of what is imported.

    Parameters
    ----------
    now
        The moment for which staleness is asked, wall-clock time of the study's zone.

    Returns
    -------
    layer, source_id, imports, rows, quarantined, first, last (exclusive; NaT in layers without dates), age_days,
    age_periods (begun since the last delivery ended), stale, datum, datum_by (who told it: recipe, file, fit),
    encoding, publisher, licence.
    """
    rows = []
    for layer in LAYERS:
        receipts = [receipt for receipt in list_imports(study, layer) if receipt.data["recipe"] != NO_RECIPE]
        delivered = coverage(study, layer)
        for source in sorted({str(receipt.data["recipe"]) for receipt in receipts}):
            mine = [receipt for receipt in receipts if receipt.data["recipe"] == source]
            spans = delivered[delivered["source_id"] == source]
            rows.append(_source_row(study, layer, source, mine, spans, now))
    return pd.DataFrame(rows, columns=SOURCE_COLUMNS).astype({"first": TIME, "last": TIME})


SOURCE_COLUMNS = [
    *("layer", "source_id", "imports", "rows", "quarantined", "first", "last", "age_days", "age_periods", "stale"),
    *("datum", "datum_by", "encoding", "publisher", "licence"),
]


def _source_row(
    study: Study, layer: str, source: str, receipts: list[Receipt], spans: pd.DataFrame, now: pd.Timestamp
) -> dict[str, object]:
    last = spans["covered_to"].max()
    age_periods, age_days = _age(last, now, study.period)
    return {
        "layer": layer,
        "source_id": source,
        "imports": len(receipts),
        "rows": sum(receipt.accepted for receipt in receipts),
        "quarantined": sum(receipt.quarantined for receipt in receipts),
        "first": spans["covered_from"].min(),
        "last": last,
        "age_days": age_days,
        "age_periods": age_periods,
        "stale": age_periods > STALE_AFTER_PERIODS,
        "datum": _distinct(receipts, "datum"),
        "datum_by": _distinct(receipts, "datum_by"),
        "encoding": _distinct(receipts, "encoding"),
        **_declared(study, layer, receipts),
    }


def _age(last: pd.Timestamp, now: pd.Timestamp, period: Period) -> tuple[int, int]:
    """Return the periods begun and the whole days gone since a delivery ended; 0 where there is none."""
    if pd.isna(last):
        return 0, 0
    numbers = period_index(np.array([last, max(now, last)], dtype=TIME), period)
    return int(numbers[1] - numbers[0]), max(int((now - last).days), 0)


def _distinct(receipts: list[Receipt], key: str) -> str:
    return ", ".join(sorted({str(file[key]) for receipt in receipts for file in receipt.files if file.get(key)}))


def _declared(study: Study, layer: str, receipts: list[Receipt]) -> dict[str, str]:
    """Return publisher and licence as the recipes said that are kept with the imports."""
    paths = [layer_folder(study, layer) / str(receipt.import_id) / "recipe.json" for receipt in receipts]
    recipes = [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.is_file()]
    return {
        key: ", ".join(sorted({recipe[key] for recipe in recipes if recipe.get(key)}))
        for key in ("publisher", "licence")
    }
