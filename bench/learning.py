"""Fit and predict at the size of a province: ours, and other learners on the very same rows."""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from bench.peers import Array, Ground, lay_ground, with_lightgbm, with_xgboost
from bench.worlds import WEEKS, province_panel
from riskmap.model.explain import reasons_of_top_cells
from riskmap.model.fitting import fit_model
from riskmap.model.risk_model import EXPOSURE_FEATURE, predict, with_exposure
from riskmap.model.scores import poisson_deviance
from riskmap.model.trees import cut_features, fit_trees, monotone_signs
from riskmap.panel.assemble import Panel, rows_at_origin, standard_histories
from riskmap.panel.counts import first_full_origin
from riskmap.panel.sample import draw_sample
from riskmap.study import check_study

RESOLUTION = 8
HORIZON = 1
SEED = 11
EXPLAINED = 10_000
END = WEEKS - 1
"""The forecast is made for the last week, of which the fit has seen nothing."""


def learning_panel() -> Panel:
    """Return a province's panel with the features that a weekly study of cases has."""
    return replace(province_panel(RESOLUTION), histories=standard_histories("week", ["cases"], ["parent"]))


def learn_ours() -> dict[str, Any]:
    """Time fit_model (sample, baseline, gate and both fits) and predict."""
    panel = learning_panel()
    start = perf_counter()
    model = fit_model(panel, END, HORIZON, SEED)
    fitted = perf_counter()
    forecast = predict(model, panel, END)
    ended = perf_counter()
    said = {"fit": fitted - start, "predict": ended - fitted, "rows": model.rows}
    baseline = poisson_deviance(_outcome(panel), forecast.baseline_expected)
    rows_at_origin(panel, END)
    featured = perf_counter()
    top = np.argsort(-forecast.expected, kind="stable")[:EXPLAINED]
    reasons = reasons_of_top_cells(model, forecast, top)
    said |= {"features": featured - ended, "explain": perf_counter() - featured}
    if sum(bool(reason) for reason in reasons) != EXPLAINED:
        raise RuntimeError("Not every cell asked for was explained.")
    return {"seconds": ended - start, "baseline": baseline, **said, **_scores(panel, forecast.expected)}


def _trees_ours(ground: Ground) -> Array:
    rows, names = ground.sample, [*ground.names, EXPOSURE_FEATURE]
    seen = with_exposure(rows.features, ground.exposure)
    cuts = cut_features(seen)
    trees = fit_trees(cuts.codes, cuts.edges, rows.count, ground.exposure, rows.weight, monotone_signs(names), SEED)
    return ground.exposure_ahead * trees.predict(with_exposure(ground.ahead, ground.exposure_ahead))


def trees_ours() -> dict[str, Any]:
    """Time one fit of our trees and their forecast of every cell, without gate and shrinkage."""
    return _time_trees(_trees_ours)


def trees_lightgbm() -> dict[str, Any]:
    """Time LightGBM on the same rows."""
    return _time_trees(with_lightgbm)


def trees_xgboost() -> dict[str, Any]:
    """Time XGBoost on the same rows."""
    return _time_trees(with_xgboost)


def _time_trees(learn: Callable[[Ground], Array]) -> dict[str, Any]:
    panel = learning_panel()
    area = {"id": "bench", "resolution": RESOLUTION, "period": "week", "timezone": "Asia/Shanghai", "seed": SEED}
    rows = draw_sample(panel, first_full_origin(panel.timeline), END, HORIZON, SEED)
    ground = lay_ground(check_study(area), panel, rows, END, END)
    start = perf_counter()
    expected = learn(ground)
    return {"seconds": perf_counter() - start, "rows": len(rows.count), **_scores(panel, expected)}


def learn_plainly() -> dict[str, Any]:
    """Time HistGradientBoostingRegressor(loss="poisson") as it comes, on our sample with its weights, and predict."""
    panel = learning_panel()
    start = perf_counter()
    rows = draw_sample(panel, first_full_origin(panel.timeline), END, HORIZON, SEED)
    learner = HistGradientBoostingRegressor(loss="poisson", early_stopping=False, random_state=SEED)
    learner.fit(rows.features, rows.count, rows.weight)
    fitted = perf_counter()
    expected = learner.predict(rows_at_origin(panel, END))
    ended = perf_counter()
    said = {"fit": fitted - start, "predict": ended - fitted, "rows": len(rows.count)}
    return {"seconds": ended - start, **said, **_scores(panel, np.maximum(expected, 1e-12))}


def _outcome(panel: Panel) -> np.ndarray:
    cases = panel.cases
    last = cases.occurred == END
    return np.bincount(cases.cell[last], weights=cases.count[last], minlength=len(panel.cells))


def _scores(panel: Panel, expected: np.ndarray) -> dict[str, float]:
    """Return the deviance a cell in the week forecast, and the forecast total over the actual one."""
    count = _outcome(panel)
    return {"deviance": poisson_deviance(count, expected), "ratio": float(expected.sum() / count.sum())}
