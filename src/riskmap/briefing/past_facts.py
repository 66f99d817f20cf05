"""Forecasts that were published before, and what has been recorded of their periods since."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmap.briefing.list_facts import why_period_unknown
from riskmap.snapshot import read_manifest
from riskmap.study import Study
from riskmap.surface.publish import Surface, list_surfaces, read_surface, surfaces_folder

MOST = 8
COLUMNS = ["period_start", "period_end", "expected", "low", "high", "baseline", "recorded"]


def gather_past(study: Study, surface: Surface) -> pd.DataFrame:
    """Return COLUMNS for the last MOST forecasts before `surface`, newest first.

    `recorded` is what `surface` knows of the period, missing where it was not reported or has not ended; low and high
    (80 %) are missing where the forecast has no row for the whole area.
    """
    moment = pd.Timestamp(surface.manifest["as_of"])
    rows = []
    for info in [info for info in list_surfaces(study) if info.as_of < moment][: -MOST - 1 : -1]:
        manifest, whole = _totals(study, info.snapshot_id)
        low, high = whole[["low", "high"]].iloc[0] if len(whole) == 1 else (None, None)
        totals = (manifest["expected_total"], low, high, manifest["baseline_total"])
        rows.append(
            [info.period_start, info.period_end, *totals, _recorded(surface, info.period_start, info.period_end)]
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _totals(study: Study, snapshot_id: str) -> tuple[Mapping[str, Any], pd.DataFrame]:
    """Return a forecast's manifest and its row of the whole area, without its cells where all may be seen."""
    if study.within:
        surface = read_surface(study, snapshot_id)
        return surface.manifest, surface.table("areas").head(1)
    folder = surfaces_folder(study) / snapshot_id
    whole = pd.read_parquet(folder / "areas.parquet", columns=["level", "low", "high"])
    return read_manifest(folder), whole[whole["level"] == "province"]


def _recorded(surface: Surface, start: pd.Timestamp, end: pd.Timestamp) -> float | None:
    if why_period_unknown(surface, start, end):
        return None
    periods = surface.table("periods")
    return float(periods.loc[(periods["period_start"] >= start) & (periods["period_start"] < end), "cases"].sum())
