"""The layers of cells and points on the pages' maps; none asks anybody outside for a tile, a style or a font.

They are deck.gl layers with fixed ids, so that a page drawn again keeps its view. Cells take their colour through
the sub-layer's own property: the page's selection then cannot dim what is not selected, and the legend stays true.
The selected cell is outlined by a layer of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import pydeck

from riskmap.figures.plain import plain_text, plain_texts
from riskmap.figures.scale import INK, NOT_MONITORED, PALETTE, rgb
from riskmap.figures.words import best_names

MOST_CELLS = 20_000
"""No more cells than this are written into a map: its description travels to the browser with each change."""
MOST_POINTS = 20_000
SEEN_THROUGH = 0.6
"""Opacity of cells over a base map."""
MAP_FONT = "'Noto Sans SC, Noto Sans SC rest, Noto Sans CJK SC, Microsoft YaHei, sans-serif'"


@dataclass(frozen=True)
class PointStyle:
    """How a layer of points looks, on the map and in the legend."""

    fill: str
    line: str
    radius_px: float


@dataclass(frozen=True)
class TileSource:
    """Where a map gets its cells: address templates with {z}, {x} and {y}, and the script that reads tiles."""

    cells: str
    dots: str
    worker: str
    zooms: tuple[int, int]


NO_TILES = TileSource("", "", "", (0, 0))
"""Of a map without cells."""

POINT_STYLES: Mapping[str, PointStyle] = {
    "cases": PointStyle("#111111", "#ffffff", 3.5),
    "seizures": PointStyle("#ffffff", "#111111", 4.5),
    "hubs": PointStyle("#1f6feb", "#ffffff", 4.0),
    "enterprises": PointStyle("#00875a", "#ffffff", 4.0),
    "venues": PointStyle("#8a5a00", "#ffffff", 4.0),
    "ranked": PointStyle("#0b5cab", "#ffffff", 9.0),
    "random": PointStyle("#ffd33d", "#111111", 9.0),
}
CHOSEN_SITE = PointStyle("#b0193f", "#ffffff", 14.0)
"""The site of a list that its reader has chosen, in a picture; the page's map has a plate of that colour."""


def tiled_cells_layer(
    source: TileSource, scope: str, palette: Sequence[str] = PALETTE, see_through: bool = False
) -> pydeck.Layer:
    """Return the surface from tiles; cells whose class is none of the palette's are not painted.

    `scope` names what is drawn, because a selection is by position in it.
    """
    painted = "".join(f"properties.k=={k}?{[*rgb(colour), 255]}:" for k, colour in enumerate(palette))
    return pydeck.Layer(
        "MVTLayer",
        source.cells,
        id=f"cells-{scope}",
        opacity=SEEN_THROUGH if see_through else 1,
        min_zoom=source.zooms[0],
        max_zoom=source.zooms[1],
        load_options={"mvt": {"workerUrl": source.worker}},
        filled=True,
        stroked=False,
        pickable=True,
        _sub_layer_props={"polygons-fill": {"getFillColor": f"@@={painted}[0,0,0,0]"}},
    )


def not_monitored_layer(source: TileSource) -> pydeck.Layer:
    """Return a dot on each cell that no catchment covers."""
    return pydeck.Layer(
        "MVTLayer",
        source.dots,
        id="not-monitored",
        min_zoom=source.zooms[0],
        max_zoom=source.zooms[1],
        load_options={"mvt": {"workerUrl": source.worker}},
        stroked=False,
        pickable=False,
        get_fill_color=[*rgb(NOT_MONITORED), 200],
        point_radius_units="'pixels'",
        get_point_radius=1.3,
    )


def marked_cells_layer(
    cells: Sequence[str], marks: Sequence[int], texts: Sequence[str], colours: Sequence[str]
) -> pydeck.Layer:
    """Return cells, by their text form, in the colour that each one's mark names; `texts` is what the pointer reads."""
    data = pd.DataFrame({"h": cells, "k": marks, "t": texts})
    return _classed_hexagons(data, colours, "marked-cells")


def _classed_hexagons(data: pd.DataFrame, colours: Sequence[str], layer_id: str) -> pydeck.Layer:
    """Return hexagons h with the class k and the text t."""
    chosen = [f"k=={k}?{rgb(colour)}:" for k, colour in enumerate(colours[:-1])]
    expression = "@@=" + "".join(chosen) + str(rgb(colours[-1]))
    return pydeck.Layer(
        "H3HexagonLayer",
        data,
        id=layer_id,
        get_hexagon="h",
        high_precision=True,
        filled=True,
        stroked=False,
        extruded=False,
        pickable=True,
        _sub_layer_props={"hexagon-cell-hifi": {"getFillColor": expression}},
    )


def outline_layer(cell: str) -> list[pydeck.Layer]:
    """Return the mark around the selected cell: white on black, seen on every class."""
    widths = ((INK, 7), ("#ffffff", 3))
    return [
        pydeck.Layer(
            "H3HexagonLayer",
            [{"h": cell}],
            id=f"selected-{width}",
            get_hexagon="h",
            high_precision=True,
            filled=False,
            stroked=True,
            extruded=False,
            pickable=False,
            get_line_color=rgb(colour),
            line_width_min_pixels=width,
            line_width_max_pixels=width,
        )
        for colour, width in widths
    ]


def point_layer(name: str, points: pd.DataFrame, texts: pd.Series) -> pydeck.Layer:
    """Return points with lon and lat; `texts` is what the pointer reads, one line each, from data."""
    style = POINT_STYLES[name]
    shown = points.tail(MOST_POINTS)
    places = zip(shown["lon"].round(5), shown["lat"].round(5), plain_texts(texts.loc[shown.index]), strict=True)
    return pydeck.Layer(
        "ScatterplotLayer",
        [{"p": [lon, lat], "t": text} for lon, lat, text in places],
        id=f"points-{name}",
        get_position="p",
        filled=True,
        stroked=True,
        get_fill_color=rgb(style.fill),
        get_line_color=rgb(style.line),
        line_width_min_pixels=1,
        radius_units="'pixels'",
        get_radius=style.radius_px,
        pickable=True,
    )


def number_layer(sites: pd.DataFrame, chosen: int | None) -> pydeck.Layer:
    """Return the number of each visit on its site; the chosen one large, on a dark plate."""
    rows = [
        {"p": [lon, lat], "n": str(visit), "s": 22 if row == chosen else 11, "k": int(row == chosen)}
        for row, (lon, lat, visit) in enumerate(zip(sites["lon"], sites["lat"], sites["visit"], strict=True))
    ]
    return pydeck.Layer(
        "TextLayer",
        sorted(rows, key=lambda row: row["k"]),
        id="visit-numbers",
        get_position="p",
        get_text="n",
        get_size="s",
        get_color="k==1?[255,255,255]:[20,32,43]",
        background=True,
        get_background_color="k==1?[176,25,63,255]:[255,255,255,200]",
        background_padding=[3, 1],
        get_pixel_offset=[0, -17],
        character_set="'auto'",
        font_family=MAP_FONT,
        pickable=False,
    )


def site_texts(sites: pd.DataFrame, kinds: Mapping[str, str], language: str) -> pd.Series:
    """Return "name · kind" of each site."""
    name = best_names(sites, "site_id", language)
    return pd.Series(
        [f"{plain_text(n)} · {kinds.get(k, k)}" for n, k in zip(name, sites["kind"], strict=True)], index=sites.index
    )
