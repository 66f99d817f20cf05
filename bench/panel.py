"""All rows of 26 features to Parquet: ours in tiles, DuckDB's SQL, pandas on wide frames; the answers are compared."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import numpy as np

from bench.worlds import HISTORIES, WEEKS, province_panel
from riskmap.panel.assemble import Panel, rows_at_origin
from riskmap.panel.tiles import write_panel

PROCESSES = 2
RESOLUTION = {"small": 7, "province": 8}
ORIGINS = range(1, WEEKS + 1)
COMPARED_CELLS = 60
"""Half of them busy, half of them any."""
TOLERANCE = 1e-3


def timed(work: Callable[[], object]) -> dict[str, Any]:
    """Return the seconds that `work` takes."""
    start = perf_counter()
    work()
    return {"seconds": perf_counter() - start}


def write_ours(resolution: int, folder: str) -> dict[str, Any]:
    """Time riskmap.panel.tiles.write_panel on two processes, their start included."""
    panel = province_panel(resolution)
    return timed(lambda: write_panel(panel, Path(folder), ORIGINS, PROCESSES))


def rows_of_one_period(resolution: int) -> dict[str, Any]:
    """Time the feature rows of every cell at one origin, which is what a weekly forecast needs."""
    panel = province_panel(resolution)
    return timed(lambda: rows_at_origin(panel, WEEKS))


def compare(resolution: int, ours: str, other: str) -> dict[str, Any]:
    """Compare every feature of some cells in two folders of Parquet files, and the number of rows in all.

    Raises
    ------
    RuntimeError
        Naming the feature that differs by more than TOLERANCE, the cell and the origin.
    """
    cells = _compared_cells(province_panel(resolution))
    start = perf_counter()
    rows, names = [], [history.name for history in HISTORIES]
    for folder in (ours, other):
        source = f"read_parquet('{folder}/*.parquet')"
        total = duckdb.sql(f"SELECT count(*) FROM {source}").fetchall()[0][0]
        chosen = ", ".join(map(str, cells))
        columns = ", ".join(f"{name}::DOUBLE AS {name}" for name in names)
        found = duckdb.sql(
            f"SELECT cell::UBIGINT AS cell, origin::INTEGER AS origin, {columns} FROM {source} "
            f"WHERE cell::UBIGINT IN ({chosen}) ORDER BY 1, 2"
        ).fetchnumpy()
        rows.append((total, {name: np.ma.filled(values, np.nan) for name, values in found.items()}))
    worst = _largest_difference(rows[0], rows[1], names)
    return {"seconds": perf_counter() - start, "worst": worst, "rows": rows[0][0], "values": len(cells) * len(ORIGINS)}


def _compared_cells(panel: Panel) -> np.ndarray:
    rng = np.random.default_rng(5)
    busy = rng.choice(np.unique(panel.cases.cell), COMPARED_CELLS // 2, replace=False)
    any_cell = rng.choice(len(panel.cells), COMPARED_CELLS // 2, replace=False)
    return panel.cells[np.union1d(busy, any_cell)]


def _largest_difference(ours: tuple, other: tuple, names: list[str]) -> float:
    (rows, a), (other_rows, b) = ours, other
    if rows != other_rows or len(a["cell"]) != len(b["cell"]) or not np.array_equal(a["cell"], b["cell"]):
        raise RuntimeError(f"The panels do not hold the same rows: {rows} and {other_rows}.")
    worst = 0.0
    for name in names:
        apart = np.where(np.isnan(a[name]) & np.isnan(b[name]), 0.0, np.abs(a[name] - b[name]))
        at = int(np.argmax(np.where(np.isnan(apart), np.inf, apart)))
        if not apart[at] <= TOLERANCE:
            where = f"cell {int(a['cell'][at]):x}, origin {a['origin'][at]}"
            raise RuntimeError(f"{name} differs at {where}: {a[name][at]} and {b[name][at]}.")
        worst = max(worst, float(apart[at]))
    return worst
