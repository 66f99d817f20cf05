"""Dated records as counts on the grid: cell, period in which it happened, first forecast that could know it.

The pair (happened, usable) is what keeps the future out: a case of week 10 that was registered in week 30 exists for
no forecast made before week 31, however often the panel is rebuilt.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.grid.assign import points_to_cells
from riskmap.grid.cells import Cells, positions_in
from riskmap.panel.periods import Timeline, origin_index, period_index

FEWEST_RECORDS_TO_LEARN_DELAYS = 200
"""With fewer records all are taken to be known at once; 200 give each age's share to within four points."""
SMALLEST_COMPLETENESS = 0.02
"""A period of which almost nothing is known yet says almost nothing; dividing by less would blow up its noise."""


@dataclass(frozen=True)
class Counts:
    """One layer, or one kind of it, on the grid.

    `cell` is a position in the study's cells, `occurred` and `usable` are positions on the timeline
    (`usable` > `occurred`); all of shape (n,), sorted by cell. `reported`, shape (size,), tells the periods for which
    the source delivered anything; the others are unknown, not zero. `completeness`, shape (ages,), is the share of a
    period's records that are known a given number of periods after its end; beyond the last age all are.
    """

    cell: NDArray[np.int32]
    occurred: NDArray[np.int32]
    usable: NDArray[np.int32]
    count: NDArray[np.float32]
    reported: NDArray[np.bool_]
    completeness: NDArray[np.float64] = field(default_factory=lambda: np.ones(1))

    def share_known(self, age: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the share of a period's records that are known `age` periods after its end; none before it."""
        table = np.append(self.completeness, 1.0)
        return np.where(age < 0, 0.0, table[np.clip(age, 0, len(self.completeness))])

    def known_at(self, origin: int) -> "Counts":
        """Return what a forecast made at `origin` may know."""
        return self._where((self.usable <= origin) & (self.occurred < origin))

    def since(self, period: int) -> "Counts":
        """Return what happened from position `period` on."""
        return self._where(self.occurred >= period)

    def at_cells(self, positions: NDArray[np.int64], n_cells: int) -> "Counts":
        """Return the counts at the given cells, renumbered by their place in `positions`; others are left out."""
        place = np.full(n_cells, -1, dtype=np.int32)
        place[positions] = np.arange(len(positions), dtype=np.int32)
        kept = place[self.cell] >= 0
        return replace(self, cell=place[self.cell])._where(kept)

    def first_cells(self, n_cells: int) -> "Counts":
        """Return the counts at the first `n_cells` positions."""
        return self._where(self.cell < n_cells)

    def matrix(self, n_cells: int) -> NDArray[np.float32]:
        """Return final counts, shape (size, n_cells), whenever they became known."""
        dense = np.zeros((len(self.reported), n_cells), dtype=np.float32)
        np.add.at(dense, (self.occurred, self.cell), self.count)
        return dense

    def _where(self, kept: NDArray[np.bool_]) -> "Counts":
        chosen = {name: getattr(self, name)[kept] for name in ("cell", "occurred", "usable", "count")}
        return replace(self, **chosen)


def place_events(events: pd.DataFrame, cells: Cells, resolution: int) -> pd.DataFrame:
    """Return `events` with `cell`, the position in `cells`, for those that lie on the grid; others are left out."""
    found = points_to_cells(events["lon"].to_numpy(float), events["lat"].to_numpy(float), resolution)
    at = positions_in(cells, found)
    return events.assign(cell=at)[at >= 0]


def count_events(placed: pd.DataFrame, timeline: Timeline, reported: NDArray[np.bool_]) -> Counts:
    """Count placed events by cell, period and first forecast that knows them.

    Parameters
    ----------
    placed
        From `place_events`: cell, occurred_from, known_on, count. Events outside the timeline are left out.
    reported
        From `reported_periods`, shape (timeline.size,).
    """
    occurred = period_index(placed["occurred_from"], timeline.period) - timeline.first
    usable = np.maximum(origin_index(placed["known_on"], timeline.period) - timeline.first, occurred + 1)
    table = pd.DataFrame(
        {"cell": placed["cell"].to_numpy(), "occurred": occurred, "usable": usable, "count": placed["count"].to_numpy()}
    )
    inside = (table["occurred"] >= 0) & (table["occurred"] < timeline.size)
    keys = ["cell", "occurred", "usable"]
    summed = table[inside].groupby(keys, sort=True, as_index=False)["count"].sum()
    summed = summed[summed["count"] != 0]
    whole = {key: summed[key].to_numpy(np.int32) for key in keys}
    completeness = reporting_completeness(table[inside], timeline)
    return Counts(**whole, count=summed["count"].to_numpy(np.float32), reported=reported, completeness=completeness)


def reporting_completeness(records: pd.DataFrame, timeline: Timeline) -> NDArray[np.float64]:
    """Return the share of a period's records that are known 0, 1, 2, ... periods after its end, shape (ages,).

    Learned from the first year (or third of the timeline, where that is shorter) and what was known by its end: that
    is before every forecast that is trained or scored, so it tells none of them anything of its future. Records later
    than a quarter of that span are not foreseen.

    Parameters
    ----------
    records
        occurred, usable, count.
    """
    span = first_full_origin(timeline)
    ages = max(span // 4, 1)
    early = records[(records["occurred"] < span - ages) & (records["usable"] <= span) & (records["count"] > 0)]
    delay = (early["usable"] - early["occurred"] - 1).to_numpy()
    delay = delay[delay <= ages]
    if len(delay) < FEWEST_RECORDS_TO_LEARN_DELAYS:
        return np.ones(1)
    known = np.cumsum(np.bincount(delay, minlength=ages + 1)) / len(delay)
    return np.asarray(np.maximum(known[:ages], SMALLEST_COMPLETENESS), dtype=float)


def first_full_origin(timeline: Timeline) -> int:
    """Return the first origin with a year of history behind it, or a third of the timeline where that is shorter."""
    return max(1, min(timeline.per_year, timeline.size // 3))


def spread_to_ring(counts: Counts, ring: NDArray[np.int64], neighbour_of: NDArray[np.int64]) -> Counts:
    """Return counts as seen by the cells around: each event once at every cell of its ring.

    Parameters
    ----------
    ring, neighbour_of
        Pairs of positions: cell `ring[i]` is seen by cell `neighbour_of[i]`; `ring` ascending.
    """
    starts = np.searchsorted(ring, counts.cell, side="left")
    lengths = np.searchsorted(ring, counts.cell, side="right") - starts
    event = np.repeat(np.arange(len(counts.cell)), lengths)
    offset = np.arange(len(event)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    seen_by = neighbour_of[starts[event] + offset].astype(np.int32)
    seen = {name: getattr(counts, name)[event] for name in ("occurred", "usable", "count")}
    return replace(counts, cell=seen_by, **seen)
