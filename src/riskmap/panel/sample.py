"""Training rows: every row with cases, and as many empty ones as the learner needs, weighted back to all.

An empty row tells as much as was expected of it: of cells in which much happens nearly all are kept, of the many in
which nothing ever did a few. Each row's weight is one over its chance of being kept (Horvitz & Thompson 1952).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmap.errors import PanelError
from riskmap.grid.blocks import Tile
from riskmap.panel.assemble import Panel, feature_rows
from riskmap.panel.counts import Counts
from riskmap.panel.propensity import weigh_discovered

FEWEST_EMPTY_ROWS, MOST_EMPTY_ROWS = 100_000, 600_000
"""Beyond four empty rows to each with cases a fit takes longer and forecasts no better (docs/evaluation.md)."""
EMPTY_ROWS_PER_EVENT_ROW = 4
LEAST_COMPLETENESS = 0.5
"""Targets of which less is known yet are too uncertain to learn from."""


@dataclass(frozen=True)
class Sample:
    """Training rows; `weight` says how many rows of the full panel each stands for.

    `completeness` is the share of each row's cases that are usually known by the end of the sample. `need` is what the
    cases come to where discovered ones count one over the propensity of having looked (propensity.py): only the trees
    that forecast the need learn from it; None where effort is not known.
    """

    features: NDArray[np.float32]
    count: NDArray[np.float32]
    weight: NDArray[np.float64]
    cell: NDArray[np.int64]
    origin: NDArray[np.int64]
    completeness: NDArray[np.float64]
    need: NDArray[np.float32] | None = None


def target_completeness(cases: Counts, origins: NDArray[np.int64], horizon: int, known_by: int) -> NDArray[np.float64]:
    """Return the share of the cases in the horizon from each origin on that are usually known at `known_by`."""
    ahead = [cases.share_known(known_by - origins - 1 - step) for step in range(horizon)]
    return np.asarray(np.mean(ahead, axis=0))


def usable_origins(
    panel: Panel, first: int, end: int, horizon: int, *, completeness: float = LEAST_COMPLETENESS
) -> NDArray[np.bool_]:
    """Return which origins have a target to learn from, shape (end,).

    All its periods must have been reported, end before position `end`, and be known by then to the share that
    `completeness` asks for.
    """
    reported = panel.cases.reported
    usable = np.zeros(max(end, 0), dtype=bool)
    for origin in range(max(first, 1), end - horizon + 1):
        usable[origin] = reported[origin : origin + horizon].all()
    known = target_completeness(panel.cases, np.arange(len(usable)), horizon, end)
    return usable & (known >= completeness - 1e-9)


def target_counts(panel: Panel, tile: Tile, origins: range, horizon: int, known_by: int) -> NDArray[np.float32]:
    """Return cases in the `horizon` periods from each origin on, as known at origin `known_by`.

    Returns
    -------
    Shape (len(origins), len(tile.core)); a cell whose records cancel below zero has zero.
    """
    known = panel.cases.known_at(known_by)
    return np.maximum(_sum_ahead(known, panel, tile, origins, horizon), 0)


def _sum_ahead(counts: Counts, panel: Panel, tile: Tile, origins: range, horizon: int) -> NDArray[np.float32]:
    counts = counts.at_cells(tile.core, len(panel.cells))
    sums = np.zeros((len(origins) + horizon, len(tile.core)), dtype=np.float32)
    step = counts.occurred - origins.start
    kept = (step >= 0) & (step < len(sums))
    np.add.at(sums, (step[kept], counts.cell[kept]), counts.count[kept])
    total = sum(sums[ahead : ahead + len(origins)] for ahead in range(horizon))
    return np.asarray(total, dtype=np.float32)


def draw_sample(panel: Panel, first: int, end: int, horizon: int, seed: int) -> Sample:
    """Draw training rows whose targets lie in positions `first` to `end` - 1.

    Every row with cases is kept, empty ones by chance (`empty_shares`), so that their number is bounded. Which rows are
    drawn depends on the records, the seed and the tile alone, not on the order of work.

    Raises
    ------
    PanelError
        If no period in the span was reported, or there is no case in it.
    """
    usable = usable_origins(panel, first, end, horizon)
    if not usable.any():
        raise PanelError("There is no reported period to learn from among {n} periods.", n=max(end - first, 0))
    origins = range(int(np.flatnonzero(usable)[0]), int(np.flatnonzero(usable)[-1]) + 1)
    rows = int(usable.sum()) * len(panel.cells)
    busy = _event_rows(panel.cases, usable, horizon, end)
    if not busy:
        raise PanelError("There is no case to learn from in {n} reported periods.", n=int(usable.sum()))
    wanted = max(EMPTY_ROWS_PER_EVENT_ROW * busy, FEWEST_EMPTY_ROWS)
    known = panel.cases.known_at(end)
    seen = np.bincount(known.cell, weights=known.count, minlength=len(panel.cells)).astype(float)
    share = empty_shares(seen, min(wanted, MOST_EMPTY_ROWS) / max(rows - busy, 1))
    extra = _extra_counts(panel, usable, horizon, end)

    def draw(tile: Tile) -> Sample:
        return _draw_tile(panel, tile, origins, usable, horizon, end, share, seed, extra)

    with ThreadPoolExecutor(max_workers=2) as pool:
        parts = list(pool.map(draw, panel.tiles()))
    return Sample(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.count for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.cell for part in parts]),
        np.concatenate([part.origin for part in parts]),
        np.concatenate([part.completeness for part in parts]),
        None if extra is None else np.concatenate([part.need for part in parts if part.need is not None]),
    )


def empty_shares(seen: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return the chance of each cell's empty rows to be kept, shape (n,), `share` of all being kept on average.

    It rises with the cases `seen` in the cell, shape (n,), beside those of a usual cell, so that no chance is zero.
    """
    if share >= 1 or not seen.any():
        return np.full(len(seen), min(share, 1.0))
    pull = np.maximum(seen, 0) + max(float(seen.mean()), 1e-9)
    order = np.argsort(-pull, kind="stable")
    falling = pull[order]
    rest = np.cumsum(falling[::-1])[::-1]
    # With the first m cells kept whole, the others share what is left; the least m for which no chance passes one.
    factor = (share * len(seen) - np.arange(len(seen))) / rest
    whole = int(np.argmax(factor * falling <= 1))
    return np.minimum(factor[whole] * pull, 1.0)


def _extra_counts(panel: Panel, usable: NDArray[np.bool_], horizon: int, end: int) -> Counts | None:
    """Return what discovered cases count beyond one in the targets up to `end`; None where all count one."""
    if panel.weighed is None or panel.effort is None:
        return None
    starts = np.zeros(panel.timeline.size + horizon, dtype=np.int64)
    starts[: len(usable)] = usable
    targets = np.sum([np.roll(starts, ahead) for ahead in range(horizon)], axis=0)[: panel.timeline.size]
    extra = weigh_discovered(panel.effort, panel.weighed, targets, end)
    return extra if extra.count.any() else None  # nobody tells of hours where cases were found


def _event_rows(cases: Counts, usable: NDArray[np.bool_], horizon: int, end: int) -> int:
    """Return about how many rows hold cases; a record counts once for each origin whose horizon reaches it."""
    known = cases.known_at(end)
    return sum(int(usable[np.maximum(known.occurred - ahead, 0)].sum()) for ahead in range(horizon))


def _draw_tile(
    panel: Panel,
    tile: Tile,
    origins: range,
    usable: NDArray[np.bool_],
    horizon: int,
    known_by: int,
    share: NDArray[np.float64],
    seed: int,
    extra: Counts | None,
) -> Sample:
    counts = target_counts(panel, tile, origins, horizon, known_by)
    draw = np.random.default_rng([seed, tile.parent]).random(counts.shape, dtype=np.float32)
    chance = share[tile.core]
    kept = ((counts > 0) | (draw < chance)) & usable[origins.start : origins.stop, np.newaxis]
    step, core = np.nonzero(kept)
    count = counts[step, core]
    features = feature_rows(panel, tile, origins, step, core)
    weight = np.where(count > 0, 1.0, 1.0 / chance[core])
    origin = np.asarray(origins)[step]
    completeness = target_completeness(panel.cases, np.arange(known_by + 1), horizon, known_by)[origin]
    need = None
    if extra is not None:
        corrected = count + _sum_ahead(extra, panel, tile, origins, horizon)[step, core]
        need = np.where(count > 0, np.maximum(corrected, 0), 0).astype(np.float32)
    return Sample(features, count, weight, tile.core[core], origin, completeness, need)
