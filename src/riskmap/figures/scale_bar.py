"""A scale bar and a north arrow that lie on the ground, so that they stay true however a map is zoomed."""

import math

import pydeck

from riskmap.figures.map_layers import MAP_FONT
from riskmap.figures.scale import INK, PAPER, rgb

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
    return float(EARTH_KM * math.cos(math.radians(view.latitude)) / (512 * 2**view.zoom))


def scale_bar_layers(view: pydeck.ViewState, size: tuple[int, int], language: str) -> list[pydeck.Layer]:
    """Return the bar with its length and the arrow, at the lower right of where a map of `size` pixels begins."""
    km = round_length(LONGEST_PX * _km_per_px(view))
    degrees_per_px = 360 / (512 * 2**view.zoom)
    across = degrees_per_px
    upright = degrees_per_px * math.cos(math.radians(view.latitude))
    right = view.longitude + (size[0] / 2 - MARGIN_PX) * across
    bottom = view.latitude - (size[1] / 2 - MARGIN_PX) * upright
    left = right - km / _km_per_px(view) * across
    tick = 5 * upright
    path = [[left, bottom + tick], [left, bottom], [right, bottom], [right, bottom + tick]]
    words = [{"p": [(left + right) / 2, bottom], "n": bar_words(km, language)}]
    return [
        pydeck.Layer(
            "PathLayer",
            [{"path": [[round(x, 6), round(y, 6)] for x, y in path]}],
            id="scale-bar",
            get_path="path",
            get_color=rgb(INK),
            width_units="'pixels'",
            get_width=2,
            pickable=False,
        ),
        pydeck.Layer(
            "TextLayer",
            words,
            id="scale-bar-length",
            get_position="p",
            get_text="n",
            get_size=13,
            size_units="'pixels'",
            get_color=rgb(INK),
            background=True,
            get_background_color=[*rgb(PAPER), 215],
            background_padding=[4, 2],
            get_pixel_offset=[0, -13],
            character_set="'auto'",
            font_family=MAP_FONT,
            pickable=False,
        ),
    ]
