"""What surrounds a cell and changes slowly: residents, roads, the plant it drains to."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.grid.assign import areal_overlaps, main_polygon, points_to_cells, spread_weights
from riskmap.grid.cells import Cells, Floats, positions_in
from riskmap.panel.nearby import distance_to_lines_m
from riskmap.wastewater.levels import loads_as_known
from riskmap.wastewater.loads import name_catchments, normalise_loads
from riskmap.wastewater.spread import catchment_paths

MOST_ANALYTES = 5
TREND_SAMPLES = 16
"""The newest four samples are set against so many: about a quarter of weekly ones."""
LEVELS = ("county", "prefecture")
"""From the finest on: the first that the areas have is what cells are compared within."""


def finest_areas(areas: gpd.GeoDataFrame, cells: Cells, resolution: int) -> tuple[list[str], NDArray[np.int64]]:
    """Return the codes of the finest areas large enough to judge, and the one that holds most of each cell.

    Returns
    -------
    Codes, and their positions, shape (n,): -1 in no area; no codes and all -1 where no such area is known.
    """
    level = next((name for name in LEVELS if (areas["level"] == name).any()), None)
    if level is None:
        return [], np.full(len(cells), -1)
    chosen = areas[areas["level"] == level]
    overlaps = areal_overlaps(chosen.geometry, cells, resolution)
    return chosen["area_code"].astype("str").tolist(), main_polygon(overlaps)


def residents_per_cell(population: pd.DataFrame, areas: gpd.GeoDataFrame, cells: Cells, resolution: int) -> Floats:
    """Return the residents of each cell, shape (n,); all missing where there is no population layer.

    Rows name a cell, or are points, or name an area whose residents are then spread over it evenly. Residents outside
    the study's cells are left out; those of an area that reaches beyond them are spread over the part inside.
    """
    total = np.zeros(len(cells))
    if population.empty:
        return np.full(len(cells), np.nan)
    residents = population["residents"].to_numpy(float)
    found = _cells_of_rows(population, resolution)
    at = positions_in(cells, found)
    np.add.at(total, at[at >= 0], residents[at >= 0])
    if "area_code" in population:
        by_area = population[(found == 0) & population["area_code"].notna()]
        per_code = by_area.groupby("area_code")["residents"].sum()
        named = areas[areas["area_code"].isin(per_code.index)].drop_duplicates("area_code")
        if len(named):
            weights = spread_weights(areal_overlaps(named.geometry, cells, resolution))
            total += weights.T @ per_code.reindex(named["area_code"]).to_numpy(float)
    return total


def _cells_of_rows(population: pd.DataFrame, resolution: int) -> Cells:
    if "cell" in population and population["cell"].notna().all():
        return population["cell"].to_numpy(np.uint64)
    if "geometry" in population:
        points = gpd.GeoSeries(population["geometry"])
        return points_to_cells(points.x.to_numpy(), points.y.to_numpy(), resolution)
    return np.zeros(len(population), dtype=np.uint64)


def road_distances(roads: gpd.GeoDataFrame, points: Floats) -> dict[str, NDArray[np.float32]]:
    """Return metres to the nearest road of each class, by feature name, each of shape (n,)."""
    return {
        f"distance_road_{road_class}_m": distance_to_lines_m(lines.geometry.to_numpy(), points).astype(np.float32)
        for road_class, lines in roads.groupby("road_class")
    }


def plant_features(
    plants: gpd.GeoDataFrame, samples: pd.DataFrame, cells: Cells, resolution: int, moments: pd.DatetimeIndex
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float64]]]:
    """Return which catchment each cell drains to, and what was known of it at each moment.

    Returns
    -------
    plant_of
        Column of the values, shape (n,); -1 where not monitored.
    values
        By feature name, each of shape (len(moments), columns); missing before a plant's first known sample. Where
        catchments were redrawn, a column is what one lot of cells drained to over time.
    """
    if plants.empty:
        return np.full(len(cells), -1), {}
    plants = plants.reset_index(drop=True)
    plant_of, rows = catchment_paths(plants, cells, resolution, moments)
    loads = normalise_loads(samples, plants) if len(samples) else pd.DataFrame(columns=["analyte"])
    analytes = loads["analyte"].value_counts(sort=True).sort_index().nlargest(MOST_ANALYTES).index
    values: dict[str, NDArray[np.float64]] = {}
    for analyte in sorted(analytes):
        load, detected = loads_as_known(loads, moments, name_catchments(plants).tolist(), analyte)
        values[f"load_{analyte}_mg_d_per_1000"] = _along(load, rows)
        values[f"detected_{analyte}_share"] = _along(detected, rows)
        usual, _ = loads_as_known(loads, moments, name_catchments(plants).tolist(), analyte, newest=TREND_SAMPLES)
        trend = np.log(load / usual, out=np.full(load.shape, np.nan), where=(load > 0) & (usual > 0))
        values[f"trend_{analyte}_log"] = _along(trend, rows)
    return plant_of, values


def _along(values: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return at each moment the value of the catchment that `rows` names, missing where it names none."""
    taken = np.take_along_axis(values, np.maximum(rows, 0), axis=1)
    return np.where(rows >= 0, taken, np.nan)
