"""Where people looked, as every forecast then knew it: kept by the units that reported it, looked up row by row.

A county's hours of a week are one number, whatever the number of its cells. So hours stay with their units (what one
source tells of one kind of work at one place), the means are worked out there, and a row gathers those of the places
that its cell lies in.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from riskmap.panel.counts import Counts
from riskmap.panel.history import Values, decayed_reported, decayed_sums

LEAST_KNOWN = 2.0**-10
"""A unit whose last report is ten half-lives old says nothing about now; the weight of a period just gone is 1."""
FEWEST_PERIODS = 4.0
"""Units that reported less than so many of the periods that are looked at are taken for unknown."""


@dataclass(frozen=True)
class Effort:
    """Hours of police work.

    `hours` and `told` are counts whose `cell` is the number of a unit: hours worked in a period, and how much of the
    period the report speaks of (0..1). `place`, shape (units,), is each unit's column of `weights`, shape (n, places):
    the share of a place's hours that falls on a cell; columns sum to 1. `visits`, shape (units,), marks units whose
    source lists visits: a period that it delivered (`hours.reported`) without a visit is one of no hours, where for all
    others a period without a report is unknown.
    """

    hours: Counts
    told: Counts
    place: NDArray[np.int64]
    visits: NDArray[np.bool_]
    weights: sparse.csr_array

    def look_up(
        self, cell: NDArray[np.int64], step: NDArray[np.int64], origins: range, half_life: float
    ) -> NDArray[np.float32]:
        """Return decayed mean hours per period in each row's cell.

        Parameters
        ----------
        cell, step
            Row i is cell `cell[i]` at origin `origins[step[i]]`; shape (m,).

        Returns
        -------
        Shape (m,), float32; missing where no report known by then covers the cell.
        """
        row, place, share = self.entries(cell)
        if not len(place):
            return np.full(len(cell), np.nan, dtype=np.float32)
        present, column = np.unique(place, return_inverse=True)
        means = self._means_of_places(present, origins, half_life)[step[row], column]
        known = np.bincount(row, np.isfinite(means), len(cell)) > 0
        total = np.bincount(row, share * np.nan_to_num(means), len(cell))
        return np.where(known, total, np.nan).astype(np.float32)

    def entries(self, cell: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return one entry for each row and place that its cell lies in: row, place, share of the place's hours."""
        starts, ends = self.weights.indptr[cell], self.weights.indptr[cell + 1]
        lengths = (ends - starts).astype(np.int64)
        row = np.repeat(np.arange(len(cell)), lengths)
        at = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(starts, lengths)
        return row, self.weights.indices[at].astype(np.int64), self.weights.data[at]

    def _means_of_places(self, places: NDArray[np.int64], origins: range, half_life: float) -> Values:
        """Return the mean hours per period of each place, its units added; missing where none of them is known."""
        wanted = np.full(self.weights.shape[1], -1)
        wanted[places] = np.arange(len(places))
        units = np.flatnonzero(wanted[self.place] >= 0)
        means = unit_means(self, units, origins, half_life)
        total = np.zeros((len(origins), len(places)), dtype=np.float32)
        known = np.zeros(total.shape, dtype=bool)
        at = wanted[self.place[units]]
        for step in range(len(origins)):
            total[step] = np.bincount(at, np.nan_to_num(means[step]), len(places))
            known[step] = np.bincount(at, np.isfinite(means[step]), len(places)) > 0
        return np.where(known, total, np.float32(np.nan))


def unit_means(effort: Effort, units: NDArray[np.int64], origins: range, half_life: float) -> Values:
    """Return each unit's decayed mean hours per period that it reported, shape (len(origins), len(units)).

    sum_p d^(s-1-p) h_p / sum_p d^(s-1-p) r_p over the periods p that are known at origin s, with d = 2^(-1 / half_life)
    and r_p the share of the period that was reported; missing before the first report and LEAST_KNOWN after the last.
    """
    n = len(effort.place)
    hours = decayed_sums(effort.hours.at_cells(units, n), len(units), origins, half_life)
    told = decayed_sums(effort.told.at_cells(units, n), len(units), origins, half_life)
    delivered = decayed_reported(effort.hours, origins, 0.5 ** (1.0 / half_life)).astype(np.float32)
    weight = np.where(effort.visits[units], delivered[:, np.newaxis], told)
    known = (told > 0) & (weight >= LEAST_KNOWN)
    return np.divide(hours, weight, out=np.full(hours.shape, np.nan, dtype=np.float32), where=known)


def usual_hours(effort: Effort, periods: range) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each place's mean hours per reported period, its units added, and the standard error of that mean.

    Parameters
    ----------
    periods
        Which ones, as known at their end.

    Returns
    -------
    Shape (places,) each; missing where no unit has reported FEWEST_PERIODS of them.
    """
    n = len(effort.place)
    hours, told = (counts.known_at(periods.stop).since(periods.start) for counts in (effort.hours, effort.told))
    delivered = float(effort.hours.reported[periods.start : periods.stop].sum())
    reported = np.where(effort.visits, delivered, np.bincount(told.cell, told.count, n))
    worked = pd.DataFrame({"unit": hours.cell, "occurred": hours.occurred, "hours": hours.count.astype(float)})
    summed = worked.groupby(["unit", "occurred"])["hours"].sum().reset_index()
    known = (reported >= FEWEST_PERIODS) & (np.bincount(told.cell, minlength=n) > 0)
    mean, square = (
        np.divide(np.bincount(summed["unit"], summed["hours"] ** power, n), reported, out=np.zeros(n), where=known)
        for power in (1, 2)
    )
    variance = np.divide(np.maximum(square - mean**2, 0), reported, out=np.zeros(n), where=known)
    width = effort.weights.shape[1]
    there = np.bincount(effort.place, known, width) > 0
    total = np.bincount(effort.place, mean, width)
    error = np.sqrt(np.bincount(effort.place, variance, width))
    return np.where(there, total, np.nan), np.where(there, error, np.nan)


def hours_by_cell(effort: Effort, usual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each cell's share of the `usual` hours of its places, shape (n,); missing where none is known."""
    known = np.isfinite(usual)
    weights = effort.weights[:, known]
    covered = np.asarray(weights.sum(axis=1)).ravel() > 0
    return np.where(covered, weights @ usual[known], np.nan)
