"""The panel in pandas: a frame of weeks x cells a ring, rolling and ewm over it, rings by a sparse matrix."""

from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from bench.worlds import HISTORIES, WEEKS, province_panel
from riskmap.grid.neighbours import ring_matrix
from riskmap.panel.assemble import HALO_STEPS, History, Panel

CELLS_AT_ONCE = 100_000
"""Written in parts of so many cells: the whole of a province does not fit."""


def write_with_pandas(resolution: int, folder: str) -> dict[str, Any]:
    """Time pandas from the counts in memory to Parquet files."""
    panel = province_panel(resolution)
    start = perf_counter()
    Path(folder).mkdir(parents=True, exist_ok=True)
    seen = _counts_by_ring(panel)
    for first in range(0, len(panel.cells), CELLS_AT_ONCE):
        part = slice(first, first + CELLS_AT_ONCE)
        frames = [pd.DataFrame(counts[:, part]) for counts in seen]
        _write(panel.cells[part], frames, Path(folder) / f"{first}.parquet")
    return {"seconds": perf_counter() - start}


def _counts_by_ring(panel: Panel) -> list[np.ndarray]:
    """Return counts of the cells themselves and of each ring's sum, weeks x cells."""
    cases = panel.cases
    own = np.zeros((WEEKS, len(panel.cells)), dtype=np.float32)
    np.add.at(own, (cases.occurred, cases.cell), cases.count)
    return [own] + [own @ ring_matrix(panel.cells, k) for k in range(1, HALO_STEPS + 1)]


def _write(cells: np.ndarray, frames: list[pd.DataFrame], path: Path) -> None:
    columns = {"cell": np.repeat(cells, WEEKS), "origin": np.tile(np.arange(1, WEEKS + 1, dtype=np.int16), len(cells))}
    for history in HISTORIES:
        wide = _feature(frames[history.ring], history)
        columns[history.name] = wide.to_numpy(np.float32).T.ravel()
    pd.DataFrame(columns, copy=False).to_parquet(path, index=False, compression="snappy")


def _feature(counts: pd.DataFrame, history: History) -> pd.DataFrame:
    """Return the feature; the row of a week holds what the forecast at the start of the next one knows."""
    if history.measure == "lag":
        return counts.shift(history.periods - 1)
    if history.measure == "mean":
        return counts.rolling(history.periods, min_periods=1).mean()
    return counts.ewm(halflife=history.periods).mean()
