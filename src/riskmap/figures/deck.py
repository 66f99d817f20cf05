"""From layers and a view to a map; every deck is made here, so that none has a base map from outside."""

import json
import math
from collections.abc import Sequence

import numpy as np
import pydeck
from numpy.typing import NDArray
from pydeck.bindings.json_tools import default_serialize

from riskmap.figures.scale import INK

TOOLTIP = {"text": "{t}", "style": {"backgroundColor": INK, "color": "#ffffff", "fontSize": "14px"}}
CONTROLLER = {"doubleClickZoom": False}
"""A map that waits for a second click hears of the first one 0.3 s later; wheel and pinch zoom as well."""
WORLD_PX = 512
"""deck.gl draws the whole world so wide at zoom 0."""
Bounds = tuple[float, float, float, float]


def mercator(latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far north latitudes lie in Web Mercator, as shares of the world's width."""
    return np.log(np.tan(np.pi / 4 + np.radians(latitude) / 2)) / (2 * np.pi)


def fit_view(bounds: Bounds, size: tuple[int, int], legend_px: int = 0) -> pydeck.ViewState:
    """Return the view that shows `bounds` (west, south, east, north).

    Parameters
    ----------
    size
        Width and height of the map, pixels.
    legend_px
        How much of the map's left side the legend takes; the bounds are shown to the right of it.
    """
    west, south, east, north = bounds
    below, above = mercator(np.array([south, north]))
    across = (size[0] - legend_px) / WORLD_PX / max((east - west) / 360, 1e-6)
    upright = size[1] / WORLD_PX / max(above - below, 1e-6)
    zoom = min(math.log2(min(across, upright)) - 0.1, 15)
    shift = legend_px / 2 * 360 / (WORLD_PX * 2**zoom)
    view = {"longitude": (west + east) / 2 - shift, "latitude": (south + north) / 2, "zoom": zoom}
    return pydeck.ViewState(**{key: round(value, 4) for key, value in view.items()}, pitch=0, bearing=0)


class Deck(pydeck.Deck):
    """A map whose description is written without the blanks that make most of it."""

    def to_json(self) -> str:
        """Return the description that the browser gets."""
        return json.dumps(self, sort_keys=True, default=default_serialize, separators=(",", ":"))


def build_deck(layers: Sequence[pydeck.Layer], view: pydeck.ViewState, style: str = "") -> pydeck.Deck:
    """Return the map, tooltips as plain text; no base map but the settings', by its `style`'s address."""
    base = {"map_provider": "mapbox", "map_style": style} if style else {"map_provider": None}
    whole = pydeck.View(type="MapView", controller=CONTROLLER)
    return Deck(
        layers=list(layers), views=[whole], initial_view_state=view, tooltip=TOOLTIP, parameters={"cull": False}, **base
    )
