"""Every row of the panel, tile by tile, for those who want it in a file.

Training and scoring never need it. A tile is a pure function of the panel to one Parquet file, written aside and
renamed: a run that was cut short goes on with the tiles that are missing, on this machine or another.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from riskmap.grid.blocks import Tile
from riskmap.panel.assemble import Panel, history_blocks

_shared: dict[str, Panel] = {}


def write_tile(panel: Panel, tile: Tile, folder: Path, origins: range) -> Path:
    """Write the history features of one tile at all `origins`, cell-major, unless its file is there already.

    Returns
    -------
    The Parquet file: cell, origin and one float32 column a feature; rows by cell, then origin.
    """
    path = folder / f"{tile.parent:x}.parquet"
    if path.exists():
        return path
    size, steps = len(tile.core), len(origins)
    columns: dict[str, pa.Array] = {
        "cell": _repeated(panel.cells[tile.core], np.repeat(np.arange(size, dtype=np.int32), steps)),
        "origin": _repeated(np.asarray(origins, dtype=np.int16), np.tile(np.arange(steps, dtype=np.int32), size)),
    }
    for history, block in history_blocks(panel, tile, origins):
        columns[history.name] = pa.array(np.ascontiguousarray(block.T).ravel())
    staging = folder / f".{path.name}.{os.getpid()}"
    pq.write_table(
        pa.table(columns), staging, compression="snappy", use_dictionary=["cell", "origin"], write_statistics=False
    )
    staging.replace(path)
    return path


def _repeated(values: np.ndarray, index: np.ndarray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(index), pa.array(values))


def write_panel(panel: Panel, folder: Path, origins: range, processes: int = 2) -> list[Path]:
    """Write every row of the history features into `folder`, one file a tile; those that are there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    tiles = panel.tiles()
    if processes == 1 or len(tiles) == 1:
        return [write_tile(panel, tile, folder, origins) for tile in tiles]
    work = partial(_write_shared, folder=folder, origins=origins)
    context = get_context("forkserver")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_share, initargs=(panel,)) as pool:
        return list(pool.map(work, _largest_first(tiles)))


def _share(panel: Panel) -> None:
    _shared["panel"] = panel


def _write_shared(tile: Tile, folder: Path, origins: range) -> Path:
    return write_tile(_shared["panel"], tile, folder, origins)


def _largest_first(tiles: Sequence[Tile]) -> list[Tile]:
    return sorted(tiles, key=lambda tile: -len(tile.core))
