"""What a map's legend says, the same on the pages and in the brief."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from riskmap.figures.line_layers import BLIND_SPOT_LINE, CATCHMENT_LINE
from riskmap.figures.map_layers import POINT_STYLES
from riskmap.figures.scale import NOT_MONITORED, PALETTE, Scale
from riskmap.figures.words import LAYER_WORDS
from riskmap.language import Text


@dataclass(frozen=True)
class LegendEntry:
    """One line of a legend: a filled box, a dot, a ring, a line, a dotted or hatched box, or a sign, and its words.

    A sign is the text `fill` in the colour `line`.
    """

    mark: Literal["box", "dot", "ring", "line", "dotted", "hatched", "sign"]
    fill: str
    line: str
    text: Text | str
    more: tuple[str, ...] = ()
    """What further columns say."""

    def words(self, language: str) -> str:
        """Return the entry's words in `language`."""
        return self.text.in_language(language) if isinstance(self.text, Text) else self.text


@dataclass(frozen=True)
class Key:
    """What a map says of itself: titles, entries, notes below them, heads of further columns."""

    titles: Sequence[str]
    entries: Sequence[LegendEntry]
    notes: Sequence[str] = ()
    columns: Sequence[str] = ()
    simulated: bool = False


def class_entries(scale: Scale, *resolutions: int) -> list[LegendEntry]:
    """Return the colour classes, highest first; for several sizes of cells a column each of where classes begin."""
    if len(resolutions) == 1:
        return [LegendEntry("box", colour, colour, words) for colour, words in scale.entries(resolutions[0])]
    bounds = zip(*(scale.lower_bounds(resolution) for resolution in resolutions), strict=True)
    return [
        LegendEntry("box", colour, colour, first, tuple(more))
        for colour, (first, *more) in zip(PALETTE[::-1], bounds, strict=True)
    ]


def layer_entries(layers: Sequence[str]) -> list[LegendEntry]:
    """Return the entries of the layers that are switched on, in the order given."""
    entries = []
    for layer in layers:
        words = LAYER_WORDS.get(layer, layer)
        if layer == "plants":
            entries.append(LegendEntry("line", CATCHMENT_LINE, CATCHMENT_LINE, words))
        elif layer == "blind_spots":
            entries.append(LegendEntry("line", BLIND_SPOT_LINE, BLIND_SPOT_LINE, words))
        elif layer == "not_monitored":
            entries.append(LegendEntry("dotted", NOT_MONITORED, NOT_MONITORED, Text("No wastewater sampling")))
        elif layer in POINT_STYLES:
            entries.append(LegendEntry("dot", POINT_STYLES[layer].fill, POINT_STYLES[layer].line, words))
    return entries


def arm_entries() -> list[LegendEntry]:
    """Return the entries of an inspection list: sites by rank, sites drawn at random."""
    words = {"ranked": Text("by rank"), "random": Text("at random")}
    return [LegendEntry("dot", POINT_STYLES[arm].fill, POINT_STYLES[arm].line, text) for arm, text in words.items()]
