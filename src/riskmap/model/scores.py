"""Scores of a forecast (formulas: docs/science.md, section 1).

Deviance and log score are proper and decide; hit rate, PAI and PEI* read the ranking at a share of the area.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

TIE_BREAK = "pessimistic: of equal forecasts the cell with fewer events is taken first"
Array = NDArray[np.float64]
INTERVAL = (2.5, 97.5)
"""Percentiles between which 95 % of draws lie."""


def poisson_deviances(count: Array, expected: Array) -> Array:
    """Return the Poisson deviance of each forecast, 2 [y ln(y/mu) - (y - mu)]; zero where both are zero."""
    ratio = np.divide(count, expected, out=np.ones_like(expected), where=count > 0)
    return np.asarray(2 * (xlogy(count, ratio) - count + expected))


def poisson_deviance(count: Array, expected: Array, weight: Array | None = None) -> float:
    """Mean Poisson deviance, 2 mean[y ln(y/mu) - (y - mu)].

    Parameters
    ----------
    count, expected
        Same shape; `expected` above zero wherever `count` is.
    weight
        How many cells each entry stands for.
    """
    return float(np.average(poisson_deviances(count, expected), weights=weight))


def negative_binomial_log_score(count: Array, expected: Array, dispersion: Array | float) -> Array:
    """Return -ln P(count) for mean mu and variance mu + dispersion mu^2; Poisson where the dispersion is zero.

    Source: Czado, Gneiting & Held 2009, doi:10.1111/j.1541-0420.2009.01191.x
    """
    alpha = np.broadcast_to(np.asarray(dispersion, dtype=float), expected.shape)
    poisson = expected - xlogy(count, expected) + gammaln(count + 1)
    size = 1 / np.maximum(alpha, 1e-9)
    log_p = (
        gammaln(count + size)
        - gammaln(size)
        - gammaln(count + 1)
        - size * np.log1p(alpha * expected)
        + xlogy(count, alpha * expected / (1 + alpha * expected))
    )
    return np.where(alpha > 1e-6, -log_p, poisson)


def moment_dispersion(count: Array, expected: Array, weight: Array | None = None) -> float:
    """Return the dispersion alpha of var = mu + alpha mu^2 by moments, cut to 0..50."""
    w = np.ones_like(expected) if weight is None else weight
    square = float((w * expected**2).sum())
    if square <= 0:
        return 0.0
    excess = float((w * ((count - expected) ** 2 - expected)).sum())
    return float(np.clip(excess / square, 0.0, 50.0))


def select_cells(forecast: Array, count: Array, areas_km2: Array, share: float) -> NDArray[np.int64]:
    """Return the cells with the highest forecasts that together fit into `share` of the area, at least one.

    Ties are broken against the forecast: of equal ones the cell with fewer events is taken first.
    """
    return first_cells(rank_cells(forecast, count), areas_km2, share)


def rank_cells(forecast: Array, count: Array) -> NDArray[np.int64]:
    """Return the cells from the highest forecast to the lowest, of equal ones those with fewer events first."""
    return np.lexsort((count, -forecast))


def first_cells(ranking: NDArray[np.int64], areas_km2: Array, share: float) -> NDArray[np.int64]:
    """Return the first cells of a ranking that together fit into `share` of the area, at least one."""
    covered = np.cumsum(areas_km2[ranking])
    fitting = int(np.searchsorted(covered, share * areas_km2.sum() * (1 + 1e-9), side="right"))
    return ranking[: max(fitting, 1)]


def jaccard(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return how much two selections share: cells in both over cells in either; 1 where both are empty."""
    either = int((first | second).sum())
    return int((first & second).sum()) / either if either else 1.0


@dataclass(frozen=True)
class ShareScore:
    """What a forecast's best cells at one area share held, summed over origins."""

    hits: float
    events: float
    most: float
    area_share: float

    @property
    def hit_rate(self) -> float:
        """Share of the events that fell in the selected cells."""
        return self.hits / self.events if self.events else float("nan")

    @property
    def pai(self) -> float:
        """Predictive accuracy index: hit rate over the share of the area."""
        return self.hit_rate / self.area_share

    @property
    def pei_star(self) -> float:
        """Hits over the most that any selection of the same area could have had (White, Hunt & Green 2023)."""
        return self.hits / self.most if self.most else float("nan")


def add_up(scores: Sequence[ShareScore]) -> ShareScore:
    """Return the scores of several origins as one: events and hits are summed, area shares averaged."""
    return ShareScore(
        sum(score.hits for score in scores),
        sum(score.events for score in scores),
        sum(score.most for score in scores),
        float(np.mean([score.area_share for score in scores])),
    )


def score_share(forecast: Array, count: Array, areas_km2: Array, share: float) -> ShareScore:
    """Score one forecast at one area share; all arguments of shape (n,)."""
    return score_selection(select_cells(forecast, count, areas_km2, share), count, areas_km2)


def score_selection(selected: NDArray[np.int64], count: Array, areas_km2: Array) -> ShareScore:
    """Score the positions of selected cells; counts and areas of shape (n,)."""
    best = np.sort(count)[::-1][: len(selected)]
    area_share = float(areas_km2[selected].sum() / areas_km2.sum())
    return ShareScore(float(count[selected].sum()), float(count.sum()), float(best.sum()), area_share)


def hits_by_block(selected: NDArray[np.int64], count: Array, block: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the events in selected cells per block of cells, shape (blocks,)."""
    hits = np.bincount(block[selected], weights=count[selected], minlength=int(block.max()) + 1)
    return np.asarray(hits, dtype=float)


def bootstrap_ratios(
    parts: Array, whole: Array, seed: int, replicates: int = 1000
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Resample origins and blocks of cells, both with replacement; the same draws for the same seed and shape.

    Parameters
    ----------
    parts
        Shape (models, origins, blocks): a model's hits, or its deviance.
    whole
        What they are a share of, shape (origins, blocks): the events, or another model's deviance.

    Returns
    -------
    Ratios of the sums, shape (replicates, models), and the sums of `whole` drawn, shape (replicates,).
    """
    rng = np.random.default_rng(seed)
    origins, blocks = whole.shape
    by_origin = rng.multinomial(origins, np.full(origins, 1 / origins), size=replicates).astype(float)
    by_block = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=replicates).astype(float)
    drawn = np.einsum("ro,ob,rb->r", by_origin, whole, by_block, optimize=True)
    part = np.einsum("ro,mob,rb->rm", by_origin, parts, by_block, optimize=True)
    return part / np.maximum(drawn, 1e-12)[:, np.newaxis], drawn


def ratio(part: float, whole: float) -> float | None:
    """Return part / whole, None where the whole is zero."""
    return part / whole if whole else None
