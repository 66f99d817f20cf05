"""Boosting on top of past events, in a form that cannot run away.

What past events call for (excitation.py) is the exposure e. Trees (trees.py) only learn what the counts get wrong.
Their correction is then shrunk, by a quarter or by as much as held-out periods clearly call for:

    expected = e * exp(shrinkage * f(x))

Where it is known how much was looked for cases, other trees learn from cases that are weighed by it
(panel/propensity.py) what would be recorded if each place were looked at as usual: the need, which inspections go by.
Records do not show it, so they judge `expected` alone. How all that is found: fitting.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.ensemble import HistGradientBoostingRegressor

from riskmap.errors import ModelError
from riskmap.model.baselines import Baseline, area_mean
from riskmap.model.correction import correct
from riskmap.model.excitation import Excitation
from riskmap.model.gates import Calibration
from riskmap.panel.assemble import History, Panel, rows_at_origin
from riskmap.panel.sample import Sample

BAND_SHARES = (0.01, 0.02, 0.05, 0.10, 0.20)
EXPOSURE_FEATURE = "excitation_log"


@dataclass(frozen=True)
class RiskModel:
    """A fitted model; `dispersion_edges`, ascending, part expected counts into bands with one dispersion each.

    `baseline` is the champion baseline of the same moment, which forecasts are shown beside; `need_trees` is None where
    cases are not weighed by how much was looked for them.
    """

    baseline: Baseline
    excitation: Excitation
    trees: HistGradientBoostingRegressor
    need_trees: HistGradientBoostingRegressor | None
    shrinkage: float
    feature_names: tuple[str, ...]
    horizon: int
    dispersion_edges: tuple[float, ...]
    dispersions: tuple[float, ...]
    calibration: Calibration
    rows: int
    events: float

    def dispersion(self, expected: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each forecast's negative-binomial dispersion, shape (n,)."""
        band = np.searchsorted(np.array(self.dispersion_edges), expected, side="right")
        return np.array(self.dispersions)[band]


@dataclass(frozen=True)
class Forecast:
    """Expected counts over the horizon, shape (n,) each; `features` are what the trees saw, shape (n, f).

    `need` is what would be recorded if each place were looked at as usual; as `expected` where that is not known.
    """

    expected: NDArray[np.float64]
    need: NDArray[np.float64]
    baseline_expected: NDArray[np.float64]
    features: NDArray[np.float32]


def columns_of(panel: Panel, names: Sequence[str]) -> list[int]:
    """Return where the features `names` stand among the panel's.

    Raises
    ------
    ModelError
        If the panel lacks one of them.
    """
    there = {name: column for column, name in enumerate(panel.feature_names)}
    missing = sorted(set(names) - set(there))
    if missing:
        raise ModelError(
            "The model looks at features that this area no longer has ({missing}); it must be fitted anew.",
            missing=", ".join(missing),
        )
    return [there[name] for name in names]


def baseline_of_rows(panel: Panel, rows: Sample, baseline: Baseline) -> NDArray[np.float64]:
    """Return the baseline's expected count per period for each row, from the row's own features."""
    names = panel.feature_names
    own = rows.features[:, names.index(History("cases", "decay", baseline.half_life).name)]
    ring = rows.features[:, names.index(History("cases", "decay", baseline.half_life, 1).name)]
    neighbours = rows.features[:, names.index("neighbours_count")]
    origins = range(int(rows.origin.min()), int(rows.origin.max()) + 1)
    mean = area_mean(panel, baseline.half_life, origins)[rows.origin - origins.start]
    return baseline.blend(own, ring, neighbours, mean)


def with_exposure(features: NDArray[np.float32], exposure: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the features with the logarithm of the exposure as their last column."""
    return np.column_stack([features, np.log(exposure).astype(np.float32)])


def predict(model: RiskModel, panel: Panel, origin: int) -> Forecast:
    """Forecast every cell over the horizon from `origin` on.

    Raises
    ------
    ModelError
        If the panel lacks a feature that the model was fitted on.
    """
    columns = columns_of(panel, model.feature_names[:-1])
    features = rows_at_origin(panel, origin)
    every = np.arange(len(panel.cells))
    nothing = np.empty(0, dtype=np.float32)
    rows = Sample(features, nothing, nothing.astype(float), every, np.full(len(every), origin), nothing.astype(float))
    baseline = model.horizon * baseline_of_rows(panel, rows, model.baseline)
    exposure = model.excitation.expected(panel, features, panel.feature_names, rows.origin)
    seen = with_exposure(features[:, columns], exposure)
    expected = correct(exposure, np.log(model.trees.predict(seen)), model.shrinkage)
    need = expected
    if model.need_trees is not None:
        need = correct(exposure, np.log(model.need_trees.predict(seen)), model.shrinkage)
    return Forecast(expected, need, baseline, seen)


def interval(model: RiskModel, expected: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the 10 % and 90 % quantiles of the negative-binomial predictive distribution, shape (n,) each."""
    alpha = np.maximum(model.dispersion(expected), 1e-6)
    size = 1 / alpha
    low, high = np.zeros_like(expected), np.zeros_like(expected)
    not_surely_zero = -size * np.log1p(alpha * expected) < np.log(0.9)
    chosen = np.flatnonzero(not_surely_zero)
    share = 1 / (1 + alpha[chosen] * expected[chosen])
    low[chosen] = stats.nbinom.ppf(0.1, size[chosen], share)
    high[chosen] = stats.nbinom.ppf(0.9, size[chosen], share)
    return low, high
