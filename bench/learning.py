"""Fit and predict at the size of a province: ours, and plain Poisson boosting on the very same rows."""

from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from bench.worlds import WEEKS, province_panel
from riskmap.model.risk_model import fit_model, predict
from riskmap.model.scores import poisson_deviance
from riskmap.panel.assemble import Panel, rows_at_origin, standard_histories
from riskmap.panel.counts import first_full_origin
from riskmap.panel.sample import draw_sample

RESOLUTION = 8
HORIZON = 1
SEED = 11
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
    return {"seconds": ended - start, "baseline": baseline, **said, **_scores(panel, forecast.expected)}


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
