"""A small panel made in memory: a disk of cells, random cases, some of them registered late."""

import numpy as np

from riskmap.grid.cells import cell_areas_km2, cell_centres, parents_of
from riskmap.grid.neighbours import disk_pairs, ring_matrix
from riskmap.panel.assemble import Panel, standard_histories
from riskmap.panel.counts import Counts
from riskmap.panel.nearby import unit_vectors
from riskmap.panel.periods import Timeline

CENTRE = np.array([0x881F1D4887FFFFF], dtype=np.uint64)


def disk_cells(steps: int) -> np.ndarray:
    _, cells, _ = disk_pairs(CENTRE, steps)
    return np.unique(cells)


def random_counts(rate: np.ndarray, seed: int, late: float = 0.2) -> Counts:
    """Poisson counts with `rate` of shape (periods, cells); a share of them known up to five periods later."""
    rng = np.random.default_rng(seed)
    drawn = rng.poisson(rate)
    occurred, cell = np.nonzero(drawn)
    delay = np.where(rng.random(len(cell)) < late, rng.integers(1, 6, len(cell)), 0)
    order = np.argsort(cell, kind="stable")
    return Counts(
        cell[order].astype(np.int32),
        occurred[order].astype(np.int32),
        (occurred + 1 + delay)[order].astype(np.int32),
        drawn[occurred, cell][order].astype(np.float32),
        np.ones(len(rate), dtype=bool),
    )


def make_panel(counts: Counts, cells: np.ndarray, period: str = "month", first: int = 576) -> Panel:
    longitude, latitude = cell_centres(cells)
    neighbours = np.asarray(ring_matrix(cells, 1).sum(axis=1), dtype=np.float32)
    timeline = Timeline(first, len(counts.reported), period)
    angle = 2 * np.pi * timeline.season()
    return Panel(
        cells=cells,
        resolution=8,
        areas_km2=cell_areas_km2(cells),
        timeline=timeline,
        sources={"cases": counts},
        histories=standard_histories(period, ["cases"], ["parent", "region"]),
        fixed={"neighbours_count": neighbours},
        points=unit_vectors(longitude, latitude),
        register=None,
        plant_of=np.full(len(cells), -1),
        plant_values={},
        groups={
            name: np.unique(parents_of(cells, resolution), return_inverse=True)[1]
            for name, resolution in (("parent", 6), ("region", 5))
        },
        calendar={"season_sin": np.sin(angle), "season_cos": np.cos(angle)},
    )


def lumpy_rate(cells: np.ndarray, periods: int, mean: float = 0.3, seed: int = 3) -> np.ndarray:
    """Rates that differ from cell to cell by a gamma factor and stay the same over time."""
    factor = np.random.default_rng(seed).gamma(0.4, 2.5, len(cells))
    return np.tile(mean * factor, (periods, 1))
