"""From tables to one map: which layers, in which order, for which place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd
import pydeck
import shapely
from shapely.geometry.base import BaseGeometry

from riskmap.figures import line_layers, map_layers
from riskmap.figures.deck import build_deck, fit_view
from riskmap.figures.map_lines import inner_areas, outline_of, tolerance_of
from riskmap.figures.map_names import names_layer
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import INK, PALETTE, format_count
from riskmap.figures.scale_bar import scale_bar_layer
from riskmap.figures.words import KIND_WORDS, SITE_GROUPS, format_day, kind_word

LEGEND_PX = 270
"""Width of the legend that lies over the map's left side (web/style.css)."""
LABEL_PX = 14
LIST_COLOURS = {"challenger": "#d95f02", "champion": "#1b6fb3"}
"""Whose list alone holds a cell: orange against blue, which no kind of colour blindness confuses."""


@dataclass(frozen=True)
class Scene:
    """What a map shows; `place` is the area that fills it, "" for the whole study.

    `lines` is where the browser gets outlines, roads, names and the scale bar, a template with {name} (map_lines.py);
    `palette` has a colour for each class of the tiles; `base` is the address of a base map's style, "" for none. `size`
    is the map's width and height, `legend_px` what the legend takes of the width, `label_px` the height of names, all
    in pixels.
    """

    tiles: map_layers.TileSource
    lines: str
    boundary: BaseGeometry
    areas: gpd.GeoDataFrame
    place: str = ""
    layers: Sequence[str] = ()
    tables: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    cell: str = ""
    language: str = "zh"
    size: tuple[int, int] = (880, 520)
    palette: Sequence[str] = PALETTE
    legend_px: int = LEGEND_PX
    label_px: int = LABEL_PX
    base: str = ""

    @cached_property
    def outline(self) -> BaseGeometry:
        """The shape of the place, or of the study."""
        return outline_of(self.areas, self.place, self.boundary)


def view_of(scene: Scene) -> pydeck.ViewState:
    """Return the view that a map of `scene` begins with."""
    return fit_view(scene.outline.bounds, scene.size, scene.legend_px)


def compose(scene: Scene) -> pydeck.Deck:
    """Return the map of `scene`."""
    stack = [map_layers.tiled_cells_layer(scene.tiles, scene.place or "all", scene.palette, bool(scene.base))]
    if "not_monitored" in scene.layers:
        stack.append(map_layers.not_monitored_layer(scene.tiles))
    if "roads" in scene.layers and len(scene.tables.get("roads", ())):
        stack.append(line_layers.lines_layer("roads", scene.lines.format(name="roads"), "#8b8f94", 1.0))
    stack += _blind_spot_layers(scene)
    view = view_of(scene)
    stack += area_layers(scene.areas, scene.place, scene.lines, scene.language, view.zoom, scene.label_px)
    stack += _data_layers(scene)
    bar = scene.lines.format(name="scale-bar")
    stack.append(scale_bar_layer(bar, view, scene.size, scene.language, scene.label_px - 1))
    if scene.cell:
        stack += map_layers.outline_layer(scene.cell)
    return build_deck(stack, view, scene.base)


def area_layers(
    areas: gpd.GeoDataFrame, place: str, lines: str, language: str, zoom: float, label_px: int = LABEL_PX
) -> list[pydeck.Layer]:
    """Return the outline of a place and the areas right below it with their names; place "" is the whole study.

    `zoom` is where the map begins.
    """
    inside = inner_areas(areas, place)
    layers = []
    if len(inside):
        layers.append(line_layers.lines_layer("areas", lines.format(name="areas"), "#4a5560", 1.0))
    layers.append(line_layers.lines_layer("outline", lines.format(name="outline"), INK, 2.5))
    if len(inside):
        layers.append(names_layer(lines.format(name=f"names-{language}"), zoom, label_px))
    return layers


def points_of(scene: Scene) -> dict[str, pd.DataFrame]:
    """Return the rows that a scene shows by layer, but for roads; points have lon and lat."""
    found = {}
    for name in scene.layers:
        table = scene.tables.get(name)
        if table is None or name == "roads":
            continue
        table = _inside(scene, table) if scene.place else table
        if name in SITE_GROUPS and len(table):
            points = table.geometry.representative_point()
            table = table.assign(lon=points.x, lat=points.y)
        elif name in ("cases", "seizures"):
            table = table.dropna(subset=["lon", "lat"])
        if len(table):
            found[name] = table
    return found


def _data_layers(scene: Scene) -> list[pydeck.Layer]:
    layers = []
    words = {kind: word.in_language(scene.language) for kind, word in KIND_WORDS.items()}
    for name, table in points_of(scene).items():
        if name == "plants":
            layers.append(line_layers.catchment_layer(table, _plant_texts(table), tolerance_of(scene.outline)))
        elif name == "blind_spots":
            continue  # they lie below the names, which are drawn first
        elif name in SITE_GROUPS:
            layers.append(map_layers.point_layer(name, table, map_layers.site_texts(table, words, scene.language)))
        else:
            layers.append(map_layers.point_layer(name, table, _event_texts(table, scene.language)))
    return layers


def _blind_spot_layers(scene: Scene) -> list[pydeck.Layer]:
    table = scene.tables.get("blind_spots")
    if table is None or "blind_spots" not in scene.layers:
        return []
    table = _inside(scene, table) if scene.place else table
    return line_layers.blind_spot_layers(table, tolerance_of(scene.outline)) if len(table) else []


def _inside(scene: Scene, table: pd.DataFrame) -> pd.DataFrame:
    """Rows whose point lies in the place, or whose shape touches it."""
    outline = scene.outline
    shapely.prepare(outline)
    if "lon" in table:
        return table[shapely.contains_xy(outline, table["lon"].to_numpy(float), table["lat"].to_numpy(float))]
    return table[shapely.intersects(table.geometry.to_numpy(), outline)]


def _plant_texts(plants: pd.DataFrame) -> pd.Series:
    return plants["code"].map(plain_text)


def _event_texts(events: pd.DataFrame, language: str) -> pd.Series:
    days = {day: format_day(day, language) for day in events["occurred_from"].unique()}
    kinds = {kind: plain_text(kind_word(kind, language)) for kind in events["kind"].unique()}
    texts = events["kind"].map(kinds) + " · " + events["occurred_from"].map(days)
    return texts.astype(object)


def compose_sites(
    sites: pd.DataFrame,
    boundary: BaseGeometry,
    areas: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    lines: str,
    chosen: int | None,
    language: str,
    size: tuple[int, int],
    base: str = "",
) -> pydeck.Deck:
    """Return the map of an inspection list (lon, lat, arm, visit, names, kind); `chosen` is a row's position."""
    stack = [line_layers.lines_layer("roads", lines.format(name="roads"), "#b9bdc1", 1.0)] if len(roads) else []
    stack += _county_lines(lines, areas)
    words = {kind: word.in_language(language) for kind, word in KIND_WORDS.items()}
    texts = sites["visit"].astype(str) + ". " + map_layers.site_texts(sites, words, language)
    for arm in ("ranked", "random"):
        mine = sites["arm"] == arm
        stack.append(map_layers.point_layer(arm, sites[mine], texts[mine]))
    stack.append(map_layers.number_layer(sites, chosen))
    return build_deck(stack, fit_view(boundary.bounds, size), base)


def compose_lists(
    apart: Sequence[Mapping[str, Any]],
    boundary: BaseGeometry,
    areas: gpd.GeoDataFrame,
    lines: str,
    size: tuple[int, int],
) -> pydeck.Deck:
    """Return the map of the cells that only one of two lists holds (`riskmap.model.promotion.lists_apart`)."""
    marks = [list(LIST_COLOURS).index(row["listed_by"]) for row in apart]
    texts = [f"{format_count(row['champion'])} → {format_count(row['challenger'])}" for row in apart]
    cells = map_layers.marked_cells_layer([row["cell"] for row in apart], marks, texts, list(LIST_COLOURS.values()))
    return build_deck([cells, *_county_lines(lines, areas)], fit_view(boundary.bounds, size))


def _county_lines(lines: str, areas: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    outline = line_layers.lines_layer("outline", lines.format(name="outline"), INK, 2.5)
    if not (areas["level"] == "county").any():
        return [outline]
    return [line_layers.lines_layer("areas", lines.format(name="counties"), "#7a858f", 1.0), outline]
