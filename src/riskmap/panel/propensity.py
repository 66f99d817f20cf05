"""How likely a discovered case was to be found: the effort there and then beside the usual effort there.

A case that somebody came to find counts one over that propensity in the need, so that a place does not look worse only
because more was looked for there (Horvitz & Thompson 1952; Ensign et al. 2018).
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.panel.counts import Counts
from riskmap.panel.effort import Effort

LARGEST_FACTOR = 3.0
"""Propensities are held between a third and three. So no case counts more than nine times as much as another, and in
the worst mixture the weighed cases still tell as much as 36 % of their number (Kish 1965: 4r / (1 + r)^2, r = 9).
Beyond it a report of almost no hours is more often a report that is wrong."""


def effort_ratio(
    effort: Effort, cell: NDArray[np.int64], occurred: NDArray[np.int64], known_by: int
) -> NDArray[np.float64]:
    """Return hours over the usual hours of the same units, for cells in periods, as known at origin `known_by`.

    Units that list visits are left out: that nobody was sent to one address says little about the cell around it.

    Returns
    -------
    Shape (m,); missing where no unit that covers the cell has reported the period, or those that did never work.
    """
    table = worked_and_usual(effort, known_by)
    row, place, share = effort.entries(cell)
    at = table.index.get_indexer(pd.MultiIndex.from_arrays([place, occurred[row]]))
    found = at >= 0
    row, share = row[found], share[found]
    worked, usual = (
        np.bincount(row, share * table[name].to_numpy()[at[found]], len(cell)) for name in ("worked", "usual")
    )
    return np.divide(worked, usual, out=np.full(len(cell), np.nan), where=usual > 0)


def worked_and_usual(effort: Effort, known_by: int) -> pd.DataFrame:
    """Return hours worked, and the usual hours of the units that reported them, by place and period."""
    parts = {}
    for name, counts in (("worked", effort.hours.known_at(known_by)), ("told", effort.told.known_at(known_by))):
        kept = ~effort.visits[counts.cell]
        columns = {"unit": counts.cell[kept], "occurred": counts.occurred[kept], name: counts.count[kept].astype(float)}
        parts[name] = pd.DataFrame(columns).groupby(["unit", "occurred"])[name].sum()
    table = pd.DataFrame(parts).reset_index()
    sums = table.groupby("unit")[["worked", "told"]].transform("sum")
    table = table.assign(usual=table["told"] * sums["worked"] / sums["told"], place=effort.place[table["unit"]])
    return table.groupby(["place", "occurred"])[["worked", "usual"]].sum()


def weigh_discovered(effort: Effort, discovered: Counts, targets: NDArray[np.int64], known_by: int) -> Counts:
    """Return what discovered cases count more (or less) than one in a target that is corrected for effort.

    Cases of which the propensity is not known count one. The others are scaled so that together they count what they
    are: the correction moves cases between places and periods and adds none.

    Parameters
    ----------
    discovered
        Cases that were found rather than reported.
    targets
        In how many targets the cases of each period stand, shape (timeline.size,).
    """
    known = discovered.known_at(known_by)
    ratio = effort_ratio(effort, known.cell.astype(np.int64), known.occurred.astype(np.int64), known_by)
    weight = 1 / np.clip(ratio, 1 / LARGEST_FACTOR, LARGEST_FACTOR)
    told = np.isfinite(ratio)
    times = known.count * targets[known.occurred]
    weighed = float((weight * times)[told].sum())
    scale = float(times[told].sum()) / weighed if weighed > 0 else 1.0
    extra = np.where(told, weight * scale - 1, 0.0)
    return replace(known, count=(known.count * extra).astype(np.float32))
