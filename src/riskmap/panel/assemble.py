"""The panel: everything a forecast may look at, and the feature rows drawn from it.

The full table of cells x periods is never written. A panel holds dated counts and what stands around the cells; rows
are made for the tile and the origins asked for. The same function serves training (a sample of rows), scoring (every
cell at one origin) and a full export (every row of a tile), so all three see the same numbers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskmap.grid.blocks import Tile, tiles_of
from riskmap.grid.cells import Cells, Floats, positions_in
from riskmap.grid.neighbours import disk_pairs
from riskmap.panel.counts import Counts, spread_to_ring
from riskmap.panel.history import Values, decayed_mean, lagged_count, windowed_mean
from riskmap.panel.nearby import SiteRegister
from riskmap.panel.periods import Timeline
from riskmap.study import Period

HALF_LIVES: dict[Period, tuple[int, ...]] = {
    "day": (7, 28, 182, 364, 728),
    "week": (4, 13, 26, 52, 104),
    "month": (2, 6, 12, 24),
    "quarter": (1, 2, 4, 8),
}
BASELINE_HALF_LIVES: dict[Period, tuple[int, ...]] = {
    "day": (182, 364, 728),
    "week": (26, 52, 104),
    "month": (6, 12, 24),
    "quarter": (2, 4, 8),
}
"""Six, twelve and twenty-four months: among these the baseline's half-life is chosen on training periods."""
WINDOWS: dict[Period, tuple[int, ...]] = {"day": (7, 28, 364), "week": (4, 13, 52), "month": (3, 12), "quarter": (2, 4)}
LAGS: dict[Period, tuple[int, ...]] = {"day": (1, 2, 7), "week": (1, 2, 3, 4), "month": (1, 2, 3), "quarter": (1, 2)}
HALO_STEPS = 3
Measure = Literal["decay", "mean", "lag"]


@dataclass(frozen=True)
class History:
    """One feature made of past counts: `source` seen at `ring` steps (0: the cell itself) by `measure`."""

    source: str
    measure: Measure
    periods: int
    ring: int = 0

    @property
    def name(self) -> str:
        """Such as cases_decay_26 or cases_ring2_mean_13; the number counts periods."""
        where = f"_ring{self.ring}" if self.ring else ""
        return f"{self.source}{where}_{self.measure}_{self.periods}"

    def block(self, counts: Counts, n_cells: int, origins: range) -> Values:
        """Return the feature, shape (len(origins), n_cells); of a ring it is the ring's sum."""
        compute = {"decay": decayed_mean, "mean": windowed_mean, "lag": lagged_count}[self.measure]
        return compute(counts, n_cells, origins, self.periods)


@dataclass(frozen=True)
class Panel:
    """Everything a forecast may look at.

    `sources` holds counts by name, `cases` among them. `fixed` are features that do not change, each of shape (n,).
    `plant_of`, shape (n,), is the position of the plant a cell drains to (-1: not monitored); `plant_values` are
    features of plants as known at each origin, each of shape (timeline.size + 1, plants).
    """

    cells: Cells
    resolution: int
    areas_km2: Floats
    timeline: Timeline
    sources: Mapping[str, Counts]
    histories: tuple[History, ...]
    fixed: Mapping[str, NDArray[np.float32]]
    points: Floats
    register: SiteRegister | None
    plant_of: NDArray[np.int64]
    plant_values: Mapping[str, NDArray[np.float64]]

    @property
    def cases(self) -> Counts:
        """The target's counts."""
        return self.sources["cases"]

    @property
    def feature_names(self) -> list[str]:
        """Names of the columns of `feature_rows`, in order."""
        around = self.register.names if self.register else []
        season = ["season_sin", "season_cos"]
        return [h.name for h in self.histories] + list(self.fixed) + around + list(self.plant_values) + season

    def tiles(self) -> list[Tile]:
        """Return the tiles that together hold every cell once."""
        return tiles_of(self.cells, self.resolution, HALO_STEPS)

    def whole(self) -> Tile:
        """Return one tile with every cell: right for a single origin, too much memory for all of them."""
        return Tile(0, np.arange(len(self.cells)), np.empty(0, dtype=np.int64))


def standard_histories(period: Period, sources: list[str]) -> tuple[History, ...]:
    """Return the history features of a study: all of them for cases, fewer for other incidents."""
    half_lives, windows, lags = HALF_LIVES[period], WINDOWS[period], LAGS[period]
    per_year = {"day": 364, "week": 52, "month": 12, "quarter": 4}[period]
    own = [History("cases", "decay", h) for h in half_lives]
    own += [History("cases", "mean", w) for w in windows]
    own += [History("cases", "lag", lag) for lag in (*lags, per_year)]
    ring = [History("cases", "decay", h, 1) for h in half_lives[1:]]
    ring += [History("cases", "decay", h, k) for h in half_lives[1:3] for k in (2, 3)]
    ring += [History("cases", "mean", windows[0], k) for k in (1, 2, 3)]
    other = [History(source, "decay", half_lives[2]) for source in sources if source != "cases"]
    if "incidents" in sources:
        other += [History("incidents", "decay", half_lives[1]), History("incidents", "decay", half_lives[2], 1)]
    return tuple(own + ring + other)


def history_blocks(
    panel: Panel, tile: Tile, origins: range, histories: tuple[History, ...] | None = None
) -> Iterator[tuple[History, Values]]:
    """Yield each history feature (the panel's own unless named) of a tile, shape (len(origins), len(tile.core)).

    Only the tile's cells and its halo are looked at: the result is the same wherever the tile is worked on.
    """
    local = np.concatenate([tile.core, tile.halo])
    around: dict[tuple[str, int], Counts] = {}
    pairs: dict[str, tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = {}
    for history in panel.histories if histories is None else histories:
        source = history.source
        if (source, 0) not in around:
            around[source, 0] = panel.sources[source].at_cells(local, len(panel.cells))
        if history.ring and (source, history.ring) not in around:
            if source not in pairs:
                pairs[source] = _pairs_into_core(panel, tile, local, around[source, 0])
            seen, by, distance = pairs[source]
            at = distance == history.ring
            around[source, history.ring] = spread_to_ring(around[source, 0], seen[at], by[at])
        counts = around[source, history.ring]
        in_core = counts if history.ring else _only_core(counts, len(tile.core))
        yield history, history.block(in_core, len(tile.core), origins)


def _only_core(counts: Counts, n_core: int) -> Counts:
    kept = counts.cell < n_core
    return Counts(counts.cell[kept], counts.occurred[kept], counts.usable[kept], counts.count[kept], counts.reported)


def _pairs_into_core(
    panel: Panel, tile: Tile, local: NDArray[np.int64], counts: Counts
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return (cell with events, core cell that sees it, steps), by ascending first; positions are local."""
    busy = np.unique(counts.cell)
    origin, neighbour, distance = disk_pairs(panel.cells[local[busy]], HALO_STEPS)
    at = positions_in(panel.cells[tile.core], neighbour)
    kept = at >= 0
    return busy[origin[kept]].astype(np.int64), at[kept], distance[kept]


def feature_rows(
    panel: Panel, tile: Tile, origins: range, step: NDArray[np.int64], core: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the feature rows of chosen cells and origins.

    Parameters
    ----------
    step, core
        Row i is cell `tile.core[core[i]]` at origin `origins[step[i]]`; shape (m,).

    Returns
    -------
    Shape (m, len(panel.feature_names)), float32; missing where nothing is known.
    """
    rows = np.empty((len(step), len(panel.feature_names)), dtype=np.float32)
    column = 0
    for _, block in history_blocks(panel, tile, origins):
        rows[:, column] = block[step, core]
        column += 1
    cell, origin = tile.core[core], np.asarray(origins)[step]
    for values in panel.fixed.values():
        rows[:, column] = values[cell]
        column += 1
    if panel.register is not None:
        width = len(panel.register.names)
        moments = panel.timeline.starts()[origin]
        rows[:, column : column + width] = panel.register.look_up(panel.points[cell], moments)
        column += width
    plant = panel.plant_of[cell]
    for by_plant in panel.plant_values.values():
        rows[:, column] = np.where(plant >= 0, by_plant[origin, np.maximum(plant, 0)], np.nan)
        column += 1
    angle = 2 * np.pi * panel.timeline.season()[origin]
    rows[:, column], rows[:, column + 1] = np.sin(angle), np.cos(angle)
    return rows


def rows_at_origin(panel: Panel, origin: int) -> NDArray[np.float32]:
    """Return the feature rows of every cell at one origin, shape (n, features)."""
    every = np.arange(len(panel.cells))
    return feature_rows(panel, panel.whole(), range(origin, origin + 1), np.zeros_like(every), every)
