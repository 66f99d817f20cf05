"""Everything that is known of one administrative area: the dossier of the place that fills the map."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.briefing.cell_facts import MOST_CELLS_LISTED, CellSources, read_sources
from riskmap.briefing.facts import Change, cells_in_top, compare_counts, last_counts
from riskmap.figures.charts import history_frame
from riskmap.grid.assign import points_to_cells
from riskmap.study import Study
from riskmap.surface.publish import Surface


@dataclass(frozen=True)
class AreaFacts:
    """One area: `row` is its line in the surface's table of areas, `parents` are what it lies in, the largest first.

    `rank` is its place by expected cases among the `of_areas` of its level; `cells` are its highest ones and
    `top_cells` how many of it belong to the list. `sites` counts its sites by kind. `hours` is the mean a cell and
    period of police work in it, and in all covered cells, None where unknown.
    """

    row: pd.Series
    parents: list[tuple[str, str, str]]
    rank: int
    of_areas: int
    change: Change
    cells: pd.DataFrame
    top_cells: int
    history: pd.DataFrame
    sites: pd.Series
    plants: gpd.GeoDataFrame
    hours: tuple[float, float] | None


def area_facts(study: Study, surface: Surface, code: str, sources: CellSources | None = None) -> AreaFacts | None:
    """Return the dossier of the area `code`, or None where the surface tells of no such area."""
    areas = surface.table("areas")
    found = areas[areas["area_code"] == code]
    if not len(found):
        return None
    sources = sources or read_sources(study, surface)
    row = found.iloc[0]
    peers = areas[areas["level"] == row["level"]].sort_values(["expected", "area_code"], ascending=[False, True])
    inside = (sources.located[row["level"]] == code).to_numpy()
    own = sources.located["cell"].to_numpy(np.uint64)[inside]
    cells = surface.cells[np.isin(surface.cells["cell"].to_numpy(np.uint64), own)].sort_values("rank")
    as_of = pd.Timestamp(surface.manifest["as_of"])
    counts = sources.counts[np.isin(sources.counts["cell"].to_numpy(np.uint64), own)]
    return AreaFacts(
        row=row,
        parents=_parents(sources, row),
        rank=int(np.flatnonzero(peers["area_code"].to_numpy() == code)[0]) + 1,
        of_areas=len(peers),
        change=_change(study, areas, row, sources.periods, as_of),
        cells=cells.head(MOST_CELLS_LISTED),
        top_cells=int(cells["cell"].isin(cells_in_top(surface.cells, study.operating_share)["cell"]).sum()),
        history=history_frame(counts, sources.periods),
        sites=sources.sites.loc[np.isin(sources.sites["cell"].to_numpy(np.uint64), own), "kind"].value_counts(),
        plants=_plants(study, sources, own),
        hours=_hours(surface, sources, own),
    )


def _parents(sources: CellSources, row: pd.Series) -> list[tuple[str, str, str]]:
    """Code, Chinese and English name of the areas in which an area lies, the largest first."""
    levels = [level for level in ("province", "prefecture", "county") if level in sources.located]
    above = levels[: levels.index(row["level"])] if row["level"] in levels else levels
    inside = sources.located[sources.located[row["level"]] == row["area_code"]]
    codes = [mode.iloc[0] for level in above if len(mode := inside[level].dropna().mode())]
    return [(code, *sources.areas.loc[code]) for code in codes if code in sources.areas.index]


def _change(study: Study, areas: pd.DataFrame, row: pd.Series, periods: pd.DataFrame, as_of: pd.Timestamp) -> Change:
    """Compare the area's two last counts, which are unknown where the whole was not reported."""
    reported = last_counts(areas, periods, as_of)
    now, before = (
        None if known is None else round(float(row[column]))
        for known, column in zip(reported, ("last_count", "before_count"), strict=True)
    )
    return compare_counts(now, before, study.minimum_count)


def _plants(study: Study, sources: CellSources, own: NDArray[np.uint64]) -> gpd.GeoDataFrame:
    """Return the sampling places that lie in the area."""
    points = sources.plants.geometry.representative_point()
    cells = points_to_cells(points.x.to_numpy(), points.y.to_numpy(), study.resolution)
    return sources.plants[np.isin(cells, own)]


def _hours(surface: Surface, sources: CellSources, own: NDArray[np.uint64]) -> tuple[float, float] | None:
    if sources.hours is None:
        return None
    hours = sources.hours[np.isin(surface.cells["cell"].to_numpy(np.uint64), own)]
    known = hours[np.isfinite(hours)]
    return (float(known.mean()), float(np.nanmean(sources.hours))) if len(known) else None
