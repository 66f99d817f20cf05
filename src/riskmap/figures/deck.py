"""From layers and a view to a map; every deck is made here, so that none has a base map from outside."""

import json
import math
from collections.abc import Sequence

import pydeck
from pydeck.bindings.json_tools import default_serialize

from riskmap.figures.scale import INK

TOOLTIP = {"text": "{t}", "style": {"backgroundColor": INK, "color": "#ffffff", "fontSize": "14px"}}
Bounds = tuple[float, float, float, float]


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

    def mercator(lat: float) -> float:
        return math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)

    # deck.gl draws the whole world 512 pixels wide at zoom 0.
    across = (size[0] - legend_px) / 512 / max((east - west) / 360, 1e-6)
    upright = size[1] / 512 / max(mercator(north) - mercator(south), 1e-6)
    zoom = min(math.log2(min(across, upright)) - 0.1, 15)
    shift = legend_px / 2 * 360 / (512 * 2**zoom)
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
    return Deck(layers=list(layers), initial_view_state=view, tooltip=TOOLTIP, parameters={"cull": False}, **base)
