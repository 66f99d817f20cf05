"""What past events call for: the exposure on which the trees stand.

A sum of decayed counts, of cases and of other incidents where they are given, in the cell itself, its rings, the larger
cell and the area around it, and a constant, each with a weight of no less than zero that is learned. That is a
self-exciting point process on the grid whose kernels, in time and space, are free in shape (Mohler et al. 2011,
doi:10.1198/jasa.2011.ap09546). EWMA + ring is one such sum, of two counts of one half-life; here all memories, short
and long, near and far, may add up, which trees of a few leaves cannot make of them.

Long memories tell best where cases are, but not how many there are of late. Where held-out periods clearly call for it,
every term is first brought to the area's recent level: multiplied by how many cases the area had of late against its
long run, and by the area's long-run mean of what the term counts over its mean of what the term remembers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmap.model.baselines import area_mean
from riskmap.model.correction import surely_gained
from riskmap.panel.assemble import HALF_LIVES, Panel
from riskmap.panel.sample import Sample

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
SOURCES = ("cases", "incidents")
ROUNDS = 100
"""Of expectation-maximisation: further ones hardly move a forecast (docs/evaluation.md, What the settings rest on)."""
SMALLEST_RATE = 1e-9
"""Expected events: where nothing was ever recorded far and wide, something still is not impossible."""
MOST_LEVELLED = 5.0
"""By what factor a term is moved to the recent level at most: seasons and campaigns stay within it, gaps may not."""


@dataclass(frozen=True)
class Excitation:
    """Weights, per unit of the features `names`, and a constant; their sum is the expected count over a horizon.

    `level` is the half-life, in periods, at which the area's recent level is followed; 0: terms are taken as they are.
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    constant: float
    level: int = 0

    def expected(self, panel: Panel, features: Singles, names: Sequence[str], origin: NDArray[np.int64]) -> Floats:
        """Return the expected count of each row, above zero, shape (m,).

        Parameters
        ----------
        features, names
            Shape (m, f), and what the f columns are.
        origin
            Shape (m,): the rows' positions on the timeline.
        """
        return self.rate(past_terms(panel, features, names, origin, self.names, self.level))

    def rate(self, terms: Singles) -> Floats:
        """Return the expected counts, shape (m,), from `past_terms`."""
        return np.maximum(terms @ np.array([*self.weights, self.constant]), SMALLEST_RATE)


@dataclass(frozen=True)
class Past:
    """Rows to learn from, with what may be seen of them: `features`, shape (rows, f), and what its columns are."""

    panel: Panel
    rows: Sample
    features: Singles
    names: tuple[str, ...]

    def learn(self, chosen: Mask, level: int) -> tuple[Excitation, Floats]:
        """Return what past events call for, learned from the chosen rows, and each row's expected count by it."""
        rows, exciting = self.rows, exciting_features(self.panel, self.names)
        terms = past_terms(self.panel, self.features, self.names, rows.origin, exciting, level)
        learned = (rows.count[chosen], rows.weight[chosen], rows.completeness[chosen])
        found = fit_excitation(terms[chosen], exciting, *learned, level)
        return found, found.rate(terms)

    def choose_level(self, fitted: Mask, held_out: Mask) -> int:
        """Return the half-life at which the area's recent level is followed: the shortest, or 0 for no level.

        It is followed only where that has clearly less deviance on the held-out rows, of those learned without them:
        what a level is worth differs between areas, and one campaign must not make every forecast restless.
        """
        shortest = HALF_LIVES[self.panel.timeline.period][0]
        known = {level: (self.learn(fitted, level)[1] * self.rows.completeness)[held_out] for level in (0, shortest)}
        return shortest if surely_gained(self.rows, held_out, known[0], known[shortest]) > 0 else 0


def exciting_features(panel: Panel, allowed: Sequence[str]) -> list[str]:
    """Return the panel's decayed counts of SOURCES, everywhere that they are counted, that are `allowed`."""
    counted = [h.name for h in panel.histories if h.source in SOURCES and h.measure == "decay"]
    return [name for name in counted if name in allowed]


def past_terms(
    panel: Panel,
    features: Singles,
    names: Sequence[str],
    origin: NDArray[np.int64],
    chosen: Sequence[str],
    level: int,
) -> Singles:
    """Return the terms `chosen` and the constant of each row, shape (m, len(chosen) + 1), at the area's recent level.

    Counts that are missing, or were taken back below zero, are none.
    """
    terms = np.empty((len(features), len(chosen) + 1), dtype=np.float32)
    for column, name in enumerate(chosen):
        terms[:, column] = np.maximum(np.nan_to_num(features[:, names.index(name)]), 0)
    terms[:, -1] = 1
    if level and len(features):
        span = range(int(origin.min()), int(origin.max()) + 1)
        longest = HALF_LIVES[panel.timeline.period][-1]
        recent = area_mean(panel, level, span)
        lately = recent / area_mean(panel, longest, span)
        counted = {history.name: history for history in panel.histories}
        for column, name in enumerate(chosen):
            source, half_life = counted[name].source, counted[name].periods
            factor = lately * area_mean(panel, longest, span, source) / area_mean(panel, half_life, span, source)
            terms[:, column] *= np.clip(factor, 1 / MOST_LEVELLED, MOST_LEVELLED)[origin - span.start]
        terms[:, -1] = recent[origin - span.start]
    return terms


def fit_excitation(
    terms: Singles,
    chosen: Sequence[str],
    count: NDArray[np.floating],
    weight: Floats,
    completeness: Floats,
    level: int = 0,
) -> Excitation:
    """Find the weights that make the counts likeliest, by expectation-maximisation.

    In each round every event is shared out among the terms that may have called it forth, and each term's weight
    becomes the events that are its own over what it was there to call (Veen & Schoenberg 2008,
    doi:10.1198/016214508000000148). A weight cannot fall below zero, the expected total is the observed one, and
    nothing can run away.

    Parameters
    ----------
    terms, chosen, level
        From `past_terms`: shape (rows, len(chosen) + 1), what its columns are, and at which level.
    count, weight, completeness
        Shape (rows,): events over the horizon, how many rows each stands for, the share of its events usually known.
    """
    there = (weight * completeness) @ terms
    busy = count > 0
    events, known = (weight * count)[busy], terms[busy].astype(np.float64)
    useful = there > 0
    weights = np.divide(events.sum() / useful.sum(), there, out=np.zeros(len(there)), where=useful)
    for _ in range(ROUNDS):
        called = weights * ((events / np.maximum(known @ weights, SMALLEST_RATE)) @ known)
        weights = np.divide(called, there, out=np.zeros(len(there)), where=useful)
    return Excitation(tuple(chosen), tuple(map(float, weights[:-1])), float(weights[-1]), level)
