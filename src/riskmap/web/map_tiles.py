"""A surface's cells as tiles from the pages' own process, by signed addresses; and dots where nobody samples."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import h3
import numpy as np
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from riskmap.errors import RiskmapError
from riskmap.figures.map_layers import TileSource
from riskmap.grid.cells import cell_centres, parents_of
from riskmap.study import REPOSITORY, Study
from riskmap.surface.publish import Surface
from riskmap.surface.tiles import Address, Tiles, cell_width_px, dots_tile
from riskmap.web.access import reader_of_address, scope_claims
from riskmap.web.loaded import load_surface
from riskmap.web.map_classes import (
    CHANGE,
    EXPECTED,
    OUTSIDE,
    Classes,
    cell_classes,
    class_words,
    load_levels,
    load_tiles,
)
from riskmap.web.open_door import own_path
from riskmap.web.signed import VALID_S, SignatureError, read_token, sign

WORKER = REPOSITORY / "assets" / "loaders.gl" / "mvt-worker-4.4.3.js"
"""Reads tiles in the browser; of the version that Streamlit's deck.gl has, which else would fetch one from outside."""
WORKER_PATH = "/map/mvt-worker.js"
COMPRESSION = 3
CLOSEST_DOTS_PX = 6.0


def tile_source(
    study: Study, surface: Surface, place: str, level: str, shows: str = EXPECTED, language: str = ""
) -> TileSource:
    """Return where the browser gets the cells of a surface that lie in `place`; "" for all of them.

    Parameters
    ----------
    shows
        EXPECTED, BASELINE, or CHANGE with what it is held against (map_classes.py).
    language
        Of what the pointer reads on a change.
    """
    claims = {**scope_claims(study), "surface": surface.snapshot_id, "place": place, "level": level, "shows": shows}
    token = sign(claims | ({"language": language} if shows.startswith(CHANGE) else {}))
    template = "/{z}/{x}/{y}.mvt"
    zooms = load_tiles(study, surface).zooms
    cells, dots = (own_path(f"/map/{what}/{token}{template}") for what in ("cells", "dots"))
    return TileSource(cells, dots, own_path(WORKER_PATH), zooms)


def clicked_cell(study: Study, surface: Surface, clicked: Mapping[str, Any]) -> str:
    """Return the name of the cell that a selected object of a tile stands for; "" where it is none."""
    properties = clicked.get("properties") or {}
    resolution, position = properties.get("r"), properties.get("i")
    level = load_levels(study, surface).get(resolution) if isinstance(resolution, int) else None
    if level is None or not isinstance(position, int) or not 0 <= position < len(level):
        return ""
    return str(h3.int_to_str(int(level["cell"].iloc[position])))


@dataclass(frozen=True)
class _Asked:
    """What a signed address speaks of."""

    study: Study
    surface: Surface
    shows: str
    language: str
    tiles: Tiles
    classes: Classes

    @classmethod
    def read(cls, claims: Mapping[str, str]) -> "_Asked":
        with reader_of_address(claims) as study:
            surface = load_surface(study, claims["surface"])
            classes = cell_classes(study, surface, claims["place"], claims["level"], claims["shows"])
            tiles = load_tiles(study, surface)
        return cls(study, surface, claims["shows"], claims.get("language", ""), tiles, classes)


def serve_cells(request: Request) -> Response:
    """Answer with one tile of cells: 204 where there is none, 403 for an address that is not, or no longer, ours."""
    return _serve(request, _cells)


def serve_dots(request: Request) -> Response:
    """Answer with one tile of dots, on the cells that no catchment covers."""
    return _serve(request, _dots)


def _serve(request: Request, make: Callable[[_Asked, Address], bytes]) -> Response:
    try:
        asked = _Asked.read(read_token(request.path_params["token"]))
        address = (request.path_params["z"], request.path_params["x"], request.path_params["y"])
        tile = make(asked, address) if address in asked.tiles.index else b""
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


def _cells(asked: _Asked, address: Address) -> bytes:
    texts = {at: class_words(asked.study, asked.surface, asked.shows, at, asked.language) for at in asked.classes}
    return asked.tiles.tile(address, asked.classes, texts)


def _dots(asked: _Asked, address: Address) -> bytes:
    resolution = asked.tiles.resolutions[address[0]]
    at = asked.tiles.cells_at(address)
    level = load_levels(asked.study, asked.surface)[resolution].iloc[at]
    blind = (level["monitored"].to_numpy(float) == 0) & (asked.classes[resolution][at] != OUTSIDE)
    cells = level["cell"].to_numpy()[blind]
    if not len(cells):
        return b""
    if address[0] < asked.tiles.zooms[1] and cell_width_px(cells, address[0]) < CLOSEST_DOTS_PX:
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
        Route(own_path(f"/map/cells/{place}"), serve_cells),
        Route(own_path(f"/map/dots/{place}"), serve_dots),
        Route(own_path(WORKER_PATH), serve_worker),
    ]
