"""Which periods the sources delivered: what lies outside them is unknown, not zero."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.errors import PanelError
from riskmap.panel.periods import Timeline, period_index
from riskmap.study import Period

ROWS_THAT_MAKE_SILENCE_A_GAP = 10.0
"""Mean rows a period from which an empty one counts as not delivered: Poisson gives it 5 chances in 100,000."""


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
