"""A surface's cells as tiles from the pages' own process, by signed addresses; and dots where nobody samples."""

import gzip
from collections.abc import Callable, Mapping
from typing import Any

import h3
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from riskmap.errors import RiskmapError
from riskmap.figures.map_layers import TileSource
from riskmap.figures.scale import roll_up
from riskmap.grid.cells import cell_centres, parents_of
from riskmap.study import REPOSITORY, Study
from riskmap.surface.publish import Surface
from riskmap.surface.tiles import Address, Tiles, cell_width_px, dots_tile, prepare_tiles
from riskmap.web.access import reader_of_address, scope_claims
from riskmap.web.loaded import KEYS, load_scale, load_surface, load_table
from riskmap.web.signed import VALID_S, SignatureError, read_token, sign

WORKER = REPOSITORY / "assets" / "loaders.gl" / "mvt-worker-4.4.3.js"
"""Reads tiles in the browser; of the version that Streamlit's deck.gl has, which else would fetch one from outside."""
WORKER_PATH = "/map/mvt-worker.js"
OUTSIDE = 31
"""Class of cells that lie outside the place shown: they are not painted."""
COMPRESSION = 3
CLOSEST_DOTS_PX = 6.0
Classes = Mapping[int, NDArray[np.uint8]]


def tile_source(study: Study, surface: Surface, place: str, level: str) -> TileSource:
    """Return where the browser gets the cells of a surface that lie in `place`; "" for all of them."""
    claims = {**scope_claims(study), "surface": surface.snapshot_id, "place": place, "level": level}
    token = sign(claims)
    template = "/{z}/{x}/{y}.mvt"
    zooms = load_tiles(study, surface).zooms
    return TileSource(f"/map/cells/{token}{template}", f"/map/dots/{token}{template}", WORKER_PATH, zooms)


def clicked_cell(study: Study, surface: Surface, clicked: Mapping[str, Any]) -> str:
    """Return the name of the cell that a selected object of a tile stands for; "" where it is none."""
    properties = clicked.get("properties") or {}
    resolution, position = properties.get("r"), properties.get("i")
    level = load_levels(study, surface).get(resolution) if isinstance(resolution, int) else None
    if level is None or not isinstance(position, int) or not 0 <= position < len(level):
        return ""
    return str(h3.int_to_str(int(level["cell"].iloc[position])))


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEYS)
def load_tiles(study: Study, surface: Surface) -> Tiles:
    """Return the tiles of a surface's grid, which publishing has prepared."""
    return prepare_tiles(study, surface.cells["cell"].to_numpy())


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEYS)
def load_levels(study: Study, surface: Surface) -> dict[int, pd.DataFrame]:
    """Return a surface's cells at each resolution that its tiles show, sorted by cell."""
    return {
        resolution: surface.cells if resolution == study.resolution else roll_up(surface.cells, resolution)
        for resolution in set(load_tiles(study, surface).resolutions.values())
    }


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=KEYS)
def cell_classes(study: Study, surface: Surface, place: str, level: str) -> Classes:
    """Return the class of each sorted cell at each resolution that tiles show, OUTSIDE for those not in `place`.

    A larger cell on the border of a place has the class of its part inside.
    """
    scale = load_scale(study, surface)
    levels = load_levels(study, surface)
    if not place:
        return {at: scale.classes(cells["expected"], at).astype(np.uint8) for at, cells in levels.items()}
    areas = load_table(surface, "cell_areas")
    inside = surface.cells[surface.cells["cell"].isin(areas.loc[areas[level] == place, "cell"])]
    found = {}
    for resolution, cells in levels.items():
        part = inside if resolution == study.resolution else roll_up(inside, resolution)
        found[resolution] = np.full(len(cells), OUTSIDE, dtype=np.uint8)
        at = np.searchsorted(cells["cell"].to_numpy(), part["cell"].to_numpy())
        found[resolution][at] = scale.classes(part["expected"], resolution)
    return found


def serve_cells(request: Request) -> Response:
    """Answer with one tile of cells: 204 where there is none, 403 for an address that is not, or no longer, ours."""
    return _serve(request, _cells)


def serve_dots(request: Request) -> Response:
    """Answer with one tile of dots, on the cells that no catchment covers."""
    return _serve(request, _dots)


def _serve(request: Request, make: Callable[[Study, Surface, Tiles, Address, Classes], bytes]) -> Response:
    try:
        claims = read_token(request.path_params["token"])
        with reader_of_address(claims) as study:
            surface = load_surface(study, claims["surface"])
        classes = cell_classes(study, surface, claims["place"], claims["level"])
        tiles = load_tiles(study, surface)
        address = (request.path_params["z"], request.path_params["x"], request.path_params["y"])
        tile = make(study, surface, tiles, address, classes) if address in tiles.index else b""
    except SignatureError as refused:
        return PlainTextResponse(refused.text.en, 403)
    except RiskmapError as gone:
        return PlainTextResponse(gone.text.en, 404)
    headers = {"Cache-Control": f"private, max-age={VALID_S}, immutable"}
    if not tile:
        return Response(status_code=204, headers=headers)
    packed = gzip.compress(tile, compresslevel=COMPRESSION, mtime=0)
    headers |= {"Content-Encoding": "gzip"}
    return Response(packed, media_type="application/vnd.mapbox-vector-tile", headers=headers)


def _cells(study: Study, surface: Surface, tiles: Tiles, address: Address, classes: Classes) -> bytes:
    scale = load_scale(study, surface)
    texts = {at: [words for _, words in scale.entries(at)][::-1] for at in classes}
    return tiles.tile(address, classes, texts)


def _dots(study: Study, surface: Surface, tiles: Tiles, address: Address, classes: Classes) -> bytes:
    resolution = tiles.resolutions[address[0]]
    at = tiles.cells_at(address)
    level = load_levels(study, surface)[resolution].iloc[at]
    blind = (level["monitored"].to_numpy(float) == 0) & (classes[resolution][at] != OUTSIDE)
    cells = level["cell"].to_numpy()[blind]
    if not len(cells):
        return b""
    if address[0] < tiles.zooms[1] and cell_width_px(cells, address[0]) < CLOSEST_DOTS_PX:
        # One dot for each larger cell with a blind one in it, on a blind one: dots that touch would hide the classes.
        cells = cells[np.unique(parents_of(cells, resolution - 1), return_index=True)[1]]
    return dots_tile(address, *cell_centres(cells))


def serve_worker(_: Request) -> Response:
    """Answer with the script that reads tiles in the browser."""
    return FileResponse(WORKER, media_type="text/javascript", headers={"Cache-Control": "max-age=86400"})


def routes() -> list[Route]:
    """Return what is served beside the pages."""
    place = "{token}/{z:int}/{x:int}/{y:int}.mvt"
    return [
        Route(f"/map/cells/{place}", serve_cells),
        Route(f"/map/dots/{place}", serve_dots),
        Route(WORKER_PATH, serve_worker),
    ]
