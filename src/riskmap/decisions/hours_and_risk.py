"""Where people looked beside where risk lies: each area's hours of police work against its share of the need."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from riskmap.grid.assign import points_to_cells
from riskmap.grid.cells import positions_in
from riskmap.layers.incidents import read_events
from riskmap.panel.effort import Effort, hours_by_cell, usual_hours
from riskmap.panel.effort_units import gather_effort
from riskmap.panel.periods import PERIODS_PER_YEAR, Timeline, period_index
from riskmap.study import Study
from riskmap.surface.publish import Surface

LEAST_COVERED = 0.5
"""An area is compared where at least this share of its risk lies in cells that some report covers."""
Array = NDArray[np.float64]


def hours_of_areas(study: Study, surface: Surface, level: str) -> pd.DataFrame:
    """Return the last year's hours of police work in each area of a level, as known when the surface was made.

    Returns
    -------
    area_code, need (of the surface, in cells that reports cover: the records that are expected fall with the hours,
    which would hide that they are missing), hours (mean of a period), hours_error (its standard error), cases (recorded
    in the last year: how well the risk there is known); areas of which less than LEAST_COVERED of the risk is covered
    are left out, and nobody's hours make an empty table.
    """
    cells = surface.cells["cell"].to_numpy(np.uint64)
    gathered = _last_year(study, surface)
    if gathered is None:
        return pd.DataFrame()
    effort, mean, error = gathered
    known = np.isfinite(mean)
    covered = np.asarray(effort.weights[:, known].sum(axis=1)).ravel() > 0
    number, codes = pd.factorize(surface.table("cell_areas", ["cell", level])[level], sort=True)
    inside = np.flatnonzero(number >= 0)
    membership = sparse.csr_array((np.ones(len(inside)), (number[inside], inside)), shape=(len(codes), len(cells)))
    shares = membership @ effort.weights[:, known]
    seen, whole = (np.asarray(membership @ need) for need in (surface.need * covered, surface.need))
    table = pd.DataFrame(
        {
            "area_code": codes.astype("str"),
            "need": seen,
            "hours": shares @ mean[known],
            "hours_error": np.sqrt(shares.power(2) @ error[known] ** 2),
            "cases": membership @ _recorded(study, cells, surface),
        }
    )
    return table[(seen >= LEAST_COVERED * whole) & (seen > 0)].reset_index(drop=True)


def hours_of_cells(study: Study, surface: Surface) -> Array | None:
    """Return each cell's mean hours of police work a period over the last year, shape (n,), as known at the surface.

    They are read from the surface, worked out anew for one that was published without them. NaN where no report covers
    a cell; None where nobody reports hours.
    """
    if surface.has("hours"):
        return surface.table("hours", ["hours"])["hours"].to_numpy(float)
    gathered = _last_year(study, surface)
    return None if gathered is None else hours_by_cell(gathered[0], gathered[1])


def _last_year(study: Study, surface: Surface) -> tuple[Effort, Array, Array] | None:
    """Return the hours of the year before a surface, with `usual_hours` of its places."""
    first, year = _first_period(study, surface), PERIODS_PER_YEAR[study.period]
    cells = surface.cells["cell"].to_numpy(np.uint64)
    effort = gather_effort(study, cells, Timeline(first, year, study.period))
    return None if effort is None else (effort, *usual_hours(effort, range(year)))


def _first_period(study: Study, surface: Surface) -> int:
    """Return the first period of the year before a surface."""
    moment = np.array([pd.Timestamp(surface.manifest["as_of"])], dtype="datetime64[us]")
    return int(period_index(moment, study.period)[0]) - PERIODS_PER_YEAR[study.period]


def _recorded(study: Study, cells: NDArray[np.uint64], surface: Surface) -> Array:
    """Return the cases of each cell in the year before a surface, as known then, shape (n,)."""
    moment = pd.Timestamp(surface.manifest["as_of"])
    events = read_events(study, "cases", moment)
    since = period_index(events["occurred_from"], study.period) >= _first_period(study, surface)
    events = events[events["on_grid"] & (events["known_on"] <= moment) & since]
    placed = points_to_cells(events["lon"].to_numpy(float), events["lat"].to_numpy(float), study.resolution)
    at = positions_in(cells, placed)
    counted = np.bincount(at[at >= 0], events["count"].to_numpy(float)[at >= 0], len(cells))
    return np.maximum(counted, 0)
