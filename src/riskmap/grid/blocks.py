"""Tiles: the cells of one coarse H3 parent, with the halo that their neighbourhood features look into.

A tile is what one process (or one machine) works on. It spans five resolutions, at most 16,807 cells, so that what a
tile needs in memory does not depend on how large the study is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmap.grid.cells import Cells, parents_of, positions_in
from riskmap.grid.neighbours import disk_pairs

TILE_DEPTH = 5


@dataclass(frozen=True)
class Tile:
    """Positions, in the study's cells, of a tile's own cells (`core`) and of those around it (`halo`)."""

    parent: int
    core: NDArray[np.int64]
    halo: NDArray[np.int64]


def tiles_of(cells: Cells, resolution: int, halo_steps: int) -> list[Tile]:
    """Return the tiles that together hold every cell once, by ascending parent.

    Parameters
    ----------
    cells
        Sorted, shape (n,).
    halo_steps
        How far, in steps, any feature of a cell looks.
    """
    parents = parents_of(cells, max(0, resolution - TILE_DEPTH))
    order = np.argsort(parents, kind="stable")
    borders = np.flatnonzero(np.diff(parents[order])) + 1
    tiles = []
    for core in np.split(order, borders):
        core = np.sort(core)
        rim = _rim(cells, core)
        _, near, _ = disk_pairs(cells[core[rim]], halo_steps)
        around = positions_in(cells, np.unique(near))
        halo = np.setdiff1d(around[around >= 0], core, assume_unique=True)
        tiles.append(Tile(int(parents[core[0]]), core, halo))
    return tiles


def _rim(cells: Cells, core: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which cells of the core have a neighbour outside it; only those reach into the halo."""
    origin, neighbour, _ = disk_pairs(cells[core], 1)
    outside = positions_in(cells[core], neighbour) < 0
    rim = np.zeros(len(core), dtype=bool)
    rim[origin[outside]] = True
    return rim


def block_of_cells(cells: Cells, resolution: int, steps_up: int = 2) -> NDArray[np.int64]:
    """Return a block number per cell, shape (n,): cells of one ancestor, resampled together because they resemble."""
    _, block = np.unique(parents_of(cells, max(0, resolution - steps_up)), return_inverse=True)
    return block
