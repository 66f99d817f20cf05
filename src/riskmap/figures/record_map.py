"""Maps of records before and after they are taken: what is accepted, what is kept aside, where records are booked."""

from collections.abc import Mapping, Sequence

import geopandas as gpd
import pandas as pd
import pydeck
from shapely.geometry.base import BaseGeometry

from riskmap.figures import line_layers
from riskmap.figures.deck import build_deck, fit_view
from riskmap.figures.legend import LegendEntry
from riskmap.figures.map_layers import PointStyle
from riskmap.figures.map_lines import tolerance_of
from riskmap.figures.plain import plain_texts
from riskmap.figures.scale import INK, rgb
from riskmap.language import Text

MOST_MARKS = 5_000
"""A preview is to show where rows fall, not each of them; its description travels with each change of the page."""
MARKS: Mapping[str, tuple[PointStyle, Text]] = {
    "accepted": (PointStyle("#0b5cab", "#ffffff", 3.5), Text("accepted")),
    "quarantined": (PointStyle("#ffd33d", "#14202b", 7.0), Text("quarantined")),
    "open": (PointStyle("#ffd33d", "#14202b", 11.0), Text("not decided")),
    "keep": (PointStyle("#0b5cab", "#ffffff", 9.0), Text("kept")),
    "leave_out": (PointStyle("#ffffff", "#14202b", 9.0), Text("left out")),
}


def mark_entries(marks: Sequence[str]) -> list[LegendEntry]:
    """Return the legend's entries of some marks."""
    return [LegendEntry("dot", MARKS[mark][0].fill, MARKS[mark][0].line, MARKS[mark][1]) for mark in marks]


def compose_records(
    boundary: BaseGeometry,
    areas: gpd.GeoDataFrame,
    points: Mapping[str, pd.DataFrame],
    shapes: gpd.GeoSeries | None,
    lines: str,
    size: tuple[int, int],
) -> pydeck.Deck:
    """Return the map of records on the area's outline.

    Parameters
    ----------
    points
        By mark: lon, lat and what the pointer reads (`text`).
    shapes
        Outlines or lines among the accepted rows.
    lines
        Where the browser gets the outlines of the area, a template with {name} (map_lines.py).
    size
        Width and height of the map, pixels.
    """
    stack = []
    if (areas["level"] == "county").any():
        stack.append(line_layers.lines_layer("areas", lines.format(name="counties"), "#b3bcc4", 1.0))
    stack.append(line_layers.lines_layer("outline", lines.format(name="outline"), INK, 2.0))
    if shapes is not None and len(shapes):
        given, colour = list(shapes.head(MOST_MARKS)), MARKS["accepted"][0].fill
        stack.append(line_layers.inline_lines_layer("shapes", given, colour, 2.0, tolerance_of(boundary)))
    stack += [_mark_layer(mark, table) for mark, table in points.items() if len(table)]
    return build_deck(stack, fit_view(boundary.bounds, size))


def _mark_layer(mark: str, table: pd.DataFrame) -> pydeck.Layer:
    style = MARKS[mark][0]
    places = zip(table["lon"].round(5), table["lat"].round(5), plain_texts(table["text"]), strict=True)
    return pydeck.Layer(
        "ScatterplotLayer",
        [{"p": [lon, lat], "t": text} for lon, lat, text in places],
        id=f"records-{mark}",
        get_position="p",
        filled=True,
        stroked=True,
        get_fill_color=[*rgb(style.fill), 235],
        get_line_color=rgb(style.line),
        line_width_min_pixels=1.5,
        radius_units="'pixels'",
        get_radius=style.radius_px,
        pickable=True,
    )
