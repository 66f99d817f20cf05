"""Outlines, roads, names and scale bars from the pages' own process, by signed addresses."""

import asyncio
import gzip
import json
import math
from collections.abc import Mapping, Sequence

import geopandas as gpd
import pydeck
import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from riskmap.errors import RiskmapError
from riskmap.figures.map_lines import LINE_NAMES, line_pieces, line_shapes, outline_of, tolerance_of
from riskmap.figures.map_names import NAMES, name_points
from riskmap.figures.scale_bar import NORTH, scale_bar
from riskmap.layers.folders import layer_fingerprint
from riskmap.study import Study
from riskmap.web.access import reader_of_address, scope_claims
from riskmap.web.loaded import KEYS, load_layer
from riskmap.web.open_door import own_path
from riskmap.web.signed import VALID_S, SignatureError, read_token, sign

AFTER_CELLS_S = 1.1
"""How long lines over cells are held back: a browser that draws them first shows cells some seconds later where WebGL
is software, as each kind of line and of text has to be made ready first."""
MOST_PX, MOST_ZOOM = 20_000, 24


def line_source(study: Study, place: str = "", *, after_cells: bool = False) -> str:
    """Return where the browser gets the lines on a map of `place`, a template with {name}; it changes as they do.

    Names are those of LINE_NAMES and, with the view as `names_layer` and `scale_bar_layer` add it, NAMES and
    "scale-bar". Lines that come `after_cells` are held back for a moment.
    """
    state = layer_fingerprint(study, "areas")[:8] + layer_fingerprint(study, "roads")[:8]
    claims = {**scope_claims(study), "place": place, "state": state}
    token = sign(claims | ({"after": "cells"} if after_cells else {}))
    return own_path(f"/map/lines/{token}/{{name}}.json")


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEYS)
def packed_lines(study: Study, place: str, name: str, state: str) -> bytes:
    """Return lines as compressed JSON of their pieces; `state` is that of the layers."""
    del state
    areas, boundary = _areas(study), study.boundary()
    shapes = line_shapes(name, areas, load_layer(study, "roads"), place, boundary)
    return _packed(line_pieces(shapes, tolerance_of(outline_of(areas, place, boundary))))


def _packed(found: Mapping[str, object] | Sequence[object]) -> bytes:
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(text.encode(), mtime=0)


async def serve_lines(request: Request) -> Response:
    """Answer with one kind of lines or words; 403 for an address that is not, or no longer, ours."""
    try:
        claims = read_token(request.path_params["token"])
        held = "after" in claims
        if held:
            await asyncio.sleep(AFTER_CELLS_S)
        found = await run_in_threadpool(_lines, claims, request.path_params["name"], request.query_params)
    except SignatureError as refused:
        return PlainTextResponse(refused.text.en, 403)
    except RiskmapError as gone:
        return PlainTextResponse(gone.text.en, 404)
    if not found:
        return Response(status_code=404)
    # A browser that kept what is held back would draw it before the cells at the next visit.
    kept = "no-store" if held else f"private, max-age={VALID_S}, immutable"
    headers = {"Cache-Control": kept, "Content-Encoding": "gzip"}
    return Response(found, media_type="application/json", headers=headers)


def _lines(claims: Mapping[str, str], name: str, view: Mapping[str, str]) -> bytes:
    """Return compressed JSON; empty where there is no such thing."""
    with reader_of_address(claims) as study:
        if name in LINE_NAMES:
            return packed_lines(study, claims["place"], name, claims["state"])
        if name in NAMES:
            found = _numbers(view, zoom=MOST_ZOOM, px=MOST_PX)
            return _packed(name_points(_areas(study), claims["place"], NAMES[name], *found)) if found else b""
    return _scale_bar(view) if name == "scale-bar" else b""


def _areas(study: Study) -> gpd.GeoDataFrame:
    return load_layer(study, "areas").drop_duplicates("area_code", ignore_index=True)


def _scale_bar(asked: Mapping[str, str]) -> bytes:
    """Return the bar of a view; empty for what is none."""
    where = _numbers(asked, lon=180, lat=85)
    shown = _numbers(asked, zoom=MOST_ZOOM, width=MOST_PX, height=MOST_PX, px=MOST_PX)
    language = asked.get("language", "")
    if not where or not shown or min(shown[1:]) < 1 or language not in NORTH:
        return b""
    view = pydeck.ViewState(longitude=where[0], latitude=where[1], zoom=shown[0])
    width, height, text_px = (math.floor(number) for number in shown[1:])
    return _packed(scale_bar(view, (width, height), language, text_px))


def _numbers(asked: Mapping[str, str], **most: float) -> list[float]:
    """Return the numbers that are asked for; none where one is missing or larger than it may be."""
    try:
        found = [float(asked[key]) for key in most]
    except (KeyError, ValueError):
        return []
    # A comparison with nan is false.
    return found if all(abs(number) <= limit for number, limit in zip(found, most.values(), strict=True)) else []


def routes() -> list[Route]:
    """Return the route of the lines."""
    return [Route(own_path("/map/lines/{token}/{name}.json"), serve_lines)]
