"""The panel in SQL: a dense table, window functions over it, rings by a table of edges, EWMA as scaled running sums."""

import os
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import pyarrow as pa

from bench.panel import PROCESSES
from bench.worlds import HISTORIES, WEEKS, province_panel
from riskmap.grid.cells import positions_in
from riskmap.grid.neighbours import disk_pairs
from riskmap.panel.assemble import HALO_STEPS, History, Panel

WINDOWS = sorted({history.periods for history in HISTORIES if history.measure == "mean"})
DENSE = """
CREATE TABLE dense AS
WITH seen AS (
    SELECT e.neighbour AS cell, c.week,
           sum(c.count) FILTER (e.distance = 0) AS y0, sum(c.count) FILTER (e.distance = 1) AS y1,
           sum(c.count) FILTER (e.distance = 2) AS y2, sum(c.count) FILTER (e.distance = 3) AS y3
    FROM counts c JOIN edges e ON e.cell = c.cell
    GROUP BY ALL
)
SELECT g.cell::INTEGER AS cell, w.week::SMALLINT AS week,
       coalesce(y0, 0)::FLOAT AS y0, coalesce(y1, 0)::FLOAT AS y1,
       coalesce(y2, 0)::FLOAT AS y2, coalesce(y3, 0)::FLOAT AS y3
FROM range($cells) g(cell) CROSS JOIN range($weeks) w(week)
LEFT JOIN seen ON seen.cell = g.cell AND seen.week = w.week
ORDER BY g.cell, w.week
"""


def write_with_duckdb(resolution: int, folder: str) -> dict[str, Any]:
    """Time DuckDB from the counts in memory to a Parquet file; the edges are part of the work, as they are of ours."""
    panel = province_panel(resolution)
    start = perf_counter()
    Path(folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as spill, duckdb.connect() as connection:
        connection.execute(f"SET threads = {PROCESSES}; SET temp_directory = '{spill}'")
        connection.execute(f"SET memory_limit = '{os.environ.get('BENCH_DUCKDB_MEMORY', '12GB')}'")
        _load(connection, panel)
        connection.execute(DENSE, {"cells": len(panel.cells), "weeks": WEEKS})
        connection.execute(_features(Path(folder) / "panel.parquet"))
    return {"seconds": perf_counter() - start}


def _load(connection: duckdb.DuckDBPyConnection, panel: Panel) -> None:
    cases = panel.cases
    origin, neighbour, distance = disk_pairs(panel.cells, HALO_STEPS)
    at = positions_in(panel.cells, neighbour)
    kept = at >= 0
    tables = {
        "counts": {"cell": cases.cell, "week": cases.occurred, "count": cases.count},
        "edges": {"cell": origin[kept], "neighbour": at[kept], "distance": distance[kept]},
        "names": {"position": range(len(panel.cells)), "cell": panel.cells},
    }
    for name, columns in tables.items():
        connection.register(name, pa.table(columns))


def _features(path: Path) -> str:
    columns = ",\n".join(f"({_expression(history)})::FLOAT AS {history.name}" for history in HISTORIES)
    part = "PARTITION BY dense.cell ORDER BY week"
    windows = ", ".join(f"past{n} AS ({part} ROWS {n - 1} PRECEDING)" for n in WINDOWS)
    return f"""
    COPY (
        SELECT names.cell AS cell, week + 1 AS origin, {columns}
        FROM dense JOIN names ON names.position = dense.cell
        WINDOW past AS ({part}),
               {windows}
    ) TO '{path}' (FORMAT parquet, COMPRESSION snappy)
    """


def _expression(history: History) -> str:
    """Return the feature as SQL; the row of a week holds what the forecast at the start of the next one knows."""
    y, n = f"y{history.ring}", history.periods
    if history.measure == "lag":
        return f"lag({y}, {n - 1}) OVER past"
    if history.measure == "mean":
        return f"sum({y}) OVER past{n} / least(week + 1, {n})"
    growth = 2 ** (1 / n)
    return (
        f"sum({y} * pow({growth!r}, week)) OVER past * pow({growth!r}, -week) "
        f"* {1 - 1 / growth!r} / (1 - pow({growth!r}, -(week + 1)))"
    )
