"""Everything that is known of one cell: the dossier behind a click on the map."""

from dataclasses import dataclass

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from riskmap.decisions.hours_and_risk import hours_of_cells
from riskmap.errors import RiskmapError
from riskmap.figures.charts import history_frame
from riskmap.figures.scale import format_count
from riskmap.figures.words import PERIOD_WORDS, PERIODS_WORDS
from riskmap.grid.assign import points_to_cells
from riskmap.grid.cells import cell_polygons, parents_of
from riskmap.language import Text
from riskmap.layers.areas import read_areas
from riskmap.layers.sites import read_sites
from riskmap.layers.wastewater import read_plants
from riskmap.model.explain import reason_texts
from riskmap.study import Study
from riskmap.surface.dossier import explain_cell
from riskmap.surface.publish import Surface

MOST_CELLS_LISTED = 8
MOST_REASONS = 5


@dataclass(frozen=True)
class CellSources:
    """What the dossiers of one surface are made from, read once for all of its cells.

    `sites`, `located` and `counts` are sorted by their column `cell`; `hours` are the mean hours of police work a
    period over the last year, shape (n,), NaN where no report covers a cell, None where there is no layer of them.
    """

    areas: pd.DataFrame
    sites: gpd.GeoDataFrame
    plants: gpd.GeoDataFrame
    located: pd.DataFrame
    counts: pd.DataFrame
    periods: pd.DataFrame
    hours: NDArray[np.float64] | None


@dataclass(frozen=True)
class CellFacts:
    """One cell, or a larger cell that holds several: `parts` are then its own cells by rank, else empty.

    `hours` is a cell's mean hours of police work a period and that of all covered cells, None where unknown.
    """

    cell: str
    row: pd.Series
    of_cells: int
    places: list[tuple[str, str, str]]
    reasons: list[Text]
    history: pd.DataFrame
    sites: gpd.GeoDataFrame
    plant: pd.Series | None
    parts: pd.DataFrame
    hours: tuple[float, float] | None

    @property
    def rolled_up(self) -> bool:
        """Whether the cell stands for several of the study's cells."""
        return len(self.parts) > 0


def read_sources(study: Study, surface: Surface) -> CellSources:
    """Read what the dossiers of a surface are made from."""
    sites = read_sites(study)
    points = sites.geometry.representative_point()
    areas = read_areas(study).drop_duplicates("area_code").set_index("area_code")
    named = areas.reindex(columns=["name_zh", "name_en"]).astype(object)
    placed = sites.assign(cell=points_to_cells(points.x.to_numpy(), points.y.to_numpy(), study.resolution))
    return CellSources(
        areas=named.where(named.notna(), ""),
        sites=placed.sort_values("cell", kind="stable"),
        plants=read_plants(study),
        located=surface.table("cell_areas").sort_values("cell", kind="stable"),
        counts=surface.table("counts").sort_values("cell", kind="stable"),
        periods=surface.table("periods"),
        hours=hours_of_cells(study, surface),
    )


def cell_facts(study: Study, surface: Surface, cell: str, sources: CellSources | None = None) -> CellFacts | None:
    """Return the dossier of `cell` (hexadecimal), or None where the surface holds nothing of it."""
    inside = _cells_inside(study, surface, cell)
    if inside is None or not len(inside):
        return None
    sources = sources or read_sources(study, surface)
    single = h3.get_resolution(cell) == study.resolution
    row = inside.iloc[0] if single else _summed(inside)
    own = inside["cell"].to_numpy(np.uint64)
    return CellFacts(
        cell=cell,
        row=row,
        of_cells=len(surface.cells),
        places=_places(sources, own),
        reasons=_reasons(study, surface, row) if single else [],
        history=history_frame(_rows_of(sources.counts, own), sources.periods),
        sites=_rows_of(sources.sites, own),
        plant=_plant_of(sources.plants, cell),
        parts=inside.sort_values("rank").head(0 if single else MOST_CELLS_LISTED),
        hours=_hours_of(surface, sources, own) if single else None,
    )


def _rows_of(table: pd.DataFrame, cells: NDArray[np.uint64]) -> pd.DataFrame:
    """Return the rows of some sorted cells from a table that is sorted by `cell`."""
    of_row = table["cell"].to_numpy(np.uint64)
    first, end = (np.searchsorted(of_row, cells, side=side) for side in ("left", "right"))
    length = end - first
    return table.iloc[np.repeat(first - np.cumsum(length) + length, length) + np.arange(length.sum())]


def _hours_of(surface: Surface, sources: CellSources, own: NDArray[np.uint64]) -> tuple[float, float] | None:
    if sources.hours is None:
        return None
    at = int(np.searchsorted(surface.cells["cell"].to_numpy(np.uint64), own[0]))
    hours = float(sources.hours[at])
    return (hours, float(np.nanmean(sources.hours))) if np.isfinite(hours) else None


def _cells_inside(study: Study, surface: Surface, cell: str) -> pd.DataFrame | None:
    if not h3.is_valid_cell(cell) or h3.get_resolution(cell) > study.resolution:
        return None
    number = np.uint64(h3.str_to_int(cell))
    own = surface.cells["cell"].to_numpy()
    level = h3.get_resolution(cell)
    return surface.cells[(own if level == study.resolution else parents_of(own, level)) == number]


def _summed(inside: pd.DataFrame) -> pd.Series:
    """Counts add up; of ranks and bands the best stays; no interval, which would not add."""
    totals = inside[["expected", "baseline_expected"]].sum()
    best = inside[["rank", "baseline_rank", "band"]].min()
    rest = pd.Series({"monitored": inside["monitored"].any(), "cells": len(inside)})
    return pd.concat([totals.astype(object), best.astype(object), rest.astype(object)])


def _places(sources: CellSources, own: NDArray[np.uint64]) -> list[tuple[str, str, str]]:
    """Code, Chinese and English name of the areas in which most of the cells lie, the largest first."""
    located = _rows_of(sources.located, own)
    levels = [level for level in ("province", "prefecture", "county", "township") if level in located]
    codes = [mode.iloc[0] for level in levels if len(mode := located[level].dropna().mode())]
    return [(code, *sources.areas.loc[code]) for code in codes if code in sources.areas.index]


def _reasons(study: Study, surface: Surface, row: pd.Series) -> list[Text]:
    """Reasons in words; where the model of a cell's forecast cannot be read, that is said instead."""
    try:
        return reason_texts(explain_cell(study, surface, int(row["cell"])))[:MOST_REASONS]
    except RiskmapError as missing:
        return [missing.text]


def _plant_of(plants: gpd.GeoDataFrame, cell: str) -> pd.Series | None:
    """Return the sampling place whose catchment covers most of the cell; of nested ones the smallest."""
    outline = cell_polygons(np.array([h3.str_to_int(cell)], dtype=np.uint64))[0]
    reached = plants.iloc[plants.sindex.query(outline, predicate="intersects")]
    reached = reached[reached.geom_type.isin(["Polygon", "MultiPolygon"])].sort_index()
    if not len(reached):
        return None
    shared = shapely.area(shapely.intersection(reached.geometry.to_numpy(), outline))
    order = pd.DataFrame({"shared": -np.round(shared, 9), "area": shapely.area(reached.geometry.to_numpy())})
    return reached.iloc[order.sort_values(["shared", "area"]).index[0]]


def expectation_words(study: Study, row: pd.Series) -> list[Text]:
    """Return what an expected count and its interval mean, in words."""
    period = PERIOD_WORDS[study.period]
    expected = float(row["expected"])
    words = []
    if 0 < expected < 1:
        values = {"n": format_count(1 / expected), "periods": PERIODS_WORDS[study.period]}
        words.append(Text("About one case in {n} {periods}.", values))
    if "low" in row:
        values = {"low": format_count(float(row["low"])), "high": format_count(float(row["high"])), "period": period}
        words.append(Text("In 8 of 10 such cells between {low} and {high} cases happen within the {period}.", values))
    return words
