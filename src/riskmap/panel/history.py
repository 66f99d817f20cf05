"""What the past of a cell says, as every forecast then knew it.

Each function returns, for the origins asked for, one value a cell: shape (len(origins), n_cells), float32. All are
means per reported period, so an unknown period neither counts as quiet nor moves a rate, and a period of which half
the records are usually known by then counts half. Records enter at the first origin that could know them, with the
age they have by then.
"""

import numpy as np
from numpy.typing import NDArray

from riskmap.panel.counts import Counts

Values = NDArray[np.float32]
CHANGE_PRIOR = 8.0
"""Events: where eight were usual and sixteen came, a rise by half is believed, not a doubling."""


def decayed_mean(counts: Counts, n_cells: int, origins: range, half_life: float) -> Values:
    """Exponentially weighted mean count per period (EWMA).

    sum_p d^(s-1-p) y_p / sum_p d^(s-1-p) c_p, with d = 2^(-1 / half_life), over periods p before origin s; c_p is the
    share of p's records usually known by s, 0 where p was not reported.

    Parameters
    ----------
    counts
        Cells numbered 0..n_cells-1.
    origins
        Consecutive positions on the timeline.
    half_life
        Periods after which a count weighs half.

    Returns
    -------
    NaN at origins before which nothing was reported.
    """
    sums = decayed_sums(counts, n_cells, origins, half_life)
    return _per_reported(sums, decayed_reported(counts, origins, 0.5 ** (1.0 / half_life)))


def decayed_change(counts: Counts, n_cells: int, origins: range, half_life: float, against: float) -> Values:
    """Return the logarithm of what was recorded lately over what the long run would have brought in as many periods.

    Both means are decayed, over `half_life` and the longer `against`. CHANGE_PRIOR events are added to either, so that
    where little is recorded little is said.
    """
    lately, usually = (np.nan_to_num(decayed_mean(counts, n_cells, origins, h)) for h in (half_life, against))
    remembered = half_life / np.log(2)  # the sum of all weights d^k
    ratio = (np.maximum(lately, 0) * remembered + CHANGE_PRIOR) / (np.maximum(usually, 0) * remembered + CHANGE_PRIOR)
    return np.asarray(np.log(ratio), dtype=np.float32)


def decayed_sums(counts: Counts, n_cells: int, origins: range, half_life: float) -> Values:
    """Return sum_p d^(s-1-p) y_p of each cell, the upper half of `decayed_mean`."""
    decay = 0.5 ** (1.0 / half_life)
    enters = np.maximum(counts.usable, origins.start)
    kept = (enters < origins.stop) & (counts.occurred < enters)
    enters, age = enters[kept], (enters - 1 - counts.occurred)[kept]
    sums = _inject(counts.cell[kept], enters - origins.start, counts.count[kept] * decay**age, n_cells, len(origins))
    factor = np.float32(decay)
    for step in range(1, len(origins)):
        sums[step] += factor * sums[step - 1]
    return sums


def windowed_mean(counts: Counts, n_cells: int, origins: range, window: int) -> Values:
    """Mean count per period over the `window` periods before each origin; NaN where none of them was reported."""
    enters = np.maximum(counts.usable, origins.start)
    leaves = counts.occurred + window + 1
    kept = (enters < origins.stop) & (enters < leaves) & (counts.occurred < enters)
    cell, count = counts.cell[kept], counts.count[kept]
    enters, leaves = enters[kept] - origins.start, leaves[kept] - origins.start
    sums = _inject(cell, enters, count, n_cells, len(origins))
    gone = leaves < len(origins)
    np.subtract.at(sums, (leaves[gone], cell[gone]), count[gone])
    for step in range(1, len(origins)):
        sums[step] += sums[step - 1]
    return _per_reported(sums, np.array([_known_share(counts, s, window) for s in origins]))


def lagged_count(counts: Counts, n_cells: int, origins: range, lag: int) -> Values:
    """Count of the period `lag` before each origin's own, as known then; NaN where it was not reported."""
    origin = counts.occurred + lag
    kept = (origin >= origins.start) & (origin < origins.stop) & (counts.usable <= origin)
    values = _inject(counts.cell[kept], origin[kept] - origins.start, counts.count[kept], n_cells, len(origins))
    known = [0 <= s - lag < len(counts.reported) and bool(counts.reported[s - lag]) for s in origins]
    values[~np.array(known)] = np.nan
    return values


def periods_since(counts: Counts, n_cells: int, origins: range, most: int) -> Values:
    """Whole periods between the newest known record's and each origin's own, at most `most`.

    0: something happened in the period just gone. Records that cancel others are no events. Unknown periods pass like
    quiet ones: nobody knows of anything newer.
    """
    newest = np.full((len(origins), n_cells), origins.start - 1 - most, dtype=np.float32)
    enters = np.maximum(counts.usable, origins.start)
    kept = (enters < origins.stop) & (counts.occurred < enters) & (counts.count > 0)
    at = enters[kept] - origins.start, counts.cell[kept]
    np.maximum.at(newest, at, counts.occurred[kept].astype(np.float32))
    newest = np.maximum.accumulate(newest, axis=0)
    own = np.asarray(origins, dtype=np.float32)[:, np.newaxis]
    return np.asarray(np.minimum(own - 1 - newest, np.float32(most)), dtype=np.float32)


def decayed_reported(counts: Counts, origins: range, decay: float) -> NDArray[np.float64]:
    """Return the weight of what is known of the periods before each origin, shape (len(origins),)."""
    weight, weights = 0.0, np.zeros(origins.stop)
    missing = decay ** np.arange(len(counts.completeness)) * (1 - counts.completeness)
    for origin in range(1, origins.stop):
        weight = decay * weight + float(counts.reported[origin - 1])
        recent = counts.reported[max(origin - len(missing), 0) : origin][::-1]
        weights[origin] = weight - (missing[: len(recent)] * recent).sum()
    return weights[origins.start : origins.stop]


def _known_share(counts: Counts, origin: int, window: int) -> float:
    """Return how many periods' worth of records of the `window` before `origin` is known then."""
    recent = counts.reported[max(origin - window, 0) : origin][::-1]
    return float((recent * counts.share_known(np.arange(len(recent)))).sum())


def _inject(
    cell: NDArray[np.int32], step: NDArray[np.int32], value: NDArray[np.floating], n_cells: int, steps: int
) -> Values:
    sums = np.zeros((steps, n_cells), dtype=np.float32)
    np.add.at(sums, (step, cell), value.astype(np.float32))
    return sums


def _per_reported(sums: Values, reported: NDArray[np.float64]) -> Values:
    inverse = np.divide(1.0, reported, out=np.full(len(reported), np.nan), where=reported > 0)
    sums *= inverse.astype(np.float32)[:, np.newaxis]
    return sums
