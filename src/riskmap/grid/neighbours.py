"""Who borders whom, as pairs of cells and as sparse matrices."""

import numpy as np
import pyarrow as pa
from h3ronpy import grid_disk_distances
from numpy.typing import NDArray
from scipy import sparse

from riskmap.grid.cells import Cells, positions_in


def disk_pairs(cells: Cells, k: int) -> tuple[NDArray[np.int64], Cells, NDArray[np.int64]]:
    """Return all pairs of a cell and another at most `k` steps away, the cell itself included.

    Returns
    -------
    origin
        Index into `cells`, shape (m,), ascending.
    neighbour
        The other cell, which need not be one of `cells`, shape (m,).
    distance
        Steps between the two, 0 to k, shape (m,).
    """
    batch = pa.record_batch(grid_disk_distances(cells, k, flatten=True))
    names = batch.schema.names
    neighbour = batch.column(names.index("cell")).to_numpy()
    distance = batch.column(names.index("k")).to_numpy().astype(np.int64)
    starts = np.flatnonzero(distance == 0)
    origin = np.repeat(np.arange(len(cells)), np.diff(np.append(starts, len(distance))))
    return origin, neighbour, distance


def ring_matrix(cells: Cells, k: int) -> sparse.csr_array:
    """Return which cells lie exactly `k` steps apart.

    Parameters
    ----------
    cells
        Sorted, unique, one resolution, shape (n,).

    Returns
    -------
    Shape (n, n), float32, ones; symmetric. Neighbours outside `cells` are left out.
    """
    origin, neighbour, distance = disk_pairs(cells, k)
    at = positions_in(cells, neighbour)
    kept = (distance == k) & (at >= 0)
    ones = np.ones(int(kept.sum()), dtype=np.float32)
    return sparse.csr_array((ones, (origin[kept], at[kept])), shape=(len(cells), len(cells)))
