"""Which class each cell has on a map: of the forecast, of its baseline, or by how many classes it moved."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from riskmap.figures.change_map import NOT_BEFORE, STEPS, WORDS, class_steps
from riskmap.figures.scale import NOT_REPORTED, PALETTE, Scale, roll_up, typical_area_km2
from riskmap.figures.static_map import DrawnCells
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.surface.tiles import Tiles, prepare_tiles
from riskmap.web.loaded import KEYS, load_scale, load_surface, load_table

OUTSIDE = 31
"""Class of cells that lie outside the place shown: they are not painted."""
EXPECTED, BASELINE, OTHER, CHANGE = "expected", "baseline", "other:", "change:"
"""What a map shows: the forecast, its baseline, another surface's forecast, or the change against one of those. After
OTHER stands the other surface, after CHANGE a surface or BASELINE."""
CHANGE_PALETTE = (*(STEPS[step] for step in sorted(STEPS)), NOT_REPORTED)
Classes = Mapping[int, NDArray[np.uint8]]
Levels = Mapping[int, pd.DataFrame]


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEYS)
def load_tiles(study: Study, surface: Surface) -> Tiles:
    """Return the tiles of a surface's grid, which publishing has prepared."""
    return prepare_tiles(study, surface.cells["cell"].to_numpy())


@st.cache_resource(max_entries=6, show_spinner=False, hash_funcs=KEYS)
def load_levels(study: Study, surface: Surface) -> dict[int, pd.DataFrame]:
    """Return a surface's cells at each resolution that its tiles show, sorted by cell."""
    return {
        resolution: surface.cells if resolution == study.resolution else roll_up(surface.cells, resolution)
        for resolution in set(load_tiles(study, surface).resolutions.values())
    }


@st.cache_resource(max_entries=6, show_spinner=False, hash_funcs=KEYS)
def load_cell_areas(study: Study, surface: Surface) -> dict[int, float]:
    """Return the typical area of a surface's cells at each resolution that its tiles show, km2."""
    return {at: typical_area_km2(cells["cell"].to_numpy()) for at, cells in load_levels(study, surface).items()}


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=KEYS)
def cell_classes(study: Study, surface: Surface, place: str, level: str, shows: str) -> Classes:
    """Return the class of each sorted cell at each resolution that tiles show, OUTSIDE for those not in `place`.

    A larger cell on the border of a place has the class of its part inside. Whatever is shown is classed
    by the scale of `surface`; a class after the palette's last one says that the other side has no such cell.
    """
    levels = load_levels(study, surface)
    now = _inside(levels, study, surface, place, level)
    scale = load_scale(study, surface)
    if shows in (EXPECTED, BASELINE):
        column = "baseline_expected" if shows == BASELINE else "expected"
        found = {at: scale.classes(cells[column], at).astype(np.uint8) for at, cells in now.items()}
    elif shows.startswith(OTHER):
        other = _other_side(now, study, surface, place, level, shows.removeprefix(OTHER))
        found = {at: _classes_there(scale, other[at], cells, at) for at, cells in now.items()}
    else:
        before = _other_side(now, study, surface, place, level, shows.removeprefix(CHANGE))
        found = {at: _steps(scale, before[at], cells, at) for at, cells in now.items()}
    return {at: _spread(levels[at], now[at], found[at]) for at in levels}


def _classes_there(scale: Scale, other: pd.DataFrame, cells: pd.DataFrame, at: int) -> NDArray[np.uint8]:
    """Return the classes that `other` has at `cells`, the number of classes where it has none."""
    known = pd.Series(scale.classes(other["expected"], at), index=other["cell"])
    return known.reindex(cells["cell"]).fillna(len(PALETTE)).to_numpy(np.uint8)


def _steps(scale: Scale, before: pd.DataFrame, cells: pd.DataFrame, at: int) -> NDArray[np.uint8]:
    steps = class_steps(DrawnCells(cells, at), DrawnCells(before, at), scale) - min(STEPS)
    return steps.fillna(len(STEPS)).to_numpy(np.uint8)


def _inside(levels: Levels, study: Study, surface: Surface, place: str, level: str) -> Levels:
    if not place:
        return levels
    areas = load_table(surface, "cell_areas")
    inside = surface.cells[surface.cells["cell"].isin(areas.loc[areas[level] == place, "cell"])]
    return {at: inside if at == study.resolution else roll_up(inside, at) for at in levels}


def _other_side(now: Levels, study: Study, surface: Surface, place: str, level: str, against: str) -> Levels:
    """Return the cells that `now` is held against: those of another surface, or of the baseline."""
    if against == BASELINE:
        return {at: cells.assign(expected=cells["baseline_expected"]) for at, cells in now.items()}
    other = load_surface(study, against)
    return _inside(load_levels(study, other), study, other, place, level)


def _spread(cells: pd.DataFrame, part: pd.DataFrame, classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    found = np.full(len(cells), OUTSIDE, dtype=np.uint8)
    found[np.searchsorted(cells["cell"].to_numpy(), part["cell"].to_numpy())] = classes
    return found


def palette_of(shows: str) -> Sequence[str]:
    """Return the colour of each class."""
    return CHANGE_PALETTE if shows.startswith(CHANGE) else (*PALETTE, NOT_REPORTED)


def class_words(study: Study, surface: Surface, shows: str, resolution: int, language: str) -> list[str]:
    """Return what the pointer reads on each class."""
    missing = NOT_BEFORE.in_language(language)
    if shows.startswith(CHANGE):
        return [*(WORDS[step].in_language(language) for step in sorted(STEPS)), missing]
    return [*(words for _, words in reversed(load_scale(study, surface).entries(resolution))), missing]
