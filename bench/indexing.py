"""Points to cells: ours, a list comprehension over h3-py, and geopandas' join of points to hexagons."""

from pathlib import Path
from time import perf_counter
from typing import Any

import geopandas as gpd
import numpy as np

from bench.worlds import province_cells
from riskmap.grid.assign import points_to_cells
from riskmap.grid.cells import cell_centres, cell_polygons

RESOLUTION = 8
POINTS = {"small": 2_000_000, "province": 10_000_000}
JOINED_SHARE = 10
"""geopandas joins every tenth point; its time is given for all of them."""
COMPARED = 200_000
"""The first so many answers of each way are compared."""


def made_up_points(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Return longitudes and latitudes near the centres of a province's cells."""
    rng = np.random.default_rng(3)
    longitude, latitude = cell_centres(province_cells(RESOLUTION))
    chosen = rng.integers(0, len(longitude), points)
    apart = rng.normal(0, 0.003, (2, points))
    return longitude[chosen] + apart[0], latitude[chosen] + apart[1]


def index_ours(points: int, answer: str) -> dict[str, Any]:
    """Time riskmap.grid.assign.points_to_cells."""
    longitude, latitude = made_up_points(points)
    start = perf_counter()
    cells = points_to_cells(longitude, latitude, RESOLUTION)
    seconds = perf_counter() - start
    np.save(answer, cells[:COMPARED])
    return {"seconds": seconds}


def index_with_h3(points: int, answer: str) -> dict[str, Any]:
    """Time h3-py called once a point, from arrays to an array, as whole numbers: faster than its texts."""
    import h3.api.basic_int as h3

    longitude, latitude = made_up_points(points)
    start = perf_counter()
    each = zip(latitude.tolist(), longitude.tolist(), strict=True)
    cells = np.array([h3.latlng_to_cell(lat, lon, RESOLUTION) for lat, lon in each], dtype=np.uint64)
    seconds = perf_counter() - start
    np.save(answer, cells[:COMPARED])
    return {"seconds": seconds}


def index_with_geopandas(points: int, answer: str) -> dict[str, Any]:
    """Time geopandas.sjoin on a share of the points; hexagons and their index are there before the clock starts."""
    longitude, latitude = (values[: points // JOINED_SHARE] for values in made_up_points(points))
    cells = np.unique(points_to_cells(longitude, latitude, RESOLUTION))
    hexagons = gpd.GeoDataFrame({"cell": cells}, geometry=cell_polygons(cells), crs="EPSG:4326")
    _ = hexagons.sindex
    start = perf_counter()
    located = gpd.GeoDataFrame(geometry=gpd.points_from_xy(longitude, latitude, crs="EPSG:4326"))
    joined = located.sjoin(hexagons, how="left", predicate="intersects")
    joined = joined[~joined.index.duplicated()]
    seconds = (perf_counter() - start) * JOINED_SHARE
    np.save(answer, joined["cell"].fillna(0).to_numpy(np.uint64)[:COMPARED])
    return {"seconds": seconds}


def compare(ours: Path, other: Path, tolerated: float) -> str:
    """Return how the answers agree.

    Parameters
    ----------
    tolerated
        Share of points that may lie in a neighbour: edges of hexagons are great circles to H3 and straight lines in
        degrees to geopandas.

    Raises
    ------
    RuntimeError
        If more of them differ.
    """
    a, b = np.load(ours), np.load(other)
    compared = min(len(a), len(b))
    differing = int((a[:compared] != b[:compared]).sum())
    if differing > tolerated * compared:
        raise RuntimeError(f"{differing} of {compared} points lie in other cells: {ours.name}, {other.name}.")
    return f"{differing} of {compared} points differ"
