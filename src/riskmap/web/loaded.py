"""Readers with a memory: what is immutable is read once a process, under the id that its contents gave it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import streamlit as st

from riskmap.audit import record
from riskmap.briefing.area_facts import AreaFacts, area_facts
from riskmap.briefing.cell_facts import CellFacts, CellSources, cell_facts, read_sources
from riskmap.briefing.facts import Facts, gather_facts
from riskmap.decisions.inspections import Plan, read_plan, read_plans
from riskmap.figures.scale import Scale, published_scale
from riskmap.layers.areas import read_areas, read_roads
from riskmap.layers.folders import layer_fingerprint
from riskmap.layers.incidents import read_events
from riskmap.layers.sites import read_sites
from riskmap.layers.wastewater import read_plants
from riskmap.study import Study
from riskmap.surface.publish import Surface, SurfaceInfo, list_surfaces, read_ranks, read_surface
from riskmap.web.access import current_reader, require

DOSSIER_KEY = "dossier-written-down"
PAST_PERIODS = 8
READERS = {"areas": read_areas, "roads": read_roads, "sites": read_sites, "plants": read_plants}
KEYS: dict[str | type[Any], Callable[[Any], Any]] = {
    Study: lambda study: (str(study.home), study.model_dump_json(), study.within),
    Surface: lambda surface: (str(surface.folder), surface.part.within if surface.part else ()),
}
# cache_resource hands out the very object (no copy of 664,507 rows a rerun); nobody below changes what is handed out.
remember = st.cache_resource(max_entries=12, show_spinner=False, hash_funcs=KEYS)


def surfaces_by_period(study: Study) -> dict[str, SurfaceInfo]:
    """Return first day of the period -> the latest surface published for it, oldest first."""
    study = require("view", study)
    found = {f"{info.period_start:%Y-%m-%d}": info for info in list_surfaces(study)}
    return dict(sorted(found.items()))


def load_surface(study: Study, snapshot_id: str) -> Surface:
    """Return one surface, as far as the reader may see it."""
    return _surface(require("view", study), snapshot_id)


@remember
def _surface(study: Study, snapshot_id: str) -> Surface:
    return read_surface(study, snapshot_id)


@remember
def load_table(surface: Surface, name: str) -> pd.DataFrame:
    """Return another table of a surface."""
    return surface.table(name)


def load_facts(study: Study, surface: Surface) -> Facts:
    """Return the facts of a surface's period."""
    study = require("view", study)
    return _facts(study, load_surface(study, surface.snapshot_id))


@remember
def _facts(study: Study, surface: Surface) -> Facts:
    return gather_facts(study, surface)


def load_scale(study: Study, surface: Surface) -> Scale:
    """Return the frozen scale under which a surface is drawn."""
    return published_scale(study, surface)


def load_cell(study: Study, surface: Surface, cell: str, layers: str) -> CellFacts | None:
    """Return the dossier of a cell, None where the reader sees no such cell; `layers` is the layers' state.

    That somebody read it is written down, once as long as they stay with it.
    """
    study = require("view", study)
    facts = _cell(study, load_surface(study, surface.snapshot_id), cell, layers)
    if facts is not None:
        _record_dossier(study, surface, cell)
    return facts


def _record_dossier(study: Study, surface: Surface, place: str) -> None:
    seen = (surface.snapshot_id, place)
    if st.session_state.get(DOSSIER_KEY) != seen:
        record(study.home, current_reader().who, "dossier", study.id, place, surface.snapshot_id)
        st.session_state[DOSSIER_KEY] = seen


def load_area(study: Study, surface: Surface, code: str, layers: str) -> AreaFacts | None:
    """Return the dossier of an area as `load_cell` does that of a cell."""
    study = require("view", study)
    facts = _area(study, load_surface(study, surface.snapshot_id), code, layers)
    if facts is not None:
        _record_dossier(study, surface, code)
    return facts


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=KEYS)
def _area(study: Study, surface: Surface, code: str, layers: str) -> AreaFacts | None:
    return area_facts(study, surface, code, _cell_sources(study, surface, layers))


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEYS)
def _cell(study: Study, surface: Surface, cell: str, layers: str) -> CellFacts | None:
    return cell_facts(study, surface, cell, _cell_sources(study, surface, layers))


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEYS)
def _cell_sources(study: Study, surface: Surface, layers: str) -> CellSources:
    del layers
    return read_sources(study, surface)


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=KEYS)
def _ranks(study: Study, snapshot_id: str) -> pd.DataFrame:
    """Return the ranks of one published surface, by its sorted cells; a few bytes a cell, where all of it is many."""
    return read_ranks(study, snapshot_id)


def past_ranks(study: Study, surface: Surface, cell: str) -> list[tuple[SurfaceInfo, int]]:
    """Return where a cell stood in the periods published before a surface, newest first, at most PAST_PERIODS."""
    study = require("view", study)
    start = pd.Timestamp(surface.manifest["period_start"])
    earlier = [info for info in surfaces_by_period(study).values() if info.period_start < start][-PAST_PERIODS:]
    number = np.uint64(int(cell, 16))
    found = []
    for info in reversed(earlier):
        ranks = _ranks(study, info.snapshot_id)
        at = int(np.searchsorted(ranks["cell"].to_numpy(np.uint64), number))
        if at < len(ranks) and ranks["cell"].iloc[at] == number:
            found.append((info, int(ranks["rank"].iloc[at])))
    return found


def latest_plan(study: Study) -> Plan | None:
    """Return the newest inspection list, None before the first."""
    study = require("view", study)
    return read_plan(study) if read_plans(study) else None


def plan_files(study: Study, plan: Plan) -> list[Path]:
    """Return the frozen files of a list that people take away; none for readers of a part of what they hold."""
    if require("export", study).within:
        return []
    return sorted(path for path in plan.folder.iterdir() if path.suffix in (".xlsx", ".gpkg"))


def layers_state(study: Study) -> str:
    """Return a text that changes when what dossiers are made from does."""
    return "".join(layer_fingerprint(study, layer) for layer in ("sites", "plants", "areas", "effort"))


@remember
def _read_layer(study: Study, layer: str, fingerprint: str) -> Any:
    del fingerprint
    return READERS[layer](study) if layer in READERS else read_events(study, layer)


def read_ahead(study: Study, snapshot_id: str) -> Surface:
    """Read what the pages show of a surface first, for whoever comes and may see all of it; return the surface.

    Nobody's rights are asked for, because nothing is shown: the readers above ask before they hand anything out.
    """
    surface = _surface(study, snapshot_id)
    for layer in READERS:
        _read_layer(study, layer, layer_fingerprint(study, layer))
    _facts(study, surface)
    best = h3.int_to_str(int(surface.cells["cell"].iloc[surface.cells["rank"].to_numpy().argmin()]))
    _cell(study, surface, best, layers_state(study))  # with what all dossiers are made from, and the model
    return surface


def load_layer(study: Study, layer: str) -> gpd.GeoDataFrame:
    """Return a layer as it stands now, as far as the reader may see it."""
    study = require("view", study)
    frame: gpd.GeoDataFrame = _read_layer(study, layer, layer_fingerprint(study, layer))
    return frame
