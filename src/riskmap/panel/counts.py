"""Dated records as counts on the grid: cell, period in which it happened, first forecast that could know it.

The pair (happened, usable) is what keeps the future out: a case of week 10 that was registered in week 30 exists for
no forecast made before week 31, however often the panel is rebuilt.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.errors import PanelError
from riskmap.grid.assign import points_to_cells
from riskmap.grid.cells import Cells, positions_in
from riskmap.panel.periods import Timeline, origin_index, period_index
from riskmap.study import Period

ROWS_THAT_MAKE_SILENCE_A_GAP = 10.0
"""Mean rows a period from which an empty one counts as not delivered: Poisson gives it 5 chances in 100,000."""

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


def reported_periods(coverage: pd.DataFrame, timeline: Timeline) -> NDArray[np.bool_]:
    """Return which periods the sources delivered, shape (timeline.size,).

    A period in which a source's arrivals are usually many and nothing arrived is unknown. Where they are few anyway, an
    empty period is an ordinary zero inside the span of a file, and unknown between files: nobody delivered it. A few
    rows of a small source do not make up for a large one: what arrived must be of sources that usually bring at least
    half of what the largest one does. A whole period that was declared to be covered is never unknown.

    Parameters
    ----------
    coverage
        Rows read per delivered interval, before any selection: source_id, covered_from, covered_to (exclusive), rows;
        the spans of files among them, without rows; `declared` tells, where it is there, intervals that somebody says
        were delivered whole.
    """
    by_source = [delivered for _, delivered in coverage.groupby("source_id", sort=True)]
    found = [_deliveries(delivered, timeline) for delivered in by_source]
    found = [one for one in found if (one[0] > 0).any() or one[2].any()]
    reported, silent = np.zeros(timeline.size, dtype=bool), np.zeros(timeline.size, dtype=bool)
    weight, largest = np.zeros(timeline.size), np.zeros(timeline.size)
    spans = [np.flatnonzero((arrived > 0) | said)[[0, -1]] for arrived, _, said in found]
    usual = [float(np.median(one[0][first : last + 1])) for one, (first, last) in zip(found, spans, strict=True)]
    for (first, _), rows in zip(spans, usual, strict=True):
        largest[first:] = np.maximum(largest[first:], rows)  # of the sources that have begun
    for (arrived, known, said), (first, last), rows in zip(found, spans, usual, strict=True):
        within = slice(first, last + 1)
        given = (arrived[within] > 0) | said[within] | ((rows < ROWS_THAT_MAKE_SILENCE_A_GAP) & known[within])
        weight[within] += rows * given
        reported[within] |= given
        silent[within] |= ~given & (rows >= largest[within] / 2)
    return reported & ~silent & ((weight >= largest / 2) | (largest < ROWS_THAT_MAKE_SILENCE_A_GAP))


def _deliveries(
    coverage: pd.DataFrame, timeline: Timeline
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return one source's rows per period, which periods its files touch, and which it declares to cover."""
    arrived, said = _arrivals(coverage, timeline), declared_periods(coverage, timeline)
    files = coverage[~coverage["declared"]] if "declared" in coverage else coverage
    return arrived, _arrivals(files.assign(rows=1.0), timeline) > 0, said


def declared_periods(coverage: pd.DataFrame, timeline: Timeline) -> NDArray[np.bool_]:
    """Return which periods are declared to be covered, every day of them, shape (timeline.size,).

    Parameters
    ----------
    coverage
        covered_from, covered_to (exclusive), declared (nothing is where it is missing).
    """
    said = coverage[coverage["declared"]] if "declared" in coverage else coverage[:0]
    starts = timeline.starts().to_numpy("datetime64[D]").astype("int64")
    begins = (starts - starts[0])[:-1]
    ends = [said[name].to_numpy("datetime64[D]").astype("int64") - starts[0] for name in ("covered_from", "covered_to")]
    n_days = int(starts[-1] - starts[0])
    change = np.zeros(n_days + 1, dtype="int64")
    for days, step in zip(ends, (1, -1), strict=True):
        np.add.at(change, np.clip(days, 0, n_days), step)
    whole: NDArray[np.bool_] = np.logical_and.reduceat(np.cumsum(change[:-1]) > 0, begins)
    return whole


def _arrivals(coverage: pd.DataFrame, timeline: Timeline) -> NDArray[np.float64]:
    """Return rows delivered per period, shape (timeline.size,); those of a longer interval are shared out evenly."""
    last_moment = coverage["covered_to"] - pd.Timedelta(1, "us")
    first = period_index(coverage["covered_from"], timeline.period) - timeline.first
    last = np.maximum(period_index(last_moment, timeline.period) - timeline.first, first)
    spread = coverage["rows"].to_numpy(float) / (last - first + 1)
    change = np.zeros(timeline.size + 1)
    inside = (last >= 0) & (first < timeline.size)
    np.add.at(change, np.clip(first[inside], 0, timeline.size), spread[inside])
    np.add.at(change, np.clip(last[inside] + 1, 0, timeline.size), -spread[inside])
    arrived: NDArray[np.float64] = np.cumsum(change[:-1]).round(9)
    return arrived


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


def timeline_of(coverage: pd.DataFrame, period: Period, end: pd.Timestamp | None = None) -> Timeline:
    """Return the timeline of whole periods that the sources delivered.

    It begins where deliveries reach a tenth of their usual size (a few records of long ago do not stretch it) or with
    the first whole period that was declared to be covered, and ends with the last period that was delivered to its
    end, or before `end`.

    Parameters
    ----------
    coverage
        Rows read per delivered interval: covered_from, covered_to (exclusive), rows; declared as in `reported_periods`.
    end
        Periods from the one that holds this moment on are left out.

    Raises
    ------
    PanelError
        If no whole period was delivered.
    """
    if not coverage["rows"].any():
        raise PanelError("There are no dated cases; import some with `riskmap import`.")
    last_moment = coverage["covered_to"].max()
    first = int(period_index(coverage["covered_from"], period).min())
    # A delivery that ends with a period does not touch the next one.
    beyond = int(period_index(np.array([last_moment - pd.Timedelta(1, "us")], "datetime64[us]"), period)[0]) + 1
    everything = Timeline(first, beyond - first, period)
    arrived = _arrivals(coverage, everything)
    typical = np.median(arrived[arrived > 0])
    start = int(np.flatnonzero((arrived >= typical / 10) | declared_periods(coverage, everything))[0])
    starts = everything.starts()
    missing_share = (starts[1:] - last_moment) / (starts[1:] - starts[:-1])
    whole = np.flatnonzero(missing_share.to_numpy() * typical < ROWS_THAT_MAKE_SILENCE_A_GAP)
    stop = int(whole[-1]) + 1 if len(whole) else 0
    if end is not None:
        stop = min(stop, everything.position(end))
    if stop <= start:
        raise PanelError(
            "No whole {period} of cases was delivered before {end}.", period=period, end=str(end or last_moment)
        )
    return Timeline(first + start, stop - start, period)
