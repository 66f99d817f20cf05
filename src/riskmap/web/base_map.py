"""A base map of the network's own under the cells: geodata/basemap.toml says which; without the file there is none.

kind = "xyz"                                   # or "style", for a Mapbox style (version 8) of one's own
url = "http://tiles.intranet/{z}/{x}/{y}.png"  # XYZ or WMTS as a template; for "style" the style's address
tile_px = 256
max_zoom = 18
attribution = "..."                            # printed in the legend, and the map's approval number
map_number = "GS(2025)1234"
"""

from typing import Literal
from urllib.parse import urlsplit

import streamlit as st
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from riskmap.errors import StudyError
from riskmap.settings_file import read_settings
from riskmap.study import default_home
from riskmap.web.language import t
from riskmap.web.open_door import own_path

STYLE_PATH = "/map/style.json"
FILE = "basemap.toml"


class BaseMap(BaseModel):
    """What lies under the cells."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["xyz", "style"]
    url: str
    tile_px: int = Field(256, ge=64, le=1024)
    max_zoom: int = Field(18, ge=0, le=22)
    attribution: str = Field("", max_length=120)
    map_number: str = Field("", max_length=60)

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("must begin with http:// or https:// and name a server")
        return url


def read_base_map() -> BaseMap | None:
    """Return the base map of the settings, None where there is no such file.

    Raises
    ------
    StudyError
        If the file is not of the form.
    """
    return read_settings(default_home() / "geodata" / FILE, BaseMap)


def base_style() -> str:
    """Return where the browser gets the base map's style, "" for none; the map takes whole addresses only."""
    base = read_base_map()
    if base is None or base.kind == "style":
        return base.url if base else ""
    here = urlsplit(st.context.url or "http://127.0.0.1")
    return f"{here.scheme}://{here.netloc}{own_path(STYLE_PATH)}"


def base_notes() -> list[str]:
    """Return what a legend says of the base map: whose it is, and its approval number."""
    base = read_base_map()
    if base is None:
        return []
    said = [t("Base map: {source}", source=base.attribution)] if base.attribution else []
    number = [t("Approval number {number}", number=base.map_number)] if base.map_number else []
    return [*said, *number, t("Over a base map cells are half transparent.")]


def serve_style(_: Request) -> Response:
    """Answer with a style that shows the tiles of the settings."""
    try:
        base = read_base_map()
    except StudyError as wrong:
        return PlainTextResponse(wrong.text.en, 404)
    if base is None or base.kind != "xyz":
        return Response(status_code=404)
    source = {"type": "raster", "tiles": [base.url], "tileSize": base.tile_px, "maxzoom": base.max_zoom}
    layers = [{"id": "base", "type": "raster", "source": "base"}]
    return JSONResponse({"version": 8, "sources": {"base": source}, "layers": layers})


def routes() -> list[Route]:
    """Return the route of the style."""
    return [Route(own_path(STYLE_PATH), serve_style)]
