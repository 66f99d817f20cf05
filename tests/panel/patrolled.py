"""A world whose need is known and whose effort is uneven: beats are looked at hard in some months, hardly in others."""

import numpy as np
import pandas as pd
from scipy import sparse

from riskmap.panel.assemble import Panel
from riskmap.panel.counts import Counts
from riskmap.panel.effort import Effort
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel

REPORTED_SHARE = 0.2


def hours_by_beat(beat: np.ndarray, hours: np.ndarray, delay: int = 0) -> Effort:
    """Effort of beats that report every period, `hours` of shape (periods, beats), spread evenly over their cells."""
    periods, beats = hours.shape
    unit, occurred = (at.ravel().astype(np.int32) for at in np.indices((beats, periods)))
    known = (occurred + 1 + delay).astype(np.int32)
    every = np.ones(periods, dtype=bool)
    share = 1 / np.bincount(beat, minlength=beats)[beat]
    weights = sparse.csr_array((share, (np.arange(len(beat)), beat)), shape=(len(beat), beats))
    return Effort(
        hours=Counts(unit, occurred, known, hours.T.ravel().astype(np.float32), every),
        told=Counts(unit, occurred, known, np.ones(len(unit), dtype=np.float32), every),
        place=np.arange(beats),
        visits=np.zeros(beats, dtype=bool),
        weights=weights,
    )


def counts_of(drawn: np.ndarray) -> Counts:
    """Counts of shape (periods, cells), all known when their period ends."""
    table = pd.DataFrame(np.argwhere(drawn.T), columns=["cell", "occurred"])
    cell, occurred = (table[name].to_numpy(np.int32) for name in ("cell", "occurred"))
    every = np.ones(len(drawn), dtype=bool)
    return Counts(cell, occurred, occurred + 1, drawn[occurred, cell].astype(np.float32), every)


def patrolled_world(periods: int = 60, steps: int = 18, seed: int = 11) -> tuple[Panel, np.ndarray]:
    """Return a monthly panel with effort, weighed, and the true need of each cell.

    Effort of a beat drifts around 1 by a factor of some two; a fifth of the cases would be reported whoever looks.
    """
    rng = np.random.default_rng(seed)
    cells = disk_cells(steps)
    need = lumpy_rate(cells, 1, mean=0.5, seed=seed)[0]
    panel = make_panel(counts_of(rng.poisson(np.tile(need, (2, 1)))), cells)
    beat = panel.groups["parent"]
    log = np.zeros((periods + 20, beat.max() + 1))
    for t in range(1, len(log)):
        log[t] = 0.85 * log[t - 1] + rng.normal(0, 0.42, log.shape[1])
    effort = np.exp(log[20:] - 0.32)
    found = rng.poisson((1 - REPORTED_SHARE) * need * effort[:, beat])
    told = rng.poisson(REPORTED_SHARE * np.tile(need, (periods, 1)))
    cases, discovered = counts_of(found + told), counts_of(found)
    hours = 100 * effort * rng.lognormal(0, 0.1, effort.shape)
    whole = make_panel(cases, cells)
    fields = {**vars(whole), "sources": {"cases": cases, "cases_discovered": discovered}}
    return Panel(**{**fields, "effort": hours_by_beat(beat, hours), "weighed": discovered}), need
