"""Draw the weeks one after the other: each from its true rate, which knows all weeks before it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from riskmap.language import Text
from riskmap.progress import Report, silent
from riskmap.simulate.effort import Effort, Singles
from riskmap.simulate.intensity import (
    BRANCHING,
    CHECKPOINT_SHARE,
    FADING,
    REPORTED,
    Structure,
    season_of_weeks,
)
from riskmap.simulate.people import Land
from riskmap.simulate.scales import BURN_IN_WEEKS, WEEKS, Scale, stream
from riskmap.simulate.sites import Places
from riskmap.simulate.terrain import Floats, Integers

SLOW_SD, SLOW_MEMORY = 0.55, 0.965
"""Size of the slow field on the log scale, and what remains of it a week later (half of it after 19 weeks)."""
INCIDENT_SD = 0.4
"""Other incidents feel the same slow field, less."""
_CELLS_FOR_LEVEL = 4000


@dataclass(frozen=True)
class Draws:
    """What was drawn in one week or several.

    `rates[t]` is the true expected count of cases per cell in week t. `events` has one row a case: at (position of the
    cell), week, effort (there and then), checkpoint (whether it was found at one). `incidents`: at, week.
    `effort` is per week and county, `knots` the slow field's knots per week.
    """

    rates: list[Singles]
    events: pd.DataFrame
    incidents: pd.DataFrame
    effort: Floats
    knots: Floats


def coarsen(rate: Floats) -> Singles:
    """Return the rate rounded down to 12 bits of precision: 0.02 % apart, and half the size on disk.

    Counts are drawn from the rounded rate, so that what is written is what was meant.
    """
    bits = rate.astype(np.float32).view(np.uint32) & np.uint32(0xFFFFF000)
    return bits.view(np.float32)


def draw_cells(random: np.random.Generator, rate: Singles | Floats) -> Integers:
    """Return the cell of every event of one week, sorted: a Poisson count in each cell, drawn all at once."""
    edges = np.cumsum(rate, dtype=np.float64)
    number = random.poisson(edges[-1])
    found = np.searchsorted(edges, np.sort(random.random(number)) * edges[-1], side="right")
    return np.minimum(found, len(rate) - 1).astype(np.int64)


def _knots_of_weeks(knots: int, random: np.random.Generator) -> Floats:
    """Return the slow field's knots, of variance 1, for the burn-in and the recorded weeks; shape (weeks, knots)."""
    path = np.empty((BURN_IN_WEEKS + WEEKS, knots))
    path[0] = random.normal(0, 1, knots)
    for week in range(1, len(path)):
        path[week] = SLOW_MEMORY * path[week - 1] + random.normal(0, np.sqrt(1 - SLOW_MEMORY**2), knots)
    return path


def _usual_level(structure: Structure, share: Floats, knots: Floats, size: float, random: np.random.Generator) -> float:
    """Return the mean over the recorded weeks of season times slow field where `share` lies.

    One large city decides much of it, so without it the totals would miss what the scale asks for by a tenth or more.
    """
    cells = random.choice(len(share), _CELLS_FOR_LEVEL, p=share)
    slow = structure.knot_weights[cells] @ knots[BURN_IN_WEEKS:].T
    return float((np.exp(size * slow) * season_of_weeks(np.arange(WEEKS))).mean())


class Process:
    """The province from one week to the next: slow field, traffic at checkpoints, police effort, excitation."""

    def __init__(
        self, scale: Scale, land: Land, places: Places, structure: Structure, nearness: sparse.csr_array, seed: int
    ) -> None:
        self._random = stream(seed, "weeks")
        self._county = land.table["county"].to_numpy()
        self._counties = int(self._county.max()) + 1
        self._effort = Effort.begin(land, self._counties, stream(seed, "effort"))
        self._knots = _knots_of_weeks(scale.knots, stream(seed, "slow field"))
        self._posts = places.checkpoints["at"].to_numpy()
        self._traffic = self._random.normal(0, 0.4, len(self._posts))
        self._structure, self._nearness = structure, nearness
        level = _usual_level(structure, structure.draw, self._knots, SLOW_SD, stream(seed, "level"))
        weekly = scale.cases * (1 - BRANCHING) / WEEKS
        self._background = structure.draw * (weekly * (1 - CHECKPOINT_SHARE) / level)
        self._at_posts = weekly * CHECKPOINT_SHARE / len(self._posts)
        level = _usual_level(structure, structure.incidents, self._knots, INCIDENT_SD, stream(seed, "level"))
        self._incidents = structure.incidents * (scale.incidents / WEEKS / level)
        self._excited = np.zeros(len(land.table), dtype=np.float32)

    def _rate(self, season: float, slow: Floats, effort: Singles) -> tuple[Singles, Floats]:
        """Return the rate of every cell, and the part of it that the checkpoints add to theirs."""
        looked = REPORTED + (1 - REPORTED) * effort
        rate = self._background * season * np.exp(SLOW_SD * slow) * looked
        posts = self._at_posts * season * np.exp(self._traffic - 0.08)
        rate[self._posts] += posts
        return coarsen(rate + BRANCHING * self._excited), posts

    def step(self, week: int) -> Draws:
        """Draw one week; what happened in it excites the next ones."""
        season = float(season_of_weeks(np.array([week]))[0])
        self._traffic = 0.8 * self._traffic + self._random.normal(0, 0.24, len(self._posts))
        knots = self._knots[week + BURN_IN_WEEKS]
        slow = self._structure.knot_weights @ knots
        effort, in_county = self._effort.step(week)
        rate, posts = self._rate(season, slow, effort)
        cases = draw_cells(self._random, rate)
        others = draw_cells(self._random, self._incidents * season * np.exp(INCIDENT_SD * slow))
        self._remember(cases)
        post_share = pd.Series(posts / rate[self._posts], index=self._posts).reindex(cases).fillna(0.0).to_numpy()
        found = self._random.random(len(cases)) < post_share
        events = pd.DataFrame({"at": cases, "week": week, "effort": effort[cases], "checkpoint": found})
        incidents = pd.DataFrame({"at": others, "week": week})
        return Draws([rate], events, incidents, in_county[np.newaxis], knots[np.newaxis])

    def _remember(self, cases: Integers) -> None:
        where, count = np.unique(cases, return_counts=True)
        pulled = self._nearness[where].T @ count.astype(np.float32)
        self._excited = (FADING * self._excited + (1 - FADING) * pulled).astype(np.float32)
        self._effort.learn(np.bincount(self._county[cases], minlength=self._counties).astype(float))


def draw_weeks(
    scale: Scale,
    land: Land,
    places: Places,
    structure: Structure,
    nearness: sparse.csr_array,
    seed: int,
    report: Report = silent,
) -> Draws:
    """Draw cases and other incidents for the burn-in, which is thrown away, and the recorded weeks."""
    process = Process(scale, land, places, structure, nearness, seed)
    weeks = []
    for week in range(-BURN_IN_WEEKS, WEEKS):
        drawn = process.step(week)
        if week >= 0:
            weeks.append(drawn)
            report(Text("Simulating weeks"), (week + 1) / WEEKS)
    return Draws(
        rates=[drawn.rates[0] for drawn in weeks],
        events=pd.concat([drawn.events for drawn in weeks], ignore_index=True),
        incidents=pd.concat([drawn.incidents for drawn in weeks], ignore_index=True),
        effort=np.concatenate([drawn.effort for drawn in weeks]),
        knots=np.concatenate([drawn.knots for drawn in weeks]),
    )
