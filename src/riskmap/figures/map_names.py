"""The names of areas on a map, as points with words, moved a little where they would cover each other."""

import itertools
import unicodedata
from urllib.parse import urlencode

import geopandas as gpd
import numpy as np
import pydeck
from numpy.typing import NDArray

from riskmap.figures.deck import WORLD_PX, mercator
from riskmap.figures.line_layers import WORDS_PAD_PX, words_layer
from riskmap.figures.map_lines import inner_areas
from riskmap.figures.plain import plain_texts
from riskmap.figures.words import best_names

NAMES = {"names-zh": "zh", "names-en": "en"}
"""What `name_points` is asked for by, and its language."""
NARROW = 0.56
"""Mean width of a letter that is not Chinese, of its height."""
LINE = 1.25
# How far a name may move, of its own width (some three heights) and height: the nearest place first.
MOVES = sorted(
    itertools.product((0.0, -0.25, 0.25, -0.5, 0.5), (0.0, -0.6, 0.6, -1.1, 1.1)),
    key=lambda move: np.hypot(3 * move[0], move[1]),
)


def names_layer(address: str, zoom: float, size_px: int) -> pydeck.Layer:
    """Return the names of a map that begins at `zoom`; `address` answers with `name_points`."""
    return words_layer("labels", f"{address}?{urlencode({'zoom': zoom, 'px': size_px})}", size_px)


def name_points(areas: gpd.GeoDataFrame, place: str, language: str, zoom: float, size_px: float) -> dict[str, object]:
    """Return GeoJSON of a point in each of the areas below a place, with its name (n) and how far it is moved (o, px).

    At `zoom` no name covers another: one that finds no room within half its width is left out.
    """
    inside = inner_areas(areas, place)
    points = inside.geometry.representative_point()
    texts = plain_texts(best_names(inside, "area_code", language))
    longitude, latitude = points.x.to_numpy(), points.y.to_numpy()
    # Screens count from above, Mercator's y from below.
    pixels = np.column_stack([longitude / 360, -mercator(latitude)]) * WORLD_PX * 2**zoom
    sizes = np.array([(_width(text) * size_px, LINE * size_px) for text in texts]).reshape(-1, 2) + WORDS_PAD_PX
    moves = spread(pixels, sizes)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(x, 4), round(y, 4)]},
            "properties": {"n": text, "o": [round(dx), round(dy)]},
        }
        for x, y, text, (dx, dy) in zip(longitude, latitude, texts, moves, strict=True)
        if text and np.isfinite(dx)
    ]
    return {"type": "FeatureCollection", "features": features}


def spread(centres: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much each box is moved so that none covers another, the first ones least.

    Parameters
    ----------
    centres, sizes
        Shape (n, 2), x and y.

    Returns
    -------
    Shape (n, 2); nan for a box that finds no room.
    """
    moves = np.full(centres.shape, np.nan)
    for row, (centre, size) in enumerate(zip(centres, sizes, strict=True)):
        placed = np.isfinite(moves[:row, 0])
        others = (centres[:row] + moves[:row])[placed]
        reach = (sizes[:row][placed] + size) / 2
        for share in MOVES:
            move = size * share
            if not (np.abs(others - centre - move) < reach).all(axis=1).any():
                moves[row] = move
                break
    return moves


def _width(text: str) -> float:
    """Return about how wide a text is, of its height."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else NARROW for letter in text)
