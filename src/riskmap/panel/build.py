"""From a study's layers to its panel."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from riskmap.grid.cells import Cells, cell_areas_km2, cell_centres, cells_of_polygon, parents_of
from riskmap.grid.neighbours import ring_matrix
from riskmap.layers.areas import read_areas, read_population, read_roads
from riskmap.layers.folders import coverage
from riskmap.layers.incidents import read_events
from riskmap.layers.sites import read_sites
from riskmap.layers.wastewater import read_plants, read_samples
from riskmap.panel.assemble import REGION, Panel, standard_histories
from riskmap.panel.context import finest_areas, plant_features, residents_per_cell, road_distances
from riskmap.panel.counts import Counts, count_events, place_events
from riskmap.panel.effort_units import gather_effort
from riskmap.panel.holidays import count_holidays
from riskmap.panel.nearby import distance_to_lines_m, register_sites, unit_vectors
from riskmap.panel.periods import Timeline, period_starts
from riskmap.panel.reported import reported_periods, timeline_of
from riskmap.study import Study

MOST_INCIDENT_KINDS = 8
PARENT_STEPS = 2
"""A cell is compared with the 48 others of its ancestor two resolutions up: 36 km2 for cells of resolution 8."""
REGION_STEPS = 3
"""Changes are looked at among the 343 cells of the ancestor three resolutions up: 250 km2 for cells of resolution 8."""
FEWEST_REGIONS = 50
"""Where there are fewer, a change tells times apart rather than places, and trees learn single periods by heart."""
DISCOVERED = ("patrol", "inspection", "checkpoint", "intelligence")
"""Origins of cases that nobody reports: they are found where somebody looks."""


def study_cells(study: Study) -> Cells:
    """Return the study's cells: all that its boundary touches, sorted."""
    return cells_of_polygon(study.boundary(), study.resolution)


def build_panel(study: Study, as_of: pd.Timestamp | None = None) -> Panel:
    """Gather everything a forecast for `study` may look at.

    Parameters
    ----------
    as_of
        Periods from the one that holds this moment on are left out, and so is what became known after the last
        one's end; None for all whole periods that were delivered.

    Raises
    ------
    PanelError
        If no whole period of cases was delivered.
    """
    cells = study_cells(study)
    longitude, latitude = cell_centres(cells)
    points = unit_vectors(longitude, latitude)
    timeline = timeline_of(coverage(study, "cases"), study.period, as_of)
    cases, discovered = case_counts(study, cells, timeline)
    sources = cases | incident_counts(study, cells, timeline)
    effort = gather_effort(study, cells, timeline)
    starts = timeline.starts()
    areas = read_areas(study)
    residents = residents_per_cell(read_population(study), areas, cells, study.resolution)
    fixed = {"residents_count": residents.astype(np.float32)} if np.isfinite(residents).any() else {}
    fixed["neighbours_count"] = np.asarray(ring_matrix(cells, 1).sum(axis=1), dtype=np.float32).ravel()
    rim = distance_to_lines_m(shapely.get_parts(study.boundary().boundary), points)
    fixed["distance_border_m"] = rim.astype(np.float32)
    groups = cell_groups(areas, cells, study.resolution)
    plant_of, plant_values = plant_features(read_plants(study), read_samples(study), cells, study.resolution, starts)
    return Panel(
        cells=cells,
        resolution=study.resolution,
        areas_km2=cell_areas_km2(cells),
        timeline=timeline,
        sources=sources,
        histories=standard_histories(study.period, list(sources), list(groups)),
        fixed=fixed | road_distances(read_roads(study), points),
        points=points,
        register=register_sites(read_sites(study), starts[0], starts[-1]),
        plant_of=plant_of,
        plant_values=plant_values,
        groups=groups,
        calendar=calendar_features(study, timeline),
        effort=effort,
        weighed=discovered if study.weigh_by_effort and effort is not None else None,
    )


def cell_groups(areas: gpd.GeoDataFrame, cells: Cells, resolution: int) -> dict[str, NDArray[np.int64]]:
    """Return the number of the larger cells, and of the area where areas are known, that each cell lies in."""
    groups = {"parent": _ancestors(cells, resolution - PARENT_STEPS)}
    region = _ancestors(cells, resolution - REGION_STEPS)
    if region.max(initial=0) + 1 >= FEWEST_REGIONS:
        groups[REGION] = region
    codes, area = finest_areas(areas, cells, resolution)
    if len(codes) > 1:
        groups["area"] = area + 1  # cells in no area are a group too
    return groups


def _ancestors(cells: Cells, resolution: int) -> NDArray[np.int64]:
    return np.unique(parents_of(cells, max(0, resolution)), return_inverse=True)[1]


def calendar_features(study: Study, timeline: Timeline) -> dict[str, NDArray[np.float64]]:
    """Return season and public holidays of the period that begins at each origin, shape (timeline.size + 1,) each."""
    angle = 2 * np.pi * timeline.season()
    found = {"season_sin": np.sin(angle), "season_cos": np.cos(angle)}
    numbers = range(timeline.first, timeline.first + timeline.size + 2)
    holidays = count_holidays(period_starts(numbers, timeline.period), study)
    return found if holidays is None else found | {"holidays_days": holidays}


def case_counts(study: Study, cells: Cells, timeline: Timeline) -> tuple[dict[str, Counts], Counts | None]:
    """Return counts of cases whose place is exact enough for a cell and no booking point.

    Returns
    -------
    By source: `cases`, and `cases_discovered`, those among them that were found rather than reported, where that tells
    cases apart. And the latter where there are any, all cases or not.
    """
    events = read_events(study, "cases", timeline.starts()[-1])
    placed = place_events(events[events["on_grid"]], cells, study.resolution)
    reported = reported_periods(coverage(study, "cases", spans=True), timeline)
    counts = {"cases": count_events(placed, timeline, reported)}
    discovered = placed["origin"].isin(DISCOVERED)
    if not discovered.any():
        return counts, None
    if discovered.all():
        return counts, counts["cases"]
    counts["cases_discovered"] = count_events(placed[discovered], timeline, reported)
    return counts, counts["cases_discovered"]


def incident_counts(study: Study, cells: Cells, timeline: Timeline) -> dict[str, Counts]:
    """Return counts of other incidents, all together and by each of the most frequent kinds."""
    events = read_events(study, "incidents")
    if events.empty:
        return {}
    placed = place_events(events[events["on_grid"]], cells, study.resolution)
    reported = reported_periods(coverage(study, "incidents", spans=True), timeline)
    counts = {"incidents": count_events(placed, timeline, reported)}
    kinds = placed["kind"].value_counts().sort_index().nlargest(MOST_INCIDENT_KINDS).index
    if len(kinds) > 1:
        for kind in sorted(kinds):
            counts[f"incidents_{kind}"] = count_events(placed[placed["kind"] == kind], timeline, reported)
    return counts
