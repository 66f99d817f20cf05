"""A scale bar and a north arrow that lie on the ground, so that they stay true however a map is zoomed."""

import math
from urllib.parse import urlencode

import pydeck

from riskmap.figures.deck import WORLD_PX
from riskmap.figures.line_layers import words_layer

EARTH_KM = 40_075.0
LONGEST_PX = 130
MARGIN_PX = 26
NORTH = {"zh": "北", "en": "N"}


def round_length(longest: float) -> float:
    """Return 1, 2 or 5 times a power of ten, the largest that is no more than `longest`."""
    power = 10.0 ** math.floor(math.log10(longest))
    return float(max(step for step in (1.0, 2.0, 5.0) if step * power <= longest) * power)


def bar_words(km: float, language: str) -> str:
    """Return a bar's length and where north is."""
    return (f"{km:g} km" if km >= 1 else f"{km * 1000:g} m") + f"   {NORTH[language]} ↑"


def _km_per_px(view: pydeck.ViewState) -> float:
    return float(EARTH_KM * math.cos(math.radians(view.latitude)) / (WORLD_PX * 2**view.zoom))


def scale_bar_layer(
    address: str, view: pydeck.ViewState, size: tuple[int, int], language: str, text_px: int
) -> pydeck.Layer:
    """Return the bar of a map of `size` pixels; `address` answers with `scale_bar` of what is added to it."""
    asked = {"lon": view.longitude, "lat": view.latitude, "zoom": view.zoom, "width": size[0], "height": size[1]}
    return words_layer("scale-bar", f"{address}?{urlencode(asked | {'px': text_px, 'language': language})}", text_px)


def scale_bar(view: pydeck.ViewState, size: tuple[int, int], language: str, text_px: int) -> dict[str, object]:
    """Return GeoJSON of the bar and its words (n, o pixels above), at the lower right of where the map begins."""
    km = round_length(LONGEST_PX * _km_per_px(view))
    degrees_per_px = 360 / (WORLD_PX * 2**view.zoom)
    across = degrees_per_px
    upright = degrees_per_px * math.cos(math.radians(view.latitude))
    right = view.longitude + (size[0] / 2 - MARGIN_PX) * across
    bottom = view.latitude - (size[1] / 2 - MARGIN_PX) * upright
    left = right - km / _km_per_px(view) * across
    tick = 5 * upright
    path = [[left, bottom + tick], [left, bottom], [right, bottom], [right, bottom + tick]]
    bar = {"type": "LineString", "coordinates": [[round(x, 6), round(y, 6)] for x, y in path]}
    middle = {"type": "Point", "coordinates": [round((left + right) / 2, 6), round(bottom, 6)]}
    features = [
        {"type": "Feature", "geometry": bar, "properties": {}},
        {"type": "Feature", "geometry": middle, "properties": {"n": bar_words(km, language), "o": [0, -text_px]}},
    ]
    return {"type": "FeatureCollection", "features": features}
