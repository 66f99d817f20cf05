"""What the page of wastewater shows of sampling places, and how their numbers are said."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd

from riskmap.briefing.plant_facts import STATE_WORDS, Coverage, Sampling
from riskmap.figures.catchment_key import catchment_classes
from riskmap.figures.catchment_map import not_inside
from riskmap.figures.load_scale import LoadScale
from riskmap.figures.scale import format_count
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.language import current_view, say, t
from riskmap.web.sampling import load_classes, load_coverage, load_places, sampled_levels
from riskmap.web.view import analyte_code, plant_code

Row = Mapping[Hashable, Any]


@dataclass(frozen=True)
class Shown:
    """What the page shows: one substance at the places of one level; `places` also has `shade` and `code_of`.

    `chosen` is the position of the place whose series is shown, None where there is no place.
    """

    sampling: Sampling
    analyte: str
    level: str
    places: gpd.GeoDataFrame
    scale: LoadScale | None
    coverage: Coverage
    chosen: int | None

    @cached_property
    def others(self) -> gpd.GeoSeries:
        """The catchments of other levels that no catchment shown holds."""
        plants = self.sampling.plants
        return not_inside(plants.loc[plants["level"] != self.level].geometry, self.places.geometry)


def choose_shown(study: Study, surface: Surface | None, sampling: Sampling) -> Shown:
    """Return what the view shows, without controls: its substance, level and place where they are there."""
    view = current_view()
    analytes = {analyte_code(name): name for name in sampling.analytes}
    analyte = analytes.get(view.analyte, next(iter(analytes.values()), ""))
    levels = sampled_levels(sampling)
    named = sampling.plants.loc[[plant_code(name) == view.plant for name in sampling.plants["plant_id"]], "level"]
    level = named.iloc[0] if len(named) else view.level if view.level in levels else levels[0]
    places = load_places(study, sampling, analyte, level)
    scale = load_classes(study, sampling, analyte)
    places = places.assign(
        code_of=[plant_code(name) for name in places["plant_id"]],
        shade=catchment_classes(places["state"].to_numpy(), places["load"].to_numpy(), scale),
    )
    return Shown(
        sampling, analyte, level, places, scale, load_coverage(surface, sampling, level), _position(places, view.plant)
    )


def _position(places: pd.DataFrame, code: str) -> int | None:
    """Return the position of the place of the address, else of the highest load that is not old."""
    if not len(places):
        return None
    named = (places["code_of"] == code).to_numpy(bool)
    fresh = places["load"].where(~places["old"]).fillna(-1.0).to_numpy(float)
    return int(named.argmax() if named.any() else fresh.argmax())


def load_words(row: Row) -> str:
    """Return a place's level with its unit, or why it has none."""
    if row["state"] == "level":
        return t("{load} mg/d per 1,000 people", load=format_count(float(row["load"])))
    return say(STATE_WORDS[str(row["state"])])


def trend_words(row: Row) -> str:
    """Return by what factor a place's load changed, with the 95 % interval; "" where that cannot be told."""
    if pd.isna(row["finding"]):
        return ""
    return f"{change_words(row)} [{row['low']:.2f}–{row['high']:.2f}]"


def change_words(row: Row) -> str:
    """Return by what factor a place's load changed, marked where notably; a dash where that cannot be told."""
    if pd.isna(row["finding"]):
        return "–"
    sign = {1.0: "▲ ", -1.0: "▼ "}.get(float(row["finding"]), "")
    return f"{sign}×{row['ratio']:.2f}"


def newest_words(row: Row) -> str:
    """Return the newest usable result; "< limit" where it lies below one."""
    if pd.notna(row["latest"]):
        return format_count(float(row["latest"]))
    return f"< {format_count(float(row['latest_limit']))}" if pd.notna(row["latest_limit"]) else "–"
