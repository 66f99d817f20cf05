"""Layers of lines, with words on plates among them: outlines, roads, catchments, blind spots, names and the scale bar.

What is kept somewhere the browser fetches by its address (map_lines.py, map_names.py, scale_bar.py).
"""

import json
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import pydeck
import shapely
from shapely.geometry.base import BaseGeometry

from riskmap.figures.map_layers import MAP_FONT
from riskmap.figures.map_lines import grid_of, line_collection
from riskmap.figures.plain import plain_texts
from riskmap.figures.scale import INK, PAPER, rgb

CATCHMENT_LINE = "#007f99"
BLIND_SPOT_LINE = "#1a1aff"
"""Blue and over white, as no class of cells is."""
WORDS_PAD_PX = 8
"""A plate is so much wider than its words, and half of it higher."""


def lines_layer(name: str, address: str, colour: str, width_px: float) -> pydeck.Layer:
    """Return outlines or roads as lines whose pieces (map_lines.py) the browser fetches from `address`."""
    return pydeck.Layer(
        "LineLayer",
        address,
        id=name,
        get_source_position="s",
        get_target_position="t",
        get_color=rgb(colour),
        get_width=width_px,
        width_units="'pixels'",
        pickable=False,
    )


def inline_lines_layer(
    name: str, shapes: Sequence[BaseGeometry], colour: str, width_px: float, tolerance: float
) -> pydeck.Layer:
    """Return outlines as lines that travel with the map: for shapes that are kept nowhere yet."""
    return _geojson_layer(name, line_collection(shapes, tolerance), colour, width_px)


def blind_spot_layers(places: gpd.GeoDataFrame, tolerance: float) -> list[pydeck.Layer]:
    """Return a blue line over a white one around each place."""
    shapes = list(places.geometry)
    lines = (("blind-spots-edge", "#ffffff", 6.0), ("blind-spots", BLIND_SPOT_LINE, 3.0))
    return [inline_lines_layer(name, shapes, colour, width_px, tolerance) for name, colour, width_px in lines]


def catchment_layer(plants: gpd.GeoDataFrame, texts: pd.Series, tolerance: float) -> pydeck.Layer:
    """Return plants' catchments as outlines."""
    shapes = shapely.simplify(plants.geometry.to_numpy(), tolerance)
    written = shapely.to_geojson(shapely.set_precision(shapes, grid_of(tolerance)))
    features = [
        {"type": "Feature", "geometry": json.loads(shape), "properties": {"t": text}}
        for shape, text in zip(np.atleast_1d(written), plain_texts(texts), strict=True)
    ]
    return _geojson_layer("catchments", {"type": "FeatureCollection", "features": features}, CATCHMENT_LINE, 2.0)


def words_layer(name: str, address: str, text_px: int) -> pydeck.Layer:
    """Return words (n, at points moved by o pixels) on paper-coloured plates, and lines, fetched from `address`.

    Words that travel with the map would be drawn before its cells, which where WebGL is software takes seconds.
    """
    return _geojson_layer(
        name,
        address,
        INK,
        2,
        point_type="'text'",
        get_text="properties.n",
        get_text_size=text_px,
        get_text_color=rgb(INK),
        get_text_pixel_offset="properties.o",
        text_background=True,
        get_text_background_color=[*rgb(PAPER), 215],
        text_background_padding=[WORDS_PAD_PX / 2, WORDS_PAD_PX / 4],
        text_character_set="'auto'",
        text_font_family=MAP_FONT,
    )


def _geojson_layer(
    name: str, data: str | dict[str, object], colour: str, width_px: float, **more: object
) -> pydeck.Layer:
    return pydeck.Layer(
        "GeoJsonLayer",
        data,
        id=name,
        stroked=True,
        filled=False,
        get_line_color=rgb(colour),
        line_width_units="'pixels'",
        get_line_width=width_px,
        line_width_min_pixels=width_px,
        point_radius_units="'pixels'",
        get_point_radius=4,
        pickable=False,
        **more,
    )
