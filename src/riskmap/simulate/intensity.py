"""The true rate of recorded cases: what draws drugs, who looks for them, and how one event calls the next.

For cell i in week t, given everything before t:

    rate = scale * season(t) * draw(i) * exp(slow(i, t)) * (REPORTED + (1 - REPORTED) * effort(i, t))
           + checkpoints(i, t) + BRANCHING * sum over past events of nearness(distance) * fading(weeks)

Counts are Poisson draws from it. Source: self-exciting point processes, Mohler et al. 2011.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from riskmap.grid.cells import positions_in
from riskmap.grid.neighbours import disk_pairs
from riskmap.simulate.people import Land
from riskmap.simulate.roads import Roads
from riskmap.simulate.scales import Scale, stream, week_starts
from riskmap.simulate.sites import HUB_PULL, Places
from riskmap.simulate.terrain import Floats, Waves, nearest

REPORTED = 0.3
"""Share of cases that come to light without anybody looking."""
BRANCHING = 0.28
"""Events that one event calls forth, all told."""
FADING = 0.72
"""What remains of an event's pull a week later: half of it is gone after 2.1 weeks."""
NEARNESS = (0.52, 0.33, 0.15)
"""Share of the pull in the event's own cell, in ring 1 and in ring 2."""
CHECKPOINT_SHARE = 0.03
CHANCE_SD, PATCHES_SD = 0.55, 0.40


@dataclass(frozen=True)
class Structure:
    """What does not change from week to week, one value a cell, mean-free where it is on the log scale."""

    demand: Floats
    """log consumption per head against the mean: what wastewater shows."""
    draw: Floats
    """Relative rate of recorded cases at mean effort; sums to 1."""
    incidents: Floats
    """Relative rate of other recorded events; sums to 1."""
    chance: Floats
    """The part of log `draw` that each cell has of its own: nothing but its counts can tell of it."""
    patches: Floats
    """The part of log `draw` that varies over some two kilometres: counts there and around tell of it, nothing else."""
    knot_weights: sparse.csr_array
    """Shape (n, knots): slow(i, t) = knot_weights @ knots(t)."""


def nearness_matrix(land: Land) -> sparse.csr_array:
    """Return the share of an event's pull that falls on each cell around it, shape (n, n); columns are events."""
    inside = np.flatnonzero(land.table["inside"].to_numpy())
    cells = land.cells
    origin, neighbour, steps = disk_pairs(cells[inside], len(NEARNESS) - 1)
    at = positions_in(cells, neighbour)
    kept = (at >= 0) & land.table["inside"].to_numpy()[np.maximum(at, 0)]
    in_ring = np.array([1, 6, 12])
    share = (np.array(NEARNESS) / in_ring)[steps].astype(np.float32)
    entries = (share[kept], (inside[origin[kept]], at[kept]))
    return sparse.csr_array(entries, shape=(len(cells), len(cells)))


def _standard(values: Floats, weight: Floats) -> Floats:
    mean = np.average(values, weights=weight)
    return (values - mean) / np.sqrt(np.average((values - mean) ** 2, weights=weight))


def _knot_weights(land: Land, scale: Scale, random: np.random.Generator) -> sparse.csr_array:
    """Return how each cell's slow field is mixed from those at the nearest knots, at unit variance."""
    weight = np.sqrt(land.table["residents"].to_numpy() + 1.0) * land.table["inside"].to_numpy()
    knots = land.points[np.sort(random.choice(len(weight), scale.knots, replace=False, p=weight / weight.sum()))]
    near, at = (np.asarray(found) for found in cKDTree(knots).query(land.points, k=6))
    width = np.maximum(near[:, [3]], 1e-6)
    pull = np.exp(-0.5 * (near / width) ** 2 * 2)
    pull /= np.sqrt((pull**2).sum(axis=1, keepdims=True))
    rows = np.repeat(np.arange(len(near)), near.shape[1])
    return sparse.csr_array((pull.ravel(), (rows, at.ravel())), shape=(len(near), scale.knots))


def build_structure(
    scale: Scale, land: Land, roads: Roads, places: Places, nearness: sparse.csr_array, seed: int
) -> Structure:
    """Combine people, hubs, enterprises, roads, the border and random fields into what a place draws."""
    random = stream(seed, "structure")
    table = land.table
    people = table["residents"].to_numpy(dtype=float)
    inside = table["inside"].to_numpy()
    radius = float(np.sqrt(scale.area_km2 / np.pi))
    weight = people + 1e-9
    demand = _standard(
        Waves.draw(random, 0.14 * radius).at(*land.points.T) + 0.7 * Waves.draw(random, 9.0).at(*land.points.T), weight
    )
    patchy = _standard(Waves.draw(random, 2.2).at(*land.points.T), weight)
    border = np.exp(-nearest(land.points[~inside], land.points)[0] / (0.09 * radius))
    pull = places.sites["kind"].map(HUB_PULL).fillna(0.0).to_numpy()
    hubs = nearness.T @ np.bincount(places.sites["at"], pull, len(people))
    works = nearness.T @ np.bincount(places.sites["at"], (pull == 0).astype(float), len(people))
    major = roads.distance_km(land.points, "motorway", "national")
    attraction = people**0.82 + 10.0 * np.exp(-major / 0.7) * inside
    lift = 0.55 * demand + PATCHES_SD * patchy + 0.50 * np.log1p(hubs) + 0.22 * np.log1p(works) + 0.9 * border
    chance = random.normal(0, CHANCE_SD, len(people))
    lift += chance
    draw = attraction * np.exp(lift) * inside
    other = people**0.9 * np.exp(0.35 * demand + 0.30 * patchy + random.normal(0, 0.45, len(people))) * inside
    weights = _knot_weights(land, scale, random)
    return Structure(demand, draw / draw.sum(), other / other.sum(), chance, PATCHES_SD * patchy, weights)


def season_of_weeks(weeks: NDArray[np.int64]) -> Floats:
    """Return the factor of each week (0 is the first recorded one): a summer high, quiet Spring Festival weeks."""
    start = week_starts(1)[0] + pd.to_timedelta(weeks * 7, unit="D")
    day = start.day_of_year.to_numpy()
    wave = 1 + 0.13 * np.cos(2 * np.pi * (day - 205) / 365.25)
    festivals = pd.to_datetime(["2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29"])
    away = np.abs((start.to_numpy()[:, None] + np.timedelta64(3, "D") - festivals.to_numpy()) / np.timedelta64(1, "D"))
    return wave * np.where(away.min(axis=1) < 7, 0.68, 1.0)
