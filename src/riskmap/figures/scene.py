"""From tables to one map: which layers, in which order, for which place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd
import pydeck
import shapely
from shapely.geometry.base import BaseGeometry

from riskmap.figures import map_layers
from riskmap.figures.deck import build_deck, fit_view
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import INK, format_count
from riskmap.figures.words import KIND_WORDS, SITE_GROUPS, best_names, format_day, kind_word

FINER = {"province": "prefecture", "prefecture": "county", "county": "township"}
LEGEND_PX = 270
"""Width of the legend that lies over the map's left side (web/style.css)."""
LABEL_PX = 14
SIMPLIFY_PARTS = 1500
"""Lines are simplified to this part of the map's height: under one pixel."""
LIST_COLOURS = {"challenger": "#d95f02", "champion": "#1b6fb3"}
"""Whose list alone holds a cell: orange against blue, which no kind of colour blindness confuses."""


@dataclass(frozen=True)
class Scene:
    """What a map shows; `place` is the area that fills it, "" for the whole study.

    `size` is the map's width and height, `legend_px` what the legend takes of the width, `label_px` the height of
    names, all in pixels.
    """

    tiles: map_layers.TileSource
    boundary: BaseGeometry
    areas: gpd.GeoDataFrame
    place: str = ""
    layers: Sequence[str] = ()
    tables: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    cell: str = ""
    language: str = "zh"
    size: tuple[int, int] = (880, 520)
    legend_px: int = LEGEND_PX
    label_px: int = LABEL_PX

    @property
    def outline(self) -> BaseGeometry:
        """The shape of the place, or of the study."""
        found = self.areas[self.areas["area_code"] == self.place]
        return found.geometry.iloc[0] if len(found) else self.boundary


def view_of(scene: Scene) -> pydeck.ViewState:
    """Return the view that a map of `scene` begins with."""
    return fit_view(scene.outline.bounds, scene.size, scene.legend_px)


def compose(scene: Scene) -> pydeck.Deck:
    """Return the map of `scene`."""
    tolerance = line_tolerance(scene.outline)
    stack = [map_layers.tiled_cells_layer(scene.tiles, scene.place or "all")]
    if "not_monitored" in scene.layers:
        stack.append(map_layers.not_monitored_layer(scene.tiles))
    roads = _near(scene, scene.tables["roads"]) if "roads" in scene.layers and "roads" in scene.tables else None
    if roads is not None and len(roads):
        stack.append(map_layers.lines_layer("roads", roads.geometry, "#8b8f94", 1.0, tolerance))
    stack += area_layers(scene.areas, scene.place, scene.outline, scene.language, tolerance, scene.label_px)
    stack += _data_layers(scene, tolerance)
    if scene.cell:
        stack += map_layers.outline_layer(scene.cell)
    return build_deck(stack, view_of(scene))


def _near(scene: Scene, shapes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows that the frame around the place touches."""
    west, south, east, north = scene.outline.bounds
    return shapes[shapely.intersects(shapes.geometry.to_numpy(), shapely.box(west, south, east, north))]


def area_layers(
    areas: gpd.GeoDataFrame,
    place: str,
    outline: BaseGeometry,
    language: str,
    tolerance: float,
    label_px: int = LABEL_PX,
) -> list[pydeck.Layer]:
    """Return the outline of a place and the areas right below it with their names; place "" is the whole study."""
    level = areas.loc[areas["area_code"] == place, "level"]
    finer = FINER.get(level.iloc[0] if len(level) else _top_level(areas), "")
    inside = areas[areas["level"] == finer] if finer else areas.iloc[:0]
    if place and "parent_code" in inside:
        inside = inside[inside["parent_code"] == place]
    layers = []
    if len(inside):
        layers.append(map_layers.lines_layer("areas", inside.geometry, "#4a5560", 1.0, tolerance))
    layers.append(map_layers.lines_layer("outline", gpd.GeoSeries([outline]), INK, 2.5, tolerance))
    if len(inside):
        layers.append(map_layers.label_layer(inside, best_names(inside, "area_code", language), label_px))
    return layers


def _top_level(areas: gpd.GeoDataFrame) -> str:
    """The level above the one that is drawn when the whole study is shown."""
    present = [level for level in ("province", "prefecture", "county", "township") if (areas["level"] == level).any()]
    if not present or present[0] == "province":
        return "province"
    above = {"prefecture": "province", "county": "prefecture", "township": "county"}
    return above[present[0]]


def _data_layers(scene: Scene, tolerance: float) -> list[pydeck.Layer]:
    layers = []
    for name in scene.layers:
        table = scene.tables.get(name)
        table = table if table is None or not scene.place else _inside(scene, table)
        if table is None or not len(table):
            continue
        if name == "plants":
            layers.append(map_layers.catchment_layer(table, _plant_texts(table), tolerance))
        elif name in SITE_GROUPS:
            points = table.geometry.representative_point()
            places = table.assign(lon=points.x, lat=points.y)
            words = {kind: word.in_language(scene.language) for kind, word in KIND_WORDS.items()}
            layers.append(map_layers.point_layer(name, places, map_layers.site_texts(table, words, scene.language)))
        elif name in ("cases", "seizures"):
            located = table.dropna(subset=["lon", "lat"])
            layers.append(map_layers.point_layer(name, located, _event_texts(located, scene.language)))
    return layers


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
    chosen: int | None,
    language: str,
    size: tuple[int, int],
) -> pydeck.Deck:
    """Return the map of an inspection list (lon, lat, arm, visit, names, kind); `chosen` is a row's position."""
    tolerance = line_tolerance(boundary)
    stack = [map_layers.lines_layer("roads", roads.geometry, "#b9bdc1", 1.0, tolerance)] if len(roads) else []
    stack += _county_lines(boundary, areas)
    words = {kind: word.in_language(language) for kind, word in KIND_WORDS.items()}
    texts = sites["visit"].astype(str) + ". " + map_layers.site_texts(sites, words, language)
    for arm in ("ranked", "random"):
        mine = sites["arm"] == arm
        stack.append(map_layers.point_layer(arm, sites[mine], texts[mine]))
    stack.append(map_layers.number_layer(sites, chosen))
    return build_deck(stack, fit_view(boundary.bounds, size))


def compose_lists(
    apart: Sequence[Mapping[str, Any]],
    boundary: BaseGeometry,
    areas: gpd.GeoDataFrame,
    size: tuple[int, int],
) -> pydeck.Deck:
    """Return the map of the cells that only one of two lists holds (`riskmap.model.promotion.lists_apart`)."""
    marks = [list(LIST_COLOURS).index(row["listed_by"]) for row in apart]
    texts = [f"{format_count(row['champion'])} → {format_count(row['challenger'])}" for row in apart]
    cells = map_layers.marked_cells_layer([row["cell"] for row in apart], marks, texts, list(LIST_COLOURS.values()))
    stack = [cells, *_county_lines(boundary, areas)]
    return build_deck(stack, fit_view(boundary.bounds, size))


def line_tolerance(boundary: BaseGeometry) -> float:
    """Return to how many degrees lines are simplified on a map of `boundary`."""
    _, south, _, north = boundary.bounds
    return float(north - south) / SIMPLIFY_PARTS


def _county_lines(boundary: BaseGeometry, areas: gpd.GeoDataFrame) -> list[pydeck.Layer]:
    tolerance = line_tolerance(boundary)
    counties = areas[areas["level"] == "county"]
    lines = [map_layers.lines_layer("areas", counties.geometry, "#7a858f", 1.0, tolerance)] if len(counties) else []
    return [*lines, map_layers.lines_layer("outline", gpd.GeoSeries([boundary]), INK, 2.5, tolerance)]
