"""The map of a view as a picture that the server draws: for browsers without WebGL 2, and to copy from."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from riskmap.figures.legend import Key
from riskmap.figures.scene import Scene
from riskmap.figures.still_map import Painted, still_map
from riskmap.layers.store import layer_fingerprint
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.loaded import KEYS
from riskmap.web.map_classes import OUTSIDE, cell_classes, load_levels, palette_of

MOST_CELLS = 30_000
DRAWN_FROM = ("areas", "roads", "sites", "cases", "seizures", "plants")


def draw_picture(study: Study, surface: Surface, scene: Scene, shows: str, key: Callable[[int], Key]) -> bytes:
    """Return the PNG of a scene; `shows` is as in map_classes.py, `key` gives the legend for cells of a resolution."""
    state = "".join(layer_fingerprint(study, layer)[:8] for layer in DRAWN_FROM)
    view = (scene.place, *scene.layers, scene.cell, scene.language, *scene.size)
    return _drawn(study, surface, shows, view, state, scene, key)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=KEYS)
def _drawn(
    study: Study,
    surface: Surface,
    shows: str,
    view: tuple[object, ...],
    state: str,
    _scene: Scene,
    _key: Callable[[int], Key],
) -> bytes:
    del view, state  # what the picture depends on; the scene holds it, as tables that are not to be hashed
    found = _scene.areas.loc[_scene.areas["area_code"] == _scene.place, "level"]
    classes = cell_classes(study, surface, _scene.place, found.iloc[0] if len(found) else "", shows)
    inside = {at: np.flatnonzero(each != OUTSIDE) for at, each in classes.items()}
    fitting = [at for at in inside if len(inside[at]) <= MOST_CELLS]
    at = max(fitting, default=min(inside))
    rows = load_levels(study, surface)[at].iloc[inside[at]]
    colours = np.array(palette_of(shows))[classes[at][inside[at]]]
    blind = rows["monitored"].to_numpy(float) == 0
    return still_map(_scene, Painted(rows["cell"].to_numpy(np.uint64), colours, blind), _key(at))
