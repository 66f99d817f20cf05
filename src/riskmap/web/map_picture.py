"""The map of a view as a picture drawn by the server: for browsers without WebGL 2, to copy from, to take away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from riskmap.figures.legend import Key
from riskmap.figures.scene import Scene
from riskmap.figures.still_map import Extras, Painted, still_map
from riskmap.layers.folders import layer_fingerprint
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.loaded import KEYS
from riskmap.web.map_classes import OUTSIDE, cell_classes, load_levels, palette_of

MOST_CELLS = 30_000
EXPORT_SIZE = (1600, 1000)
EXPORT_LEGEND_PX = 340
DRAWN_FROM = ("areas", "roads", "sites", "cases", "seizures", "plants", "samples", "effort")


@dataclass(frozen=True)
class Drawing:
    """A map that can be drawn without a session: `shows` is as in map_classes.py, `keys` are its legends by resolution
    of the cells."""

    study: Study
    surface: Surface
    scene: Scene
    shows: str
    keys: Mapping[int, Key]

    def to_take(self, about: Mapping[str, str]) -> bytes:
        """Return the PNG that leaves the pages; it says of itself what `about` holds."""
        scene = replace(self.scene, size=EXPORT_SIZE, legend_px=EXPORT_LEGEND_PX)
        extras = Extras(marking=about.get("marking", ""), about=about)
        return _draw(self.study, self.surface, self.shows, scene, self.keys.__getitem__, extras)


def draw_picture(study: Study, surface: Surface, scene: Scene, shows: str, key: Callable[[int], Key]) -> bytes:
    """Return the PNG of a scene; `shows` is as in map_classes.py, `key` gives the legend for cells of a resolution."""
    state = "".join(layer_fingerprint(study, layer)[:8] for layer in DRAWN_FROM)
    view = (scene.place, *scene.layers, scene.cell, scene.language, *scene.size)
    return _drawn(study, surface, shows, view, state, scene, key)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=KEYS)
def picture_of(study: Study, state: tuple[object, ...], _draw: Callable[[Mapping[str, str]], bytes]) -> bytes:
    """Return what `_draw` draws of a study, drawn once for each `state`: pictures wait for each other."""
    del study, state
    return _draw({})


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
    return _draw(study, surface, shows, _scene, _key, Extras(marking=study.marking))


def _draw(study: Study, surface: Surface, shows: str, scene: Scene, key: Callable[[int], Key], extras: Extras) -> bytes:
    found = scene.areas.loc[scene.areas["area_code"] == scene.place, "level"]
    classes = cell_classes(study, surface, scene.place, found.iloc[0] if len(found) else "", shows)
    inside = {at: np.flatnonzero(each != OUTSIDE) for at, each in classes.items()}
    fitting = [at for at in inside if len(inside[at]) <= MOST_CELLS]
    at = max(fitting, default=min(inside))
    rows = load_levels(study, surface)[at].iloc[inside[at]]
    colours = np.array(palette_of(shows))[classes[at][inside[at]]]
    blind = rows["monitored"].to_numpy(float) == 0
    return still_map(scene, Painted(rows["cell"].to_numpy(np.uint64), colours, blind), key(at), extras)
