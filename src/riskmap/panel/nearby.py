"""What stands around a cell: distance to the nearest site of each kind, and how many within reach.

The register is dated: a hub that opened in June is not there in May. It is looked up as it stood at the start of each
calendar quarter, so a forecast sees a register up to three months old and never a newer one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from riskmap.grid.cells import Floats

EARTH_RADIUS_M = 6_371_007.2  # the sphere of equal area, which H3 measures on
FAR_M = 200_000.0
"""Distances are cut here: beyond it, and where there is no site of the kind at all, nothing is near."""
REACH_M = (1_000.0, 3_000.0)
FEW_POINTS = 100_000
GROUPS = {
    "hub": ("logistics_park", "sorting_centre", "courier_outlet", "warehouse", "freight_station", "port", "airport"),
    "precursor": ("precursor_producer", "precursor_dealer", "precursor_user", "precursor_store"),
    "venue": ("venue",),
}


def unit_vectors(longitude: Floats, latitude: Floats) -> Floats:
    """Return points on the unit sphere, shape (n, 3); straight distances order like those on the ground."""
    lon, lat = np.radians(longitude), np.radians(latitude)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def chord_to_metres(chord: Floats) -> Floats:
    """Return great-circle metres from straight distances through the unit sphere."""
    return 2 * EARTH_RADIUS_M * np.arcsin(np.clip(chord / 2, 0, 1))


def metres_to_chord(distance_m: float) -> float:
    """Return the straight distance through the unit sphere of a great-circle distance."""
    return float(2 * np.sin(distance_m / EARTH_RADIUS_M / 2))


@dataclass(frozen=True)
class SiteRegister:
    """Search trees of the sites open in each calendar quarter.

    `quarters` are the quarters' first moments, ascending; `trees[quarter][kind]` is None where no site is open.
    """

    quarters: pd.DatetimeIndex
    kinds: tuple[str, ...]
    trees: tuple[dict[str, cKDTree | None], ...]

    @property
    def names(self) -> list[str]:
        """Feature names, in the order of `look_up`'s columns."""
        present = [group for group in GROUPS if set(GROUPS[group]) & set(self.kinds)]
        within = [f"{group}_within_{reach:.0f}m_count" for group in present for reach in REACH_M]
        return [f"distance_{kind}_m" for kind in self.kinds] + within

    def look_up(self, points: Floats, moments: pd.DatetimeIndex) -> NDArray[np.float32]:
        """Return the register's features for points at moments.

        Parameters
        ----------
        points
            Unit vectors, shape (n, 3).
        moments
            When each forecast was made, shape (n,).

        Returns
        -------
        Shape (n, len(names)), float32.
        """
        quarter = np.maximum(self.quarters.searchsorted(moments, side="right") - 1, 0)
        values = np.empty((len(points), len(self.names)), dtype=np.float32)
        for number in np.unique(quarter):
            rows = np.flatnonzero(quarter == number)
            values[rows] = self._look_up_one(points[rows], self.trees[number])
        return values

    def _look_up_one(self, points: Floats, trees: dict[str, cKDTree | None]) -> NDArray[np.float32]:
        nearest = {kind: _nearest_m(trees[kind], points) for kind in self.kinds}
        columns = list(nearest.values())
        for members in GROUPS.values():
            present = {kind: nearest[kind] for kind in self.kinds if kind in members}
            if present:
                columns += [_count_within(trees, present, points, reach) for reach in REACH_M]
        return np.column_stack(columns).astype(np.float32)


def _nearest_m(tree: cKDTree | None, points: Floats) -> Floats:
    if tree is None:
        return np.full(len(points), FAR_M)
    # Starting threads pays for a whole area, not for the few rows of a tile's sample.
    workers = -1 if len(points) > FEW_POINTS else 1
    chord, _ = tree.query(points, distance_upper_bound=metres_to_chord(FAR_M), workers=workers)
    found = np.isfinite(chord)
    return np.where(found, chord_to_metres(np.where(found, chord, 0.0)), FAR_M)


def _count_within(
    trees: dict[str, cKDTree | None], nearest: dict[str, Floats], points: Floats, reach_m: float
) -> Floats:
    """Return how many sites of the kinds in `nearest` are within reach; only points with one in reach are looked up."""
    total = np.zeros(len(points))
    for kind, distance in nearest.items():
        tree = trees[kind]
        close = np.flatnonzero(distance <= reach_m)
        if tree is not None and len(close):
            total[close] += tree.query_ball_point(points[close], metres_to_chord(reach_m), return_length=True)
    return total


def register_sites(sites: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> SiteRegister | None:
    """Build the register for forecasts made from `first` to `last`.

    Parameters
    ----------
    sites
        kind, geometry (a polygon counts at its centroid), opened_on and closed_on where known: a site without an
        opening date has always been there.

    Returns
    -------
    None where there are no sites.
    """
    if sites.empty:
        return None
    centres = shapely.centroid(np.asarray(sites.geometry))
    points = unit_vectors(shapely.get_x(centres), shapely.get_y(centres))
    quarters = pd.date_range(first.to_period("Q").start_time, last, freq="QS")
    kinds = tuple(sorted(sites["kind"].unique()))
    kind_of = sites["kind"].to_numpy()
    trees: list[dict[str, cKDTree | None]] = []
    masks: list[dict[str, NDArray[np.bool_]]] = []
    for start in quarters:
        is_open = register_open(sites, start)
        mask = {kind: is_open & (kind_of == kind) for kind in kinds}
        trees.append({})
        for kind in kinds:
            if masks and np.array_equal(mask[kind], masks[-1][kind]):
                trees[-1][kind] = trees[-2][kind]
            else:
                trees[-1][kind] = cKDTree(points[mask[kind]]) if mask[kind].any() else None
        masks.append(mask)
    return SiteRegister(quarters, kinds, tuple(trees))


def register_open(sites: pd.DataFrame, moment: pd.Timestamp) -> NDArray[np.bool_]:
    """Return which sites were open at `moment`; one without dates always was."""
    is_open = np.ones(len(sites), dtype=bool)
    if "opened_on" in sites:
        is_open &= ~(sites["opened_on"] > moment).to_numpy()
    if "closed_on" in sites:
        is_open &= ~(sites["closed_on"] <= moment).to_numpy()
    return is_open


def distance_to_lines_m(lines: NDArray[np.object_], points: Floats, spacing_m: float = 250.0) -> Floats:
    """Return metres from each point to the nearest of `lines`, cut at FAR_M.

    Lines are laid out as points at most `spacing_m` apart: at worst the answer is half of that too large right beside
    a line, and off by less than 2 % at 1 km.

    Parameters
    ----------
    lines
        EPSG:4326 line strings.
    points
        Unit vectors, shape (n, 3).
    """
    dense = shapely.segmentize(lines, spacing_m / 111_195.0)
    vertices = shapely.get_coordinates(dense)
    if not len(vertices):
        return np.full(len(points), FAR_M)
    return _nearest_m(cKDTree(unit_vectors(vertices[:, 0], vertices[:, 1])), points)
