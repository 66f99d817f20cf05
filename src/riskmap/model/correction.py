"""How much of the trees' correction is kept: as much as held-out periods call for."""

import numpy as np
from numpy.typing import NDArray

from riskmap.model.scores import poisson_deviances
from riskmap.panel.sample import Sample

USUAL_SHRINKAGE = 0.75
"""Chosen with the settings of the trees on origins before those that docs/evaluation.md scores."""
SHRINKAGES = (0.0, 0.25, 0.5, 0.75, 1.0)
CLEARLY = 2.0
"""Standard errors by which something must be better on held-out origins to be preferred to the usual."""
LARGEST_CORRECTION = 3.0
"""Natural logarithm: no cell is moved by more than a factor of twenty from what its counts say."""


def correct(exposure: NDArray[np.float64], log_ratio: NDArray[np.float64], shrinkage: float) -> NDArray[np.float64]:
    """Return expected counts: the exposure times as much of the trees' correction as is kept, shape (n,)."""
    return exposure * np.exp(shrinkage * np.clip(log_ratio, -LARGEST_CORRECTION, LARGEST_CORRECTION))


def choose_shrinkage(
    rows: Sample, exposure: NDArray[np.float64], log_ratio: NDArray[np.float64], held_out: NDArray[np.bool_]
) -> float:
    """Return how much of the trees' correction to keep.

    USUAL_SHRINKAGE, unless another one has clearly less deviance on the held-out origins.
    """
    corrected = {kept: correct(exposure[held_out], log_ratio, kept) for kept in SHRINKAGES}
    gains = {kept: surely_gained(rows, held_out, corrected[USUAL_SHRINKAGE], corrected[kept]) for kept in SHRINKAGES}
    best = max(SHRINKAGES, key=lambda kept: gains[kept])
    return best if gains[best] > 0 else USUAL_SHRINKAGE


def surely_gained(
    rows: Sample, held_out: NDArray[np.bool_], usual: NDArray[np.float64], other: NDArray[np.float64]
) -> float:
    """Return by how much less deviance a held-out origin surely has under `other` expected counts than under `usual`.

    That is the mean less twice its standard error between origins: a handful of periods must not turn a forecast
    around.
    """
    count, weight = rows.count[held_out].astype(float), rows.weight[held_out]
    _, origin = np.unique(rows.origin[held_out], return_inverse=True)
    each = weight * (poisson_deviances(count, usual) - poisson_deviances(count, other))
    gain = np.bincount(origin, weights=each)
    return float(gain.mean() - CLEARLY * gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else -np.inf
