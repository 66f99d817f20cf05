"""The panel: everything a forecast may look at, and the feature rows drawn from it.

The full table of cells x periods is never written. A panel holds dated counts and what stands around the cells; rows
are made for the tile and the origins asked for. The same function serves training (a sample of rows), scoring (every
cell at one origin) and a full export (every row of a tile), so all three see the same numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskmap.grid.blocks import Tile, tiles_of
from riskmap.grid.cells import Cells, Floats, positions_in
from riskmap.grid.neighbours import disk_pairs
from riskmap.panel.counts import Counts, spread_to_ring
from riskmap.panel.effort import Effort
from riskmap.panel.history import Values, decayed_change, decayed_mean, lagged_count, periods_since, windowed_mean
from riskmap.panel.nearby import SiteRegister
from riskmap.panel.periods import Timeline
from riskmap.study import Period

HALF_LIVES: dict[Period, tuple[int, ...]] = {
    "day": (14, 28, 91, 182, 364, 728),
    "week": (2, 4, 13, 26, 52, 104),
    "month": (1, 2, 6, 12, 24),
    "quarter": (1, 2, 4, 8),
}
"""Two weeks to two years, as far as the period lets that be told apart."""
BASELINE_HALF_LIVES: dict[Period, tuple[int, ...]] = {
    "day": (182, 364, 728),
    "week": (26, 52, 104),
    "month": (6, 12, 24),
    "quarter": (2, 4, 8),
}
"""Six, twelve and twenty-four months: among these the baseline's half-life is chosen on training periods."""
HALO_STEPS = 3
REGION = "region"
"""The group in which changes are looked at: large enough to tell a trend from chance."""
Measure = Literal["decay", "mean", "lag", "since", "change"]


@dataclass(frozen=True)
class History:
    """One feature made of past counts: `source` seen by `measure` in the cell itself or in what lies around it.

    Around it are the cells `ring` steps away (their sum), or the other cells of its `group`: a larger cell or an area
    (their mean; the cell's own counts are left out, so that the group says what the cell does not). A change sets the
    whole group's short memory `against` its long one.
    """

    source: str
    measure: Measure
    periods: int
    ring: int = 0
    group: str = ""
    against: int = 0

    @property
    def name(self) -> str:
        """Such as cases_decay_26, cases_ring2_mean_13 or cases_region_change_4_104; the numbers count periods."""
        where = f"_ring{self.ring}" if self.ring else f"_{self.group}" if self.group else ""
        return f"{self.source}{where}_{self.measure}_{self.periods}" + (f"_{self.against}" if self.against else "")

    def block(self, counts: Counts, n_cells: int, origins: range) -> Values:
        """Return the feature, shape (len(origins), n_cells); of a ring it is the ring's sum."""
        if self.measure == "change":
            return decayed_change(counts, n_cells, origins, self.periods, self.against)
        compute = {"decay": decayed_mean, "mean": windowed_mean, "lag": lagged_count, "since": periods_since}
        return compute[self.measure](counts, n_cells, origins, self.periods)


@dataclass(frozen=True)
class Panel:
    """Everything a forecast may look at.

    `sources` holds counts by name, `cases` among them. `fixed` are features that do not change, each of shape (n,).
    `plant_of`, shape (n,), is the position of the plant a cell drains to (-1: not monitored); `plant_values` are
    features of plants as known at each origin, each of shape (timeline.size + 1, plants). `groups` number the larger
    cell or area that each cell lies in, shape (n,); `calendar` are features of each origin, shape (timeline.size + 1,).
    `effort` is where people looked, None where nobody says; `weighed` are the discovered cases that count one over the
    propensity of having looked in the need, None where all cases count one.
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
    groups: Mapping[str, NDArray[np.int64]]
    calendar: Mapping[str, NDArray[np.float64]]
    effort: Effort | None = None
    weighed: Counts | None = None

    @property
    def cases(self) -> Counts:
        """The target's counts."""
        return self.sources["cases"]

    @property
    def feature_names(self) -> list[str]:
        """Names of the columns of `feature_rows`, in order."""
        around = self.register.names if self.register else []
        named = [h.name for h in self.histories]
        return [*named, *self.fixed, *around, *self.plant_values, *self.effort_features, *self.calendar]

    @property
    def effort_features(self) -> dict[str, int]:
        """Feature -> half-life in periods: hours of police work here, short, middle and long; none without effort."""
        half_lives = HALF_LIVES[self.timeline.period]
        chosen = (half_lives[0], half_lives[len(half_lives) // 2], half_lives[-1])
        return {} if self.effort is None else {f"effort_hours_decay_{h}": h for h in chosen}

    def unweighed(self) -> "Panel":
        """Return the panel in which all cases count one: no need is learned, which records could not judge."""
        return replace(self, weighed=None)

    def tiles(self) -> list[Tile]:
        """Return the tiles that together hold every cell once."""
        return tiles_of(self.cells, self.resolution, HALO_STEPS)

    def whole(self) -> Tile:
        """Return one tile with every cell: right for a single origin, too much memory for all of them."""
        return Tile(0, np.arange(len(self.cells)), np.empty(0, dtype=np.int64))


def standard_histories(period: Period, sources: list[str], groups: Sequence[str] = ()) -> tuple[History, ...]:
    """Return the history features of a study: all of them for cases, fewer for other incidents.

    Decayed means only: beside them single periods and rolling means cost a fifth of the time and made forecasts no
    better (docs/evaluation.md, Which features).
    """
    half_lives = HALF_LIVES[period]
    short, middle, long = half_lives[0], half_lives[len(half_lives) // 2], half_lives[-1]
    own = [History("cases", "decay", h) for h in half_lives]
    own += [History("cases", "since", long)]
    around = [History("cases", "decay", h, 1) for h in half_lives]
    around += [History("cases", "decay", h, k) for h in (short, middle) for k in (2, 3)]
    nearer = [group for group in groups if group != REGION]
    around += [History("cases", "decay", h, group=group) for group in nearer for h in (middle, long)]
    if REGION in groups:
        around += [History("cases", "change", h, group=REGION, against=long) for h in half_lives[:3]]
    other = [History(source, "decay", h) for source in sources if source != "cases" for h in (short, middle, long)]
    if "incidents" in sources:
        other += [History("incidents", "decay", h) for h in half_lives if h not in (short, middle, long)]
        other += [History("incidents", "decay", middle, k) for k in (1, 2, 3)]
        other += [History("incidents", "decay", middle, group=group) for group in nearer]
    return tuple(own + around + other)


def history_blocks(
    panel: Panel, tile: Tile, origins: range, histories: tuple[History, ...] | None = None
) -> Iterator[tuple[History, Values]]:
    """Yield each history feature (the panel's own unless named) of a tile, shape (len(origins), len(tile.core)).

    Of single cells only the tile's and its halo's are looked at, of groups those that the tile has a cell of: the
    result is the same wherever the tile is worked on.
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
        in_core = counts if history.ring else counts.first_cells(len(tile.core))
        if history.group:
            yield history, _of_group(panel, tile, origins, history, in_core)
        else:
            yield history, history.block(in_core, len(tile.core), origins)


def _of_group(panel: Panel, tile: Tile, origins: range, history: History, in_core: Counts) -> Values:
    """Return the change of each cell's group, or the mean over its other cells; missing where there are none."""
    number = panel.groups[history.group]
    size = np.bincount(number)
    present, place = np.unique(number[tile.core], return_inverse=True)
    counts = panel.sources[history.source]
    grouped = replace(counts, cell=number[counts.cell].astype(np.int32)).at_cells(present, len(size))
    whole = history.block(grouped, len(present), origins)[:, place]
    if history.measure == "change":
        return whole
    own = history.block(in_core, len(tile.core), origins)
    others = size[number[tile.core]] - 1
    return np.where(others > 0, (whole - own) / np.maximum(others, 1), np.nan).astype(np.float32)


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
    if panel.effort is not None:
        for half_life in panel.effort_features.values():
            rows[:, column] = panel.effort.look_up(cell, step, origins, half_life)
            column += 1
    for by_origin in panel.calendar.values():
        rows[:, column] = by_origin[origin]
        column += 1
    return rows


def rows_at_origin(panel: Panel, origin: int) -> NDArray[np.float32]:
    """Return the feature rows of every cell at one origin, shape (n, features)."""
    every = np.arange(len(panel.cells))
    return feature_rows(panel, panel.whole(), range(origin, origin + 1), np.zeros_like(every), every)
