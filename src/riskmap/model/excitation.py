"""What past events call for: the exposure on which the trees stand.

A sum of decayed counts, of cases and of other incidents where they are given, in the cell itself, its rings, the larger
cell and the area around it, and a constant, each with a weight of no less than zero that is learned. That is a
self-exciting point process on the grid whose kernels, in time and space, are free in shape (Mohler et al. 2011,
doi:10.1198/jasa.2011.ap09546). EWMA + ring is one such sum, of two counts of one half-life; here all memories, short
and long, near and far, may add up, which trees of a few leaves cannot make of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmap.panel.assemble import Panel

SOURCES = ("cases", "incidents")
ROUNDS = 100
"""Of expectation-maximisation: further ones hardly move a forecast (docs/evaluation.md, What the settings rest on)."""
SMALLEST_RATE = 1e-9
"""Expected events: where nothing was ever recorded far and wide, something still is not impossible."""


@dataclass(frozen=True)
class Excitation:
    """Weights, per unit of the features `names`, and a constant; their sum is the expected count over a horizon."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    constant: float

    def expected(self, features: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float64]:
        """Return the expected count of each row, above zero, shape (m,).

        Parameters
        ----------
        features, names
            Shape (m, f), and what the f columns are.
        """
        rate = np.full(len(features), self.constant)
        for name, weight in zip(self.names, self.weights, strict=True):
            rate += weight * _known(features[:, names.index(name)])
        return np.maximum(rate, SMALLEST_RATE)


def exciting_features(panel: Panel, allowed: Sequence[str]) -> list[str]:
    """Return the panel's decayed counts of SOURCES, everywhere that they are counted, that are `allowed`."""
    counted = [h.name for h in panel.histories if h.source in SOURCES and h.measure == "decay"]
    return [name for name in counted if name in allowed]


def fit_excitation(
    features: NDArray[np.float32],
    names: Sequence[str],
    chosen: Sequence[str],
    count: NDArray[np.floating],
    weight: NDArray[np.float64],
    completeness: NDArray[np.float64],
) -> Excitation:
    """Find the weights that make the counts likeliest, by expectation-maximisation.

    In each round every event is shared out among the terms that may have called it forth, and each term's weight
    becomes the events that are its own over what it was there to call (Veen & Schoenberg 2008,
    doi:10.1198/016214508000000148). A weight cannot fall below zero, the expected total is the observed one, and
    nothing can run away.

    Parameters
    ----------
    features, names
        Shape (rows, f), and what the f columns are.
    chosen
        Names of the terms.
    count, weight, completeness
        Shape (rows,): events over the horizon, how many rows each stands for, the share of its events usually known.
    """
    terms = [_known(features[:, names.index(name)]) for name in chosen]
    terms.append(np.ones(len(features), dtype=np.float32))
    shown = weight * completeness
    there = np.array([float(shown @ term) for term in terms])
    busy = count > 0
    events, known = (weight * count)[busy], np.column_stack([term[busy] for term in terms]).astype(np.float64)
    useful = there > 0
    weights = np.divide(events.sum() / useful.sum(), there, out=np.zeros(len(terms)), where=useful)
    for _ in range(ROUNDS):
        called = weights * ((events / np.maximum(known @ weights, SMALLEST_RATE)) @ known)
        weights = np.divide(called, there, out=np.zeros(len(terms)), where=useful)
    return Excitation(tuple(chosen), tuple(map(float, weights[:-1])), float(weights[-1]))


def _known(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return counts with those that are missing, or were taken back below zero, as zero."""
    return np.maximum(np.nan_to_num(values), 0)
