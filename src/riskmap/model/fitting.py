"""Fit a forecast: on all rows, after the last periods were held out to see how far it may be trusted.

Held-out periods choose how much of the trees' correction is kept and how large the trees are; they measure dispersion
and calibration. A model whose total is off by more than a fifth there is refused (gates.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from riskmap.errors import ModelError
from riskmap.model.baselines import fit_baseline
from riskmap.model.correction import choose_shrinkage, correct, surely_gained
from riskmap.model.excitation import Past
from riskmap.model.gates import Calibration, refuse_leaks
from riskmap.model.risk_model import (
    BAND_SHARES,
    EXPOSURE_FEATURE,
    RiskModel,
    baseline_of_rows,
    columns_of,
    with_exposure,
)
from riskmap.model.scores import moment_dispersion, poisson_deviance
from riskmap.model.trees import Cuts, cut_features, fit_trees, monotone_signs
from riskmap.panel.assemble import Panel
from riskmap.panel.counts import first_full_origin
from riskmap.panel.sample import Sample, draw_sample, usable_origins

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class _Lesson:
    """What is learned from: rows with what the trees may see of them, and how it is cut."""

    past: Past
    cuts: Cuts
    seed: int

    def grow(
        self, target: NDArray[np.float32], chosen: Mask, exposure: Array, *, more: bool
    ) -> HistGradientBoostingRegressor:
        """Return trees that forecast `target`, shape (rows,), fitted on the chosen rows."""
        rows, own = self.past.rows, cut_features(np.log(exposure).astype(np.float32)[:, np.newaxis])
        codes = np.column_stack([self.cuts.codes[chosen], own.codes[chosen]])
        edges, signs = (*self.cuts.edges, *own.edges), monotone_signs((*self.past.names, EXPOSURE_FEATURE))
        known = (exposure * rows.completeness)[chosen]  # what of it can be known by now
        return fit_trees(codes, edges, target[chosen], known, rows.weight[chosen], signs, self.seed, more=more)


@dataclass(frozen=True)
class _Trial:
    """What held-out periods say: level, how much of a correction to keep, size of the trees, and their forecasts."""

    level: int
    shrinkage: float
    more: bool
    expected: Array


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
        If there are too few periods, or all cases are in the last ones, or a feature knows the outcome.
    """
    first = first_full_origin(panel.timeline)
    usable = int(usable_origins(panel, first, end, horizon).sum())
    if usable < 4:
        raise ModelError(
            "A forecast needs at least 4 reported periods after the first {first}; there are {n}.",
            first=first,
            n=usable,
        )
    names = tuple(panel.feature_names if features is None else features)
    rows = sample or draw_sample(panel, first, end, horizon, seed)
    fitted, held_out = hold_out(panel, rows, end, horizon)
    if not rows.count[fitted].any():
        raise ModelError(
            "A forecast needs cases before the last {n} periods, which are held out to judge it; there are none.",
            n=held_out_origins(usable),
        )
    baseline = fit_baseline(panel, end, horizon)
    counts_alone = horizon * baseline_of_rows(panel, rows, baseline) * rows.completeness
    refuse_leaks(panel.feature_names, rows, counts_alone, held_out)
    seen = rows.features[:, columns_of(panel, names)]
    lesson = _Lesson(Past(panel, rows, seen, names), cut_features(seen), seed)
    trial = _try_out(lesson, fitted, held_out)
    everything = np.ones(len(rows.count), dtype=bool)
    excitation, exposure = lesson.past.learn(everything, trial.level)
    need = None if rows.need is None else lesson.grow(rows.need, everything, exposure, more=trial.more)
    edges, dispersions = _band_dispersions(rows.count[held_out], trial.expected, rows.weight[held_out])
    return RiskModel(
        baseline,
        excitation,
        lesson.grow(rows.count, everything, exposure, more=trial.more),
        need,
        trial.shrinkage,
        (*names, EXPOSURE_FEATURE),
        horizon,
        edges,
        dispersions,
        _calibration(rows, trial.expected, counts_alone, held_out),
        len(rows.count),
        float(rows.count.sum()),
    )


def hold_out(panel: Panel, rows: Sample, end: int, horizon: int) -> tuple[Mask, Mask]:
    """Return which rows to learn from while the last origins are held out, and the rows held out; shape (rows,)."""
    usable = np.flatnonzero(usable_origins(panel, first_full_origin(panel.timeline), end, horizon))
    last = usable[-held_out_origins(len(usable))]
    return rows.origin + horizon <= last, rows.origin >= last


def held_out_origins(usable: int) -> int:
    """Return how many of the last origins are held out: a quarter, at most 12."""
    return int(np.clip(usable // 4, 1, 12))


def _try_out(lesson: _Lesson, fitted: Mask, held_out: Mask) -> _Trial:
    """Fit on the rows `fitted`, forecast those `held_out`, and choose by what came of it."""
    past, rows = lesson.past, lesson.past.rows
    level = past.choose_level(fitted, held_out)
    _, exposure = past.learn(fitted, level)
    seen = with_exposure(past.features[held_out], exposure[held_out])
    known = exposure * rows.completeness

    def log_ratio(*, more: bool) -> Array:
        return np.asarray(np.log(lesson.grow(rows.count, fitted, exposure, more=more).predict(seen)), dtype=float)

    usual = log_ratio(more=False)
    shrinkage = choose_shrinkage(rows, known, usual, held_out)
    expected = correct(known[held_out], usual, shrinkage)
    if shrinkage < 1:
        return _Trial(level, shrinkage, more=False, expected=expected)
    # Nothing is to be held back: larger trees may have more to say.
    richer = correct(known[held_out], log_ratio(more=True), shrinkage)
    more = surely_gained(rows, held_out, expected, richer) > 0
    return _Trial(level, shrinkage, more, richer if more else expected)


def _calibration(rows: Sample, expected: Array, counts_alone: Array, held_out: Mask) -> Calibration:
    """Return held-out totals, and the deviance of the forecasts over the champion baseline's; None if that is zero."""
    count, weight = rows.count[held_out].astype(float), rows.weight[held_out]
    usual = poisson_deviance(count, counts_alone[held_out], weight)
    ratio = poisson_deviance(count, expected, weight) / usual if usual else None
    periods = len(np.unique(rows.origin[held_out]))
    return Calibration(float((weight * expected).sum()), float((weight * count).sum()), periods, ratio)


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
