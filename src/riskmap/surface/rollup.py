"""From cells to areas: counts and expected counts are added up, never averaged."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, stats

from riskmap.grid.assign import areal_overlaps, main_polygon, membership
from riskmap.grid.cells import Cells, Floats
from riskmap.schema import AREA_LEVELS

AREA_COLUMNS = ["area_code", "level", "parent_code", "name_zh", "name_en"]


def areas_with_whole(
    areas: gpd.GeoDataFrame, study_id: str, outline: object, names: tuple[str, str]
) -> gpd.GeoDataFrame:
    """Return the areas, led by one of level province: the study's own outline where the layer has none."""
    known = areas.reindex(columns=[*AREA_COLUMNS, "geometry"])
    if (known["level"] == "province").any():
        return known.reset_index(drop=True)
    whole = {"area_code": study_id, "level": "province", "parent_code": None, "name_zh": names[0], "name_en": names[1]}
    first = gpd.GeoDataFrame([whole], geometry=[outline], crs="EPSG:4326")
    if known.empty:
        return first[[*AREA_COLUMNS, "geometry"]]
    return gpd.GeoDataFrame(pd.concat([first, known], ignore_index=True), geometry="geometry", crs="EPSG:4326")


def area_matrices(areas: gpd.GeoDataFrame, cells: Cells, resolution: int) -> dict[str, sparse.csr_array]:
    """Return the overlap of each level's areas with the cells, km2, by level present, shape (areas, n) each."""
    levels = [level for level in AREA_LEVELS if (areas["level"] == level).any()]
    return {
        level: areal_overlaps(areas.loc[areas["level"] == level, "geometry"], cells, resolution) for level in levels
    }


def cell_areas(areas: gpd.GeoDataFrame, overlaps: dict[str, sparse.csr_array], cells: Cells) -> pd.DataFrame:
    """Return the code of the area of each level that holds most of each cell; null where none does."""
    table = pd.DataFrame({"cell": cells})
    for level in AREA_LEVELS:
        codes = np.full(len(cells), None, dtype=object)
        if level in overlaps:
            main = main_polygon(overlaps[level])
            named = areas.loc[areas["level"] == level, "area_code"].to_numpy(object)
            codes[main >= 0] = named[main[main >= 0]]
        table[level] = pd.Series(codes, dtype="str")
    return table


def roll_up(
    areas: gpd.GeoDataFrame,
    overlaps: dict[str, sparse.csr_array],
    *,
    expected: Floats,
    baseline_expected: Floats,
    variance: Floats,
    last_count: Floats,
    before_count: Floats,
    monitored: NDArray[np.bool_],
) -> pd.DataFrame:
    """Return the sums of cells over the areas of each level.

    A cell on a border is shared by area, so totals are the same at every level that covers the study. The interval
    takes cells as independent given their expected counts; the change is
    z = 2 (sqrt(last) - sqrt(before)), whose standard deviation is about sqrt(2) where nothing changed.

    Parameters
    ----------
    expected, baseline_expected, variance, last_count, before_count
        Per cell, shape (n,).
    """
    parts = []
    for level, overlap in overlaps.items():
        share = membership(overlap)
        part = areas.loc[areas["level"] == level, AREA_COLUMNS].reset_index(drop=True)
        mean, spread = share @ expected, share @ variance
        low, high = _quantiles(mean, spread)
        last, before = share @ last_count, share @ before_count
        cells = np.asarray(share.sum(axis=1)).ravel()
        parts.append(
            part.assign(
                cells=cells,
                area_km2=np.asarray(overlap.sum(axis=1)).ravel(),
                expected=mean,
                low=low,
                high=high,
                baseline_expected=share @ baseline_expected,
                last_count=last,
                before_count=before,
                z=2 * (np.sqrt(np.maximum(last, 0)) - np.sqrt(np.maximum(before, 0))),
                monitored_share=share @ monitored.astype(float) / np.maximum(cells, 1e-12),
            )
        )
    table = pd.concat(parts, ignore_index=True)
    text = ["parent_code", "name_zh", "name_en"]
    return table.astype(dict.fromkeys(text, "str")).sort_values(["level", "area_code"], ignore_index=True)


def _quantiles(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return the 10 % and 90 % quantiles of a negative binomial with this mean and variance."""
    mean = np.maximum(mean, 1e-9)
    size = mean**2 / np.maximum(variance - mean, 1e-6 * mean)
    share = size / (size + mean)
    return np.asarray(stats.nbinom.ppf(0.1, size, share)), np.asarray(stats.nbinom.ppf(0.9, size, share))
