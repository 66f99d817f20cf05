"""Smoothed counts: what a forecast must beat before anyone acts on it.

All are expected counts per cell over the horizon. Each is mixed with a little of the area's mean, so that a cell
without history is unlikely and not impossible: without it one surprise makes a deviance infinite.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from riskmap.panel.assemble import BASELINE_HALF_LIVES, History, Panel, history_blocks
from riskmap.panel.history import Values
from riskmap.panel.sample import target_completeness, target_counts, usable_origins

Forecasts = NDArray[np.float64]
RING_WEIGHTS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.65)
PRIOR_WEIGHTS = (0.01, 0.03, 0.06, 0.12, 0.25)
FIXED_PRIOR_WEIGHT = 0.05
"""The share of the area's mean in baselines that have nothing else to choose."""
CHOOSING_ORIGINS = 12
KERNEL_RINGS = (1.0, 0.8, 0.41, 0.135)
"""Gaussian weights at 0 to 3 steps for a bandwidth of one and a half cell spacings."""


@dataclass(frozen=True)
class Baseline:
    """EWMA + ring: expected = (1 - prior) * ((1 - ring) * EWMA + ring * neighbours' mean EWMA) + prior * area mean."""

    half_life: int
    ring_weight: float
    prior_weight: float

    def blend(self, own: Values, ring_sum: Values, neighbours: Values, mean: Forecasts | float) -> Forecasts:
        """Return the expected count per period.

        Parameters
        ----------
        own, ring_sum
            Decayed means at `half_life` of the cell and summed over its first ring.
        neighbours
            How many cells of the study the ring has.
        mean
            Decayed mean of the whole area, per cell.
        """
        around = np.nan_to_num(ring_sum) / np.maximum(neighbours, 1)
        smooth = (1 - self.ring_weight) * np.nan_to_num(own) + self.ring_weight * around
        return np.asarray((1 - self.prior_weight) * np.maximum(smooth, 0) + self.prior_weight * mean, dtype=float)


def decayed_pair(panel: Panel, half_life: int, origins: range) -> tuple[Values, Values]:
    """Return the cells' decayed means and their first rings' sums, each of shape (len(origins), n)."""
    wanted = (History("cases", "decay", half_life), History("cases", "decay", half_life, 1))
    own, ring = (block for _, block in history_blocks(panel, panel.whole(), origins, wanted))
    return own, ring


def area_mean(panel: Panel, half_life: int, origins: range, source: str = "cases") -> NDArray[np.float64]:
    """Return the decayed mean count per cell over the whole area, shape (len(origins),); above zero."""
    whole = panel.sources[source].at_cells(np.arange(len(panel.cells)), len(panel.cells))
    together = replace(whole, cell=np.zeros_like(whole.cell))
    mean = History(source, "decay", half_life).block(together, 1, origins)[:, 0] / len(panel.cells)
    return np.maximum(np.nan_to_num(mean.astype(float)), 1e-9)


def fit_baseline(panel: Panel, end: int, horizon: int, ring_weights: Sequence[float] = RING_WEIGHTS) -> Baseline:
    """Choose half-life, ring weight and prior weight by Poisson deviance on the last origins before `end`.

    Parameters
    ----------
    end
        Position on the timeline; no target that ends later is looked at.
    """
    origins = np.flatnonzero(usable_origins(panel, 1, end, horizon))[-CHOOSING_ORIGINS:]
    half_lives = BASELINE_HALF_LIVES[panel.timeline.period]
    if not len(origins):
        return Baseline(half_lives[0], ring_weights[0], PRIOR_WEIGHTS[-1])
    span = range(int(origins[0]), int(origins[-1]) + 1)
    rows = origins - origins[0]
    counts = target_counts(panel, panel.whole(), span, horizon, end)[rows]
    known = horizon * target_completeness(panel.cases, origins, horizon, end)
    scored = {
        baseline: deviance
        for half_life in half_lives
        for baseline, deviance in _deviances(panel, half_life, span, rows, counts, known, ring_weights)
    }
    return min(scored, key=lambda baseline: scored[baseline])


def _deviances(
    panel: Panel,
    half_life: int,
    span: range,
    rows: NDArray[np.int64],
    counts: Values,
    known: NDArray[np.float64],
    ring_weights: Sequence[float],
) -> list[tuple[Baseline, float]]:
    """Return the deviance, up to a constant, of each ring and prior weight at one half-life.

    `known` is how many periods' worth of each origin's target is known by now. Logarithms are needed only where
    something happened: elsewhere the deviance is the forecast itself.
    """
    own, ring = (np.nan_to_num(block[rows]) for block in decayed_pair(panel, half_life, span))
    neighbours = np.maximum(panel.fixed["neighbours_count"], 1)
    mean = area_mean(panel, half_life, span)[rows]
    scale = known.astype(np.float32)[:, np.newaxis]
    own, ring, mean = own * scale, ring * scale, mean * known
    busy = counts > 0
    mean_there = np.broadcast_to(mean[:, np.newaxis], counts.shape)[busy]
    around = ring / neighbours
    own_sum, around_sum, mean_sum = float(own.sum()), float(around.sum()), float(mean.sum()) * len(panel.cells)
    results = []
    for weight in ring_weights:
        smooth = np.maximum((1 - weight) * own[busy] + weight * around[busy], 0)
        total = (1 - weight) * own_sum + weight * around_sum
        for prior in PRIOR_WEIGHTS:
            expected = (1 - prior) * smooth + prior * mean_there
            summed = (1 - prior) * total + prior * mean_sum
            results.append(
                (Baseline(half_life, weight, prior), float(summed - (counts[busy] * np.log(expected)).sum()))
            )
    return results


def forecast_baseline(panel: Panel, origin: int, baseline: Baseline, horizon: int) -> Forecasts:
    """Return the expected count of every cell over the horizon from `origin` on, shape (n,)."""
    at = range(origin, origin + 1)
    own, ring = decayed_pair(panel, baseline.half_life, at)
    mean = float(area_mean(panel, baseline.half_life, at)[0])
    return horizon * baseline.blend(own[0], ring[0], panel.fixed["neighbours_count"], mean)


def forecast_counts(panel: Panel, origin: int, horizon: int) -> dict[str, Forecasts]:
    """Return the forecasts of the plain count baselines by name, each of shape (n,)."""
    per_year = panel.timeline.per_year
    wanted = {
        "last_period": History("cases", "lag", 1),
        "same_period_last_year": History("cases", "lag", per_year),
        "last_12": History("cases", "mean", per_year),
        "all_history": History("cases", "mean", max(origin, 1)),
    }
    at = range(origin, origin + 1)
    blocks = history_blocks(panel, panel.whole(), at, tuple(wanted.values()))
    found = {name: block[0] for name, (_, block) in zip(wanted, blocks, strict=True)}
    found["kernel_density"] = _kernel_density(panel, at)
    return {name: horizon * _with_prior(rate) for name, rate in found.items()}


def _kernel_density(panel: Panel, at: range) -> Values:
    """Counts of the last year smoothed over three rings, the total kept but for what leaves the area."""
    year = panel.timeline.per_year
    wanted = tuple(History("cases", "mean", year, ring) for ring in range(len(KERNEL_RINGS)))
    blocks = [np.nan_to_num(block[0]) for _, block in history_blocks(panel, panel.whole(), at, wanted)]
    weight = np.array(KERNEL_RINGS)
    cells_at = np.array([1, 6, 12, 18])
    return np.asarray(sum(w * b for w, b in zip(weight, blocks, strict=True)) / (weight * cells_at).sum())


def _with_prior(rate: Values) -> Forecasts:
    known = np.maximum(np.nan_to_num(rate.astype(float)), 0)
    mean = max(float(known.mean()), 1e-9)
    return np.asarray((1 - FIXED_PRIOR_WEIGHT) * known + FIXED_PRIOR_WEIGHT * mean)
