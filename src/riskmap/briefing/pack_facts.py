"""All facts of one briefing pack, read once; what the slides say and show comes from here and from nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from riskmap.briefing.comment import read_comment
from riskmap.briefing.facts import Facts, gather_facts
from riskmap.briefing.list_facts import ListFacts, gather_lists
from riskmap.briefing.model_health import Check, snapshot_checks
from riskmap.briefing.past_facts import gather_past
from riskmap.briefing.skill import Skill, skill_rows
from riskmap.briefing.visit_facts import VisitFacts, gather_visits
from riskmap.briefing.wastewater_facts import WastewaterFacts, gather_wastewater
from riskmap.figures.change_map import class_steps
from riskmap.figures.scale import Scale, published_scale
from riskmap.figures.static_map import DrawnCells, cells_to_draw
from riskmap.layers.areas import read_areas, read_roads
from riskmap.layers.store import scope_of
from riskmap.model.evaluate import read_evaluation
from riskmap.study import Study
from riskmap.surface.publish import Surface, list_surfaces, read_surface

MOST_CELLS = 40_000
"""More, a slide's map does not show apart: a province is drawn from some 14,000 larger cells."""


@dataclass(frozen=True)
class PackFacts:
    """What one snapshot says, and what is printed beside it."""

    facts: Facts
    scale: Scale
    lists: ListFacts
    wastewater: WastewaterFacts
    visits: VisitFacts | None
    checks: list[Check]
    skill: list[Skill]
    evaluation: Mapping[str, Any] | None
    past: pd.DataFrame
    areas: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    comment: str
    marking: str
    map_number: str

    @cached_property
    def drawn(self) -> DrawnCells:
        """The cells of the forecast as they are drawn."""
        return cells_to_draw(self.surface.cells, self.study.resolution, MOST_CELLS)

    @cached_property
    def steps(self) -> pd.Series | None:
        """By how many classes each drawn cell moved against the forecast before; None where there is none."""
        if self.facts.previous is None:
            return None
        before = cells_to_draw(self.facts.previous.cells, self.study.resolution, MOST_CELLS)
        return class_steps(self.drawn, before, self.scale) if before.resolution == self.drawn.resolution else None

    @cached_property
    def outline(self) -> BaseGeometry:
        """What the maps are framed by: the area's boundary, of a narrowed study that of its areas."""
        return scope_of(self.study).region if self.study.within else self.study.boundary()

    @cached_property
    def located(self) -> pd.DataFrame:
        """The codes of the areas that each cell lies in, indexed by cell."""
        return self.surface.table("cell_areas").set_index("cell")

    @property
    def study(self) -> Study:
        """The area's settings."""
        return self.facts.study

    @property
    def surface(self) -> Surface:
        """The snapshot."""
        return self.facts.surface


def choose_surface(study: Study, as_of: pd.Timestamp | None) -> Surface:
    """Return the surface that was served at `as_of`: the latest made no later; the current one for None.

    Raises
    ------
    SnapshotError
        If there is none.
    """
    if as_of is None:
        return read_surface(study)
    made = [info for info in list_surfaces(study) if info.as_of <= as_of]
    return read_surface(study, made[-1].snapshot_id if made else f"{as_of:%Y%m%d}-")


def gather_pack(
    study: Study, surface: Surface, *, marking: str | None = None, map_number: str | None = None
) -> PackFacts:
    """Return the facts of the pack of `surface`.

    Parameters
    ----------
    marking, map_number
        Printed in the stead of those of the study's settings, where given.
    """
    facts = gather_facts(study, surface)
    evaluation = read_evaluation(study)
    return PackFacts(
        facts=facts,
        scale=published_scale(study, surface),
        lists=gather_lists(study, surface, facts.previous),
        wastewater=gather_wastewater(study, surface),
        visits=gather_visits(study, surface),
        checks=snapshot_checks(study, surface, evaluation),
        skill=skill_rows(evaluation, study.operating_share),
        evaluation=evaluation,
        past=gather_past(study, surface),
        areas=read_areas(study),
        roads=read_roads(study),
        comment=read_comment(study, surface.snapshot_id),
        marking=study.marking if marking is None else marking,
        map_number=study.map_number if map_number is None else map_number,
    )
