"""Does what happened look like a draw from what was forecast? (formulas: docs/evaluation.md, The JSON)

The predictive distribution is the negative binomial with mean mu and variance mu + dispersion mu^2, Poisson where the
dispersion is zero.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from riskmap.model.scores import Array

TAIL = 1e-9
"""The sum of a ranked probability score ends where less than this is left; what is left out is below its square."""
NEGLIGIBLE = 1e-16
PIT_BINS = 10
LEAST_DISPERSION = 1e-6
"""Below it the distribution is taken as Poisson, as by the log score."""
TERMS_AT_ONCE = 2**16
MOST_STEPS = 512


def negative_binomial_cdf(count: Array, expected: Array, dispersion: Array | float) -> Array:
    """Return P(Y <= count), zero below zero; all of shape (n,)."""
    alpha = np.broadcast_to(np.asarray(dispersion, dtype=float), expected.shape)
    reached = np.where(count < 0, 0.0, np.exp(_log_chance_of_none(expected, alpha)))
    some = np.flatnonzero(count > 0)  # few cells: only these need an incomplete integral
    y, mu, a = count[some], expected[some], alpha[some]
    over = special.betainc(1 / np.maximum(a, LEAST_DISPERSION), y + 1, 1 / (1 + a * mu))
    reached[some] = np.where(a > LEAST_DISPERSION, over, special.gammaincc(y + 1, mu))
    return np.asarray(reached)


def _log_chance_of_none(expected: Array, alpha: Array) -> Array:
    over = -np.log1p(alpha * expected) / np.maximum(alpha, LEAST_DISPERSION)
    return np.where(alpha > LEAST_DISPERSION, over, -expected)


def ranked_probability_scores(count: Array, expected: Array, dispersion: Array | float) -> Array:
    """Return each forecast's ranked probability score, sum over k of (P(Y <= k) - 1{count <= k})^2.

    All of shape (n,). The sum is exact until less than TAIL is left. Cells leave it as soon as they are done, so
    that a grid of mostly tiny expected counts costs few terms; the fewer are left, the more terms are taken at once.

    Source: Czado, Gneiting & Held 2009, doi:10.1111/j.1541-0420.2009.01191.x, section 3
    """
    alpha = np.broadcast_to(np.asarray(dispersion, dtype=float), expected.shape)
    alpha = np.where(alpha > LEAST_DISPERSION, alpha, 0.0)
    score, at, first = np.zeros(expected.shape), np.arange(len(expected)), 0
    y, mu, spread = count, expected, alpha * expected
    log_p, cdf = _log_chance_of_none(expected, alpha), np.zeros(expected.shape)
    while len(at):
        steps = int(np.clip(TERMS_AT_ONCE // len(at), 1, MOST_STEPS))
        k = np.arange(first, first + steps, dtype=float)[:, np.newaxis]
        with np.errstate(divide="ignore"):  # an expected count of zero
            growth = np.log((mu + k * spread) / ((k + 1) * (1 + spread)))  # ln P(Y = k + 1) - ln P(Y = k)
        log_p = np.concatenate([log_p[np.newaxis], log_p + np.cumsum(growth, axis=0)])
        reached = np.minimum(cdf + np.cumsum(np.exp(log_p[:-1]), axis=0), 1.0)
        score[at] += (np.where(k >= y, 1 - reached, reached) ** 2).sum(axis=0)
        first, cdf, log_p = first + steps, reached[-1], log_p[-1]
        over = (1 - cdf < TAIL) | ((np.exp(log_p) < NEGLIGIBLE) & (first > mu))  # the latter: against rounding
        left = ~(over & (first > y))
        at, y, mu, spread, log_p, cdf = at[left], y[left], mu[left], spread[left], log_p[left], cdf[left]
    return score


def pit_heights(count: Array, expected: Array, dispersion: Array | float) -> Array:
    """Return the PIT_BINS heights of the non-randomised PIT histogram, which sum to 1; flat if the forecast is right.

    A count spreads evenly over P(Y <= count - 1) to P(Y <= count). High ends: counts stray more than forecast; a high
    right end alone: more happens than forecast.

    Source: Czado, Gneiting & Held 2009, doi:10.1111/j.1541-0420.2009.01191.x, section 2
    """
    low = negative_binomial_cdf(count - 1, expected, dispersion)
    high = negative_binomial_cdf(count, expected, dispersion)
    width = np.maximum(high - low, np.finfo(float).tiny)  # no chance at all: a step
    inner = [np.clip((u - low) / width, 0, 1).mean() for u in np.arange(1, PIT_BINS) / PIT_BINS]
    return np.diff(np.array([0.0, *inner, 1.0]))


def interval_chance(low: Array, high: Array, expected: Array, dispersion: Array | float) -> Array:
    """Return P(low <= Y <= high), shape (n,): what an interval of whole numbers covers if the forecast is right."""
    upper = negative_binomial_cdf(high, expected, dispersion)
    return np.asarray(upper - negative_binomial_cdf(low - 1, expected, dispersion))


def band_of_cells(forecast: Array, areas_km2: Array, shares: Sequence[float], seed: int) -> NDArray[np.int64]:
    """Return each cell's risk band: 0 for the highest forecasts within the first share of the area, the last the rest.

    Cells of equal forecasts are put in random order: sorting them by outcome, as the hit rates do, would bend
    observed over expected.
    """
    shuffled = np.random.default_rng(seed).permutation(len(forecast))
    ranking = shuffled[np.argsort(-forecast[shuffled], kind="stable")]
    within = np.array(shares) * areas_km2.sum() * (1 + 1e-9)
    ends = np.maximum(np.searchsorted(np.cumsum(areas_km2[ranking]), within, side="right"), 1)
    band = np.empty(len(forecast), dtype=np.int64)
    band[ranking] = np.searchsorted(ends, np.arange(len(forecast)), side="right")
    return band


def poisson_interval(observed: float, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a Poisson mean, given the one count seen.

    Source: Garwood 1936, doi:10.1093/biomet/28.3-4.437
    """
    miss = (1 - level) / 2
    low = float(special.gammaincinv(observed, miss)) if observed > 0 else 0.0
    return low, float(special.gammaincinv(observed + 1, 1 - miss))
