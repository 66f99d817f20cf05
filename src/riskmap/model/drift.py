"""How far the features of the newest origin have moved from those that the model learned from.

The reference is the origin one year before: the same season, so that winter is not called a change. Features that are
the same in every cell (the calendar) or in all cells of an area or a catchment are left out: a handful of values is no
distribution, and its index is large by chance alone.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from riskmap.panel.assemble import Panel, rows_at_origin
from riskmap.panel.counts import first_full_origin
from riskmap.snapshot import canonical_json, write_text
from riskmap.study import Study

DRIFT_FILE = "drift.json"
DECILES = np.arange(1, 10) / 10
ADDED_COUNT = 0.5
"""Added to every bin, so that an empty one counts as rare, not as impossible."""
LOOK, CHANGED = 0.1, 0.25
"""The usual bounds (Siddiqi 2006, Credit Risk Scorecards): below the first stable, above the second changed."""
Verdict = Literal["stable", "look", "changed"]


def count_bins(values: NDArray[np.float32], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many values lie up to each edge, above the last one, and how many are missing.

    Returns
    -------
    Shape (len(edges) + 2,). A value that equals an edge lies below it: cells without a case are one bin, not several.
    """
    at = np.searchsorted(edges, values, side="left")
    at = np.where(np.isnan(values), len(edges) + 1, at)
    return np.bincount(at, minlength=len(edges) + 2)


def stability_index(before: NDArray[np.int64], now: NDArray[np.int64]) -> float:
    """Return the population stability index of two histograms over the same bins: sum of (p - q) ln(p / q).

    Parameters
    ----------
    before, now
        Counts, shape (bins,); ADDED_COUNT is added to each. Bins that are empty in both are left out.
    """
    there = (before > 0) | (now > 0)
    p, q = (counts[there] + ADDED_COUNT for counts in (now, before))
    p, q = p / p.sum(), q / q.sum()
    return float(((p - q) * np.log(p / q)).sum())


def feature_stability(before: NDArray[np.float32], now: NDArray[np.float32]) -> float:
    """Return the stability index of one feature; its bins are the deciles of `before`, missing values apart."""
    known = before[~np.isnan(before)]
    edges = np.unique(np.quantile(known.astype(float), DECILES)) if len(known) else np.empty(0)
    return stability_index(count_bins(before, edges), count_bins(now, edges))


def measure_drift(panel: Panel) -> dict[str, Any]:
    """Compare the features of all cells at the newest origin with those one year before.

    Returns
    -------
    as_of, reference (first days of the two origins), cells, `features`: stability index by name. Where history is
    shorter than two years the reference is the first origin that is learned from.
    """
    newest = panel.timeline.size
    reference = max(first_full_origin(panel.timeline), newest - panel.timeline.per_year)
    before, now = (rows_at_origin(panel, origin) for origin in (reference, newest))
    starts = panel.timeline.starts()
    shared = {history.name for history in panel.histories if history.group} | {*panel.plant_values, *panel.calendar}
    return {
        "as_of": f"{starts[newest]:%Y-%m-%d}",
        "reference": f"{starts[reference]:%Y-%m-%d}",
        "cells": len(panel.cells),
        "features": {
            name: feature_stability(before[:, column], now[:, column])
            for column, name in enumerate(panel.feature_names)
            if name not in shared
        },
    }


def judge_stability(index: float) -> Verdict:
    """Return what a stability index says: stable below LOOK, changed above CHANGED, to be looked at between."""
    if index < LOOK:
        return "stable"
    return "look" if index <= CHANGED else "changed"


def save_drift(study: Study, result: Mapping[str, Any]) -> None:
    """Keep a result as the area's latest."""
    write_text(study.folder / DRIFT_FILE, canonical_json(result))


def read_drift(study: Study) -> dict[str, Any] | None:
    """Return the area's latest result, or None before the first one."""
    path = study.folder / DRIFT_FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None
