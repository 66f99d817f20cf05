"""Boosting on top of smoothed counts, in a form that cannot run away.

The baseline (EWMA + ring), brought to the area's recent level, is the exposure e. Trees (trees.py) only learn what the
counts get wrong. Their correction is then shrunk, by a quarter or by as much as held-out periods clearly call for:

    expected = e * exp(shrinkage * f(x))

A model whose total is off by more than a fifth on held-out periods is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.ensemble import HistGradientBoostingRegressor

from riskmap.errors import ModelError
from riskmap.model.baselines import Baseline, area_mean, choose_level, fit_baseline, level_factor
from riskmap.model.correction import choose_shrinkage, correct, surely_gained
from riskmap.model.gates import Calibration, refuse_leaks
from riskmap.model.scores import moment_dispersion, poisson_deviance
from riskmap.model.trees import cut_features, fit_trees, monotone_signs
from riskmap.panel.assemble import History, Panel, rows_at_origin
from riskmap.panel.counts import first_full_origin
from riskmap.panel.sample import Sample, draw_sample, usable_origins

BAND_SHARES = (0.01, 0.02, 0.05, 0.10, 0.20)
EXPOSURE_FEATURE = "baseline_log"


@dataclass(frozen=True)
class RiskModel:
    """A fitted model; `dispersion_edges`, ascending, part expected counts into bands with one dispersion each."""

    baseline: Baseline
    level_half_life: int
    trees: HistGradientBoostingRegressor
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
    """Expected counts over the horizon, shape (n,) each; `features` are what the trees saw, shape (n, f)."""

    expected: NDArray[np.float64]
    baseline_expected: NDArray[np.float64]
    features: NDArray[np.float32]


def fit_model(
    panel: Panel,
    end: int,
    horizon: int,
    seed: int,
    *,
    sample: Sample | None = None,
    features: Sequence[str] | None = None,
) -> RiskModel:
    """Fit on everything whose outcome was known before position `end`.

    The last origins are first held out to choose the shrinkage and the size of the trees, and to measure dispersion and
    calibration; then the trees are fitted anew on all rows.

    Parameters
    ----------
    features
        Names of the panel's features that the trees may look at; None for all of them.

    Raises
    ------
    ModelError
        If there are too few periods, or a feature knows the outcome.
    """
    first = first_full_origin(panel.timeline)
    usable = np.flatnonzero(usable_origins(panel, first, end, horizon))
    if len(usable) < 4:
        raise ModelError(
            "A forecast needs at least 4 reported periods after the first {first}; there are {n}.",
            first=first,
            n=len(usable),
        )
    baseline = fit_baseline(panel, end, horizon)
    rows = sample or draw_sample(panel, first, end, horizon, seed)
    level = choose_level(panel, baseline, end, horizon)
    whole_exposure = horizon * exposure_of_rows(panel, rows, baseline) * level_of_rows(panel, rows, baseline, level)
    names = tuple(panel.feature_names if features is None else features)
    seen = with_exposure(rows.features[:, columns_of(panel, names)], whole_exposure)
    signs = monotone_signs((*names, EXPOSURE_FEATURE))
    exposure = whole_exposure * rows.completeness  # what of it can be known by now
    held_out = rows.origin >= usable[-held_out_origins(len(usable))]
    fitted = rows.origin + horizon <= usable[-held_out_origins(len(usable))]
    refuse_leaks(panel.feature_names, rows, exposure, held_out)
    cuts = cut_features(seen)

    def learn(chosen: NDArray[np.bool_], *, more: bool) -> HistGradientBoostingRegressor:
        part = (rows.target[chosen], exposure[chosen], rows.weight[chosen])
        return fit_trees(cuts.codes[chosen], cuts.edges, *part, signs, seed, more=more)

    log_ratio = np.log(learn(fitted, more=False).predict(seen[held_out]))
    shrinkage = choose_shrinkage(rows, exposure, log_ratio, held_out)
    expected = correct(exposure[held_out], log_ratio, shrinkage)
    more = False
    if shrinkage == 1:  # nothing is to be held back: larger trees may have more to say
        richer = correct(exposure[held_out], np.log(learn(fitted, more=True).predict(seen[held_out])), shrinkage)
        more = surely_gained(rows, held_out, expected, richer) > 0
        expected = richer if more else expected
    edges, dispersions = _band_dispersions(rows.count[held_out], expected, rows.weight[held_out])
    final = learn(np.ones(len(rows.count), dtype=bool), more=more)
    actual = float((rows.weight * rows.count)[held_out].sum())
    periods = len(np.unique(rows.origin[held_out]))
    total = float((rows.weight[held_out] * expected).sum())
    calibration = Calibration(total, actual, periods, _deviance_ratio(rows, expected, whole_exposure, held_out))
    return RiskModel(
        baseline,
        level,
        final,
        shrinkage,
        (*names, EXPOSURE_FEATURE),
        horizon,
        edges,
        dispersions,
        calibration,
        len(rows.count),
        float(rows.count.sum()),
    )


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


def held_out_origins(usable: int) -> int:
    """Return how many of the last origins are held out: a quarter, at most 12."""
    return int(np.clip(usable // 4, 1, 12))


def exposure_of_rows(panel: Panel, rows: Sample, baseline: Baseline) -> NDArray[np.float64]:
    """Return the baseline's expected count per period for each row, from the row's own features."""
    names = panel.feature_names
    own = rows.features[:, names.index(History("cases", "decay", baseline.half_life).name)]
    ring = rows.features[:, names.index(History("cases", "decay", baseline.half_life, 1).name)]
    neighbours = rows.features[:, names.index("neighbours_count")]
    origins = range(int(rows.origin.min()), int(rows.origin.max()) + 1)
    mean = area_mean(panel, baseline.half_life, origins)[rows.origin - origins.start]
    return baseline.blend(own, ring, neighbours, mean)


def level_of_rows(panel: Panel, rows: Sample, baseline: Baseline, level_half_life: int) -> NDArray[np.float64]:
    """Return the area's recent level over the baseline's at each row's origin."""
    origins = range(int(rows.origin.min()), int(rows.origin.max()) + 1)
    return level_factor(panel, baseline, level_half_life, origins)[rows.origin - origins.start]


def with_exposure(features: NDArray[np.float32], exposure: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the features with the logarithm of the exposure as their last column."""
    return np.column_stack([features, np.log(exposure).astype(np.float32)])


def _deviance_ratio(
    rows: Sample, expected: NDArray[np.float64], exposure: NDArray[np.float64], held_out: NDArray[np.bool_]
) -> float | None:
    """Return the deviance of held-out forecasts over that of their exposure; None where that is zero."""
    count, weight = rows.count[held_out].astype(float), rows.weight[held_out]
    counts_alone = poisson_deviance(count, exposure[held_out] * rows.completeness[held_out], weight)
    return poisson_deviance(count, expected, weight) / counts_alone if counts_alone else None


def _band_dispersions(
    count: NDArray[np.float32], expected: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return band edges (expected counts that part the risk bands) and each band's dispersion, lowest band first."""
    order = np.argsort(expected)
    covered = np.cumsum(weight[order]) / weight.sum()
    places = np.searchsorted(covered, [1 - share for share in reversed(BAND_SHARES)])
    edges = expected[order][np.minimum(places, len(order) - 1)]
    band = np.searchsorted(edges, expected, side="right")
    dispersions = [
        moment_dispersion(count[band == b].astype(float), expected[band == b], weight[band == b])
        for b in range(len(edges) + 1)
    ]
    return tuple(map(float, edges)), tuple(dispersions)


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
    baseline = model.horizon * exposure_of_rows(panel, rows, model.baseline)
    exposure = baseline * level_of_rows(panel, rows, model.baseline, model.level_half_life)
    seen = with_exposure(features[:, columns], exposure)
    return Forecast(correct(exposure, np.log(model.trees.predict(seen)), model.shrinkage), baseline, seen)


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
