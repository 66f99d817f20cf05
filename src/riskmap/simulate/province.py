"""The whole simulated province in memory: land, people, roads, sites, risk, records, wastewater."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.language import Text
from riskmap.progress import Report, silent
from riskmap.simulate.areas import Areas, draw_areas
from riskmap.simulate.catchments import draw_catchments
from riskmap.simulate.hazards import draw_inspections, site_hazards
from riskmap.simulate.intensity import Structure, build_structure, nearness_matrix
from riskmap.simulate.laboratory import report_samples
from riskmap.simulate.people import Land, settle_people
from riskmap.simulate.process import Draws, draw_weeks
from riskmap.simulate.records import Gazetteer, write_cases, write_incidents, write_seizures
from riskmap.simulate.roads import Roads, build_roads
from riskmap.simulate.scales import Scale
from riskmap.simulate.sites import Places, place_sites
from riskmap.simulate.terrain import Floats, draw_terrain, to_km
from riskmap.simulate.wastewater import true_loads


@dataclass(frozen=True)
class Province:
    """Everything that was simulated; what the sources tell of it is less, and later."""

    scale: Scale
    seed: int
    areas: Areas
    land: Land
    roads: Roads
    places: Places
    structure: Structure
    draws: Draws
    cases: pd.DataFrame
    incidents: pd.DataFrame
    seizures: pd.DataFrame
    plants: gpd.GeoDataFrame
    catchments: pd.DataFrame
    loads: dict[str, Floats]
    samples: pd.DataFrame
    dumped: pd.DataFrame
    hazards: pd.DataFrame
    inspections: pd.DataFrame


def simulate_province(scale: Scale, seed: int, report: Report = silent) -> Province:
    """Simulate the area at `scale`; the same seed gives the same province."""
    report(Text("Drawing the land and its people"), None)
    terrain = draw_terrain(scale, seed)
    areas = draw_areas(scale, terrain, seed)
    counties = areas.level("county")
    land = settle_people(scale, terrain, areas, seed)
    province = areas.level("province").geometry.to_numpy()
    outline = shapely.transform(province, lambda at: np.column_stack(to_km(at[:, 0], at[:, 1])))[0]
    roads = build_roads(scale, land, outline, seed)
    places = place_sites(scale, land, roads, counties, seed)
    nearness = nearness_matrix(land)
    structure = build_structure(scale, land, roads, places, nearness, seed)
    draws = draw_weeks(scale, land, places, structure, nearness, seed, report)
    report(Text("Writing down what was recorded"), None)
    where = Gazetteer(land, counties)
    cases = write_cases(draws, land, roads, places, where, seed)
    plants, catchments = draw_catchments(scale, land, counties, seed)
    loads = true_loads(structure, draws, plants, catchments, seed)
    samples, dumped = report_samples(loads, plants, counties, max(1, scale.prefectures // 5), seed)
    hazards = site_hazards(places, structure, seed)
    return Province(
        scale=scale,
        seed=seed,
        areas=areas,
        land=land,
        roads=roads,
        places=places,
        structure=structure,
        draws=draws,
        cases=cases,
        incidents=write_incidents(draws, where, seed),
        seizures=write_seizures(scale, cases, places, where, seed),
        plants=plants,
        catchments=catchments,
        loads=loads,
        samples=samples,
        dumped=dumped,
        hazards=hazards,
        inspections=draw_inspections(scale, places, hazards, draws, seed),
    )
