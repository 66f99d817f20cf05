"""What the colours and signs on the map of wastewater mean, and its legend."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from riskmap.figures.legend import LegendEntry
from riskmap.figures.load_scale import LOAD_PALETTE, LoadScale
from riskmap.figures.scale import INK, NOT_MONITORED, NOT_REPORTED
from riskmap.language import Text

BELOW, UNREPORTED, SMALL = len(LOAD_PALETTE), len(LOAD_PALETTE) + 1, len(LOAD_PALETTE) + 2
COLOURS = (*LOAD_PALETTE, "#ffffff", NOT_REPORTED, "#dcd5e6")
"""By class: loads, most samples below detection, no result, too few people to be shown."""
SIGNS = {1: ("▲", "#b0193f", Text("rose notably")), -1: ("▼", "#1b5a9a", Text("fell notably"))}
OLD = Text("last sample is old")
PLACE_LINE, OTHER_LINE = "#31525e", "#8fb3bd"


def catchment_classes(states: Sequence[str], loads: Sequence[float], scale: LoadScale | None) -> NDArray[np.int8]:
    """Return the colour class of each place, shape (n,).

    Parameters
    ----------
    states
        As `briefing.plant_facts` names them.
    scale
        None where no place has a load.
    """
    known = np.asarray(states) == "level"
    found = np.full(len(states), UNREPORTED, dtype=np.int8)
    if scale is not None:
        found[known] = scale.classes(np.asarray(loads, float)[known])
    found[np.asarray(states) == "below"] = BELOW
    found[np.asarray(states) == "small"] = SMALL
    return found


def catchment_entries(scale: LoadScale | None, plants: gpd.GeoDataFrame, *, others: bool) -> list[LegendEntry]:
    """Return the map's legend: classes, highest first, and of the rest what the map of `plants` shows.

    Parameters
    ----------
    plants
        As for `compose_catchments`.
    others
        Whether there are catchments of other levels.
    """
    entries = [LegendEntry("box", colour, colour, words) for colour, words in (scale.entries() if scale else [])]
    words = {
        BELOW: Text("most samples below detection"),
        UNREPORTED: Text("not reported"),
        SMALL: Text("too few people to be shown"),
    }
    present = set(plants["shade"])
    entries += [LegendEntry("box", COLOURS[k], COLOURS[k], text) for k, text in words.items() if k in present]
    old = plants.loc[plants["old"], "geometry"].geom_type
    if (old != "Point").any():
        entries.append(LegendEntry("hatched", INK, INK, OLD))
    if (old == "Point").any():
        entries.append(LegendEntry("ring", INK, INK, OLD))
    entries += [
        LegendEntry("sign", sign, colour, text)
        for step, (sign, colour, text) in SIGNS.items()
        if (plants["finding"] == step).any()
    ]
    if others:
        line = OTHER_LINE
        entries.append(LegendEntry("line", line, line, Text("catchment of another level")))
    return [*entries, LegendEntry("dotted", NOT_MONITORED, NOT_MONITORED, Text("nobody samples here"))]
