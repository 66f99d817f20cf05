"""What the pages read of wastewater, each once: samples as known at a forecast, places by substance, frozen classes."""

import geopandas as gpd
import pandas as pd
import streamlit as st

from riskmap.briefing.plant_facts import (
    Coverage,
    Sampling,
    count_coverage,
    gather_sampling,
    plant_table,
    residents_of_cells,
)
from riskmap.figures.load_scale import LoadScale, frozen_load_scale
from riskmap.figures.scale import quarter_of
from riskmap.layers.folders import layer_fingerprint
from riskmap.schema import PLANT_LEVELS
from riskmap.study import Study
from riskmap.surface.publish import Surface, list_surfaces
from riskmap.web.access import needs
from riskmap.web.loaded import KEYS, remember

_residents = remember(residents_of_cells)


def _state(study: Study) -> str:
    return layer_fingerprint(study, "plants") + layer_fingerprint(study, "samples")


@st.cache_resource(max_entries=3, show_spinner=False, hash_funcs=KEYS)
def _sampling(study: Study, moment: pd.Timestamp | None, state: str) -> Sampling:
    del state
    return gather_sampling(study, moment)


@needs("view")
def load_sampling(study: Study, surface: Surface | None) -> Sampling:
    """Return what was known of wastewater when the surface was made; without a surface, all that is known."""
    moment = None if surface is None else pd.Timestamp(surface.manifest["as_of"])
    return _sampling(study, moment, _state(study))


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs={**KEYS, Sampling: lambda found: str(found.moment)})
def _places(study: Study, sampling: Sampling, analyte: str, level: str, state: str) -> gpd.GeoDataFrame:
    del study, state
    return plant_table(sampling, analyte, level)


@needs("view")
def load_places(study: Study, sampling: Sampling, analyte: str, level: str) -> gpd.GeoDataFrame:
    """Return the sampling places of one level with what is known of one substance, by code."""
    return _places(study, sampling, analyte, level, _state(study))


def load_classes(study: Study, sampling: Sampling, analyte: str) -> LoadScale | None:
    """Return the frozen classes of a substance, None where no place has a load; the same for readers of a part."""
    study = study.whole()
    quarter = quarter_of(sampling.moment)
    same = [info.as_of for info in list_surfaces(study) if quarter_of(info.as_of) == quarter]
    first = min([*same, sampling.moment])

    def levels() -> pd.Series:
        begun = plant_table(_sampling(study, first, _state(study)), analyte)["load"]
        return begun if begun.notna().any() else plant_table(sampling, analyte)["load"]

    return frozen_load_scale(study, quarter, analyte, levels)


def sampled_levels(sampling: Sampling) -> list[str]:
    """Return the levels that sampling places have, treatment plants first."""
    return [level for level in PLANT_LEVELS if (sampling.plants["level"] == level).any()]


def load_coverage(surface: Surface | None, sampling: Sampling, level: str) -> Coverage:
    """Return how much of the area wastewater speaks for."""
    if surface is None:
        return count_coverage(sampling, level, None, None)
    return count_coverage(sampling, level, surface.cells["monitored"], _residents(surface))
