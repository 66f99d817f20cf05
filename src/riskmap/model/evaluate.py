"""Rolling-origin evaluation: every model and baseline on the same origins, cells and ties.

At each origin everything is fitted anew on targets that ended one horizon before it (the embargo), then forecasts the
horizon from the origin on. Outcomes are all cases known by now; features are what was known at the origin.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.errors import ModelError
from riskmap.grid.cells import positions_in
from riskmap.language import Text
from riskmap.model.area_holdout import leave_areas_out
from riskmap.model.baselines import fit_baseline, forecast_baseline, forecast_counts
from riskmap.model.evaluation_scores import score_models
from riskmap.model.fitting import fit_model
from riskmap.model.outcomes import CHAMPION_BASELINE as CHAMPION_BASELINE
from riskmap.model.outcomes import TRUE_RATE, Outcomes
from riskmap.model.risk_model import interval, predict
from riskmap.model.scores import TIE_BREAK
from riskmap.panel.assemble import Panel
from riskmap.panel.counts import first_full_origin
from riskmap.panel.leaks import refuse_future_features
from riskmap.panel.sample import Sample, draw_sample, target_counts, usable_origins
from riskmap.progress import Report, silent
from riskmap.snapshot import canonical_json, write_text
from riskmap.study import Study

DEFAULT_SHARES = (0.01, 0.05, 0.1, 0.2)
FEWEST_TRAINING_ORIGINS = 6
EVALUATION_FILE = "evaluation.json"
SCORED_COMPLETENESS = 0.95
"""Outcomes of which less is known yet are not scored: the missing ones would count against every forecast."""
Array = NDArray[np.float64]


def evaluate(
    study: Study,
    panel: Panel,
    *,
    origins: int = 12,
    shares: Sequence[float] = DEFAULT_SHARES,
    areas_out: bool = False,
    report: Report = silent,
) -> dict[str, Any]:
    """Score boosting and all baselines over the last `origins` non-overlapping horizons.

    Parameters
    ----------
    areas_out
        Whether to score boosting on areas left out of its training too (area_holdout.py).

    Returns
    -------
    The JSON object that `riskmap evaluate --json` writes (docs/evaluation.md).

    Raises
    ------
    ModelError
        If there is too little history for one origin, or a feature knows the future.
    """
    if origins < 1 or not all(0 < share < 1 for share in shares):
        raise ModelError(
            "Origins must be at least 1 and shares between 0 and 1; got {n} and {shares}.",
            n=origins,
            shares=list(shares),
        )
    panel = panel.unweighed()
    chosen = evaluation_origins(panel, origins, study.horizon)
    refuse_future_features(panel, chosen[-1], study.seed)
    outcomes = _roll(study, panel, chosen, report)
    return {
        "area": study.id,
        "resolution": study.resolution,
        "period": study.period,
        "horizon": study.horizon,
        "cells": len(panel.cells),
        "area_km2": round(float(panel.areas_km2.sum()), 3),
        "events": float(sum(count.sum() for count in outcomes.counts)),
        "origins": [f"{moment:%Y-%m-%d}" for moment in panel.timeline.starts()[chosen]],
        "tie_break": TIE_BREAK,
        "simulated": study.simulated,
        "models": score_models(study, panel, outcomes, shares),
        "areas_left_out": leave_areas_out(study, panel, chosen, report) if areas_out else None,
    }


def evaluation_table(result: Mapping[str, Any]) -> pd.DataFrame:
    """Return a result as one row a model and share: area, model, share, the model's scores and those at the share."""
    whole = ("poisson_deviance", "log_score", "rps", "predicted_over_actual")
    rows = [
        {"area": result["area"], "model": name, "share": float(share)}
        | {key: scores[key] for key in whole}
        | {key: value for key, value in at_share.items() if key != "new_in_list"}
        | {f"new_{key}": value for key, value in at_share["new_in_list"].items()}
        | {f"difference_{key}": value for key, value in scores["difference_to_champion_baseline"][share].items()}
        for name, scores in result["models"].items()
        for share, at_share in scores["shares"].items()
    ]
    return pd.DataFrame(rows)


def save_evaluation(study: Study, result: Mapping[str, Any]) -> None:
    """Keep a result as the area's latest evaluation, which the pages show."""
    write_text(study.folder / EVALUATION_FILE, canonical_json(result))


def read_evaluation(study: Study) -> dict[str, Any] | None:
    """Return the area's latest evaluation, or None before the first one."""
    path = study.folder / EVALUATION_FILE
    if not path.is_file():
        return None
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def evaluation_origins(panel: Panel, wanted: int, horizon: int) -> list[int]:
    """Return the last origins whose whole horizon was reported and is known by now, one horizon apart, ascending.

    Raises
    ------
    ModelError
        If not one leaves enough history to learn from.
    """
    usable = usable_origins(panel, 1, panel.timeline.size, horizon, completeness=SCORED_COMPLETENESS)
    earliest = first_full_origin(panel.timeline) + horizon + FEWEST_TRAINING_ORIGINS
    found: list[int] = []
    for origin in range(panel.timeline.size - horizon, earliest - 1, -1):
        if len(found) < wanted and usable[origin] and (not found or origin <= found[-1] - horizon):
            found.append(origin)
    if not found:
        raise ModelError(
            "{n} periods of history are too few to evaluate; {needed} are needed.",
            n=panel.timeline.size,
            needed=earliest + horizon,
        )
    return found[::-1]


def _roll(study: Study, panel: Panel, origins: list[int], report: Report) -> Outcomes:
    truth = read_true_intensity(study, panel)
    outcomes = Outcomes([], [], [], [])
    for done, origin in enumerate(origins):
        report(Text("Evaluating"), done / len(origins))
        look_back(study, panel, origin, training_rows(study, panel, origin), outcomes, truth)
    report(Text("Evaluating"), 1.0)
    return outcomes


def training_rows(study: Study, panel: Panel, origin: int) -> Sample:
    """Return the rows that a forecast from `origin` may learn from: targets that ended one horizon before it."""
    first = first_full_origin(panel.timeline)
    return draw_sample(panel, first, origin - study.horizon, study.horizon, study.seed)


def look_back(study: Study, panel: Panel, origin: int, sample: Sample, outcomes: Outcomes, truth: Array | None) -> None:
    """Add to `outcomes` what happened from `origin` on, and what boosting and each baseline forecast of it.

    Parameters
    ----------
    sample
        From `training_rows`.
    truth
        From `read_true_intensity`.
    """
    end = origin - study.horizon
    now = int(panel.cases.usable.max(initial=panel.timeline.size))
    count = target_counts(panel, panel.whole(), range(origin, origin + 1), study.horizon, now)[0].astype(float)
    model = fit_model(panel, end, study.horizon, study.seed, sample=sample)
    boosting = predict(model, panel, origin)
    alone = fit_baseline(panel, end, study.horizon, ring_weights=(0.0,))
    forecasts = {
        "boosting": boosting.expected,
        "ewma": forecast_baseline(panel, origin, alone, study.horizon),
        "ewma_ring": boosting.baseline_expected,
        **forecast_counts(panel, origin, study.horizon),
        "perfect": count,
    }
    if truth is not None:
        forecasts[TRUE_RATE] = truth[origin : origin + study.horizon].sum(axis=0)
    outcomes.forecasts.append(forecasts)
    outcomes.counts.append(count)
    outcomes.dispersions.append(model.dispersion(boosting.expected))
    outcomes.intervals.append(interval(model, boosting.expected))


def read_true_intensity(study: Study, panel: Panel) -> Array | None:
    """Return the true expected counts of a simulated area, shape (timeline.size, n); None where nobody knows them."""
    path = study.folder / "truth" / "intensity.parquet"
    if not study.simulated or not path.is_file():
        return None
    wanted = [f"{moment:%Y-%m-%d}" for moment in panel.timeline.starts()[:-1]]
    table = pd.read_parquet(path)
    at = positions_in(panel.cells, table["cell"].to_numpy(np.uint64))
    truth = np.zeros((len(wanted), len(panel.cells)))
    for row, name in enumerate(wanted):
        if name in table:
            truth[row, at[at >= 0]] = table[name].to_numpy(float)[at >= 0]
    return truth
