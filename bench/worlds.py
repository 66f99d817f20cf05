"""Made-up input of the size of a province: sparse counts from a known rate."""

import numpy as np
import shapely

from riskmap.grid.cells import cell_areas_km2, cell_centres, cells_of_polygon, parents_of
from riskmap.grid.neighbours import ring_matrix
from riskmap.panel.assemble import History, Panel
from riskmap.panel.counts import Counts
from riskmap.panel.nearby import unit_vectors
from riskmap.panel.periods import Timeline

CELLS = {7: 94_926, 8: 664_507}
WEEKS = 156
EVENTS = 340_000
HISTORIES = (
    *(History("cases", "lag", lag) for lag in (1, 2, 3, 4, 52)),
    *(History("cases", "mean", window) for window in (4, 13, 52)),
    *(History("cases", "decay", half_life) for half_life in (4, 13, 26, 52)),
    *(History("cases", "mean", window, ring) for ring in (1, 2, 3) for window in (4, 13)),
    *(History("cases", "decay", half_life, ring) for ring in (1, 2, 3) for half_life in (13, 26)),
    *(History("cases", "lag", lag) for lag in (5, 6)),
)
"""26 features: own lags, rolling means and decayed means, and those of three rings."""


def province_cells(resolution: int) -> np.ndarray:
    """Return as many cells as a province of 486,000 km2 has, in one piece."""
    disk = shapely.Point(104.0, 30.5).buffer(4.1)
    return cells_of_polygon(disk, resolution)[: CELLS[resolution]]


def province_panel(resolution: int, weeks: int = WEEKS, events: int = EVENTS) -> Panel:
    """Return a panel with about `events` cases, most of them in few cells."""
    cells = province_cells(resolution)
    rng = np.random.default_rng(7)
    rate = rng.gamma(0.05, 1.0, len(cells))
    cell = rng.choice(len(cells), events, p=rate / rate.sum())
    week = rng.integers(0, weeks, events)
    keys, count = np.unique(cell.astype(np.int64) * weeks + week, return_counts=True)
    occurred = (keys % weeks).astype(np.int32)
    counts = Counts(
        (keys // weeks).astype(np.int32), occurred, occurred + 1, count.astype(np.float32), np.ones(weeks, bool)
    )
    longitude, latitude = cell_centres(cells)
    timeline = Timeline(2766, weeks, "week")
    angle = 2 * np.pi * timeline.season()
    return Panel(
        cells=cells,
        resolution=resolution,
        areas_km2=cell_areas_km2(cells),
        timeline=timeline,
        sources={"cases": counts},
        histories=HISTORIES,
        fixed={"neighbours_count": np.asarray(ring_matrix(cells, 1).sum(axis=1), dtype=np.float32)},
        points=unit_vectors(longitude, latitude),
        register=None,
        plant_of=np.full(len(cells), -1),
        plant_values={},
        groups={"parent": np.unique(parents_of(cells, resolution - 2), return_inverse=True)[1]},
        calendar={"season_sin": np.sin(angle), "season_cos": np.cos(angle)},
    )
