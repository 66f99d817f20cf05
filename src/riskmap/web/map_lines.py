"""Outlines and roads from the pages' own process, by signed addresses."""

import gzip
import json

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from riskmap.errors import RiskmapError
from riskmap.figures.map_lines import LINE_NAMES, line_collection, line_shapes, outline_of, tolerance_of
from riskmap.layers.folders import layer_fingerprint
from riskmap.study import Study
from riskmap.web.access import reader_of_address, scope_claims
from riskmap.web.loaded import KEYS, load_layer
from riskmap.web.signed import VALID_S, SignatureError, read_token, sign

HEADERS = {"Cache-Control": f"private, max-age={VALID_S}, immutable", "Content-Encoding": "gzip"}


def line_source(study: Study, place: str = "") -> str:
    """Return where the browser gets the lines on a map of `place`, a template with {name}; it changes as they do."""
    state = layer_fingerprint(study, "areas")[:8] + layer_fingerprint(study, "roads")[:8]
    token = sign({**scope_claims(study), "place": place, "state": state})
    return f"/map/lines/{token}/{{name}}.geojson"


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEYS)
def packed_lines(study: Study, place: str, name: str, state: str) -> bytes:
    """Return lines as compressed GeoJSON; `state` is that of the layers."""
    del state
    areas = load_layer(study, "areas").drop_duplicates("area_code", ignore_index=True)
    boundary = study.boundary()
    shapes = line_shapes(name, areas, load_layer(study, "roads"), place, boundary)
    made = line_collection(shapes, tolerance_of(outline_of(areas, place, boundary)))
    return gzip.compress(json.dumps(made, separators=(",", ":")).encode(), mtime=0)


def serve_lines(request: Request) -> Response:
    """Answer with one kind of lines; 403 for an address that is not, or no longer, ours."""
    name = request.path_params["name"]
    try:
        claims = read_token(request.path_params["token"])
        if name not in LINE_NAMES:
            return Response(status_code=404)
        with reader_of_address(claims) as study:
            found = packed_lines(study, claims["place"], name, claims["state"])
    except SignatureError as refused:
        return PlainTextResponse(refused.text.en, 403)
    except RiskmapError as gone:
        return PlainTextResponse(gone.text.en, 404)
    return Response(found, media_type="application/geo+json", headers=HEADERS)


def routes() -> list[Route]:
    """Return the route of the lines."""
    return [Route("/map/lines/{token}/{name}.geojson", serve_lines)]
