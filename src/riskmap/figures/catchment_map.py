"""The map of wastewater: catchments by load, what is old, not reported or not shown, and where nobody samples."""

import json
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pydeck
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from riskmap.figures import line_layers, map_layers
from riskmap.figures.catchment_key import COLOURS, OTHER_LINE, PLACE_LINE, SIGNS
from riskmap.figures.deck import build_deck, fit_view
from riskmap.figures.map_lines import grid_of, outline_of, tolerance_of
from riskmap.figures.plain import plain_texts
from riskmap.figures.scale import INK, NOT_MONITORED, rgb
from riskmap.figures.scene import LABEL_PX, LEGEND_PX, area_layers

HATCHES, DOTS = 160, 70
"""Lines of hatching, and dots where nobody samples, along the map's height: about 5 and 10 pixels apart."""
LEAST_SHARE = 0.03
"""Part of the map's height: a catchment smaller than such a square gets a dot too, or its colour could not be seen."""
CHOSEN_LINES = ((INK, 7.0), ("#ffd33d", 3.0))
"""Around the chosen place, colour and width in pixels: yellow on black, seen on every class."""


@dataclass(frozen=True)
class Frame:
    """What surrounds a map: the study's outline and areas, the place that fills it ("": all), language, pixels.

    `lines` is where the browser gets the outlines of areas, a template with {name} (map_lines.py).
    """

    boundary: BaseGeometry
    areas: gpd.GeoDataFrame
    lines: str
    language: str
    size: tuple[int, int]
    place: str = ""
    legend_px: int = LEGEND_PX
    label_px: int = LABEL_PX

    @property
    def outline(self) -> BaseGeometry:
        """The shape of the place, or of the study."""
        return outline_of(self.areas, self.place, self.boundary)


def compose_catchments(
    plants: gpd.GeoDataFrame, others: gpd.GeoSeries, chosen: int | None, frame: Frame
) -> pydeck.Deck:
    """Return the map of the sampling places of one level.

    Parameters
    ----------
    plants
        geometry (a catchment, or a point where it is unknown), level, shade (`catchment_classes`), old, finding (1 a
        rise, -1 a fall) and text, what the pointer reads.
    others
        Catchments of other levels (`not_inside`): outlines only, but somebody samples there.
    chosen
        Position of the place to be marked.
    """
    outline = frame.outline
    tolerance = tolerance_of(outline)
    shapes = gpd.GeoSeries(shapely.simplify(plants.geometry.to_numpy(), tolerance), crs=plants.crs)
    stack = [_dots_layer(not_sampled(outline, shapes, others))]
    if len(others):
        stack.append(line_layers.inline_lines_layer("other-levels", list(others), OTHER_LINE, 0.7, tolerance))
    small, larger = dotted_places(shapes, outline), frame.label_px / LABEL_PX
    if len(plants):
        stack.append(_places_layer("places", plants, shapes, tolerance))
    stack += _old_layers(shapes[plants["old"].to_numpy(bool)], outline)
    view = fit_view(outline.bounds, frame.size, frame.legend_px)
    stack += area_layers(frame.areas, frame.place, frame.lines, frame.language, view.zoom, frame.label_px)
    if small.any():
        dots = shapes.where(~small, shapes.representative_point())
        stack.append(_places_layer("places-dots", plants[small], dots[small], tolerance, 6 * larger))
    stack += _signs_layers(plants, shapes, 18 * larger)
    stack += [] if chosen is None else _mark_layers(shapes.iloc[[chosen]])
    return build_deck(stack, view)


def not_sampled(boundary: BaseGeometry, places: gpd.GeoSeries, others: gpd.GeoSeries) -> NDArray[np.float64]:
    """Return evenly spread points of the area that lie in no catchment: longitude and latitude, shape (n, 2)."""
    shapes = pd.concat([places, others])
    west, south, east, north = boundary.bounds
    step = (north - south) / DOTS
    wide = step / max(float(np.cos(np.radians((south + north) / 2))), 0.1)
    lon, lat = np.meshgrid(np.arange(west + wide / 2, east, wide), np.arange(south + step / 2, north, step))
    lon[1::2] += wide / 2  # a quincunx reads as dots, a square grid as lines
    outside = shapely.contains_xy(boundary, lon.ravel(), lat.ravel())
    points = np.column_stack([lon.ravel(), lat.ravel()])[outside]
    polygons = shapes[shapes.geom_type.isin(["Polygon", "MultiPolygon"])].to_numpy()
    within, _ = shapely.STRtree(polygons).query(shapely.points(points), predicate="within")
    return np.delete(points, np.unique(within), axis=0)


def _dots_layer(points: NDArray[np.float64]) -> pydeck.Layer:
    return pydeck.Layer(
        "ScatterplotLayer",
        [{"p": place} for place in points.round(4).tolist()],
        id="not-sampled",
        get_position="p",
        get_fill_color=[*rgb(NOT_MONITORED), 150],
        radius_units="'pixels'",
        get_radius=1.4,
        pickable=False,
    )


def dotted_places(shapes: gpd.GeoSeries, boundary: BaseGeometry) -> NDArray[np.bool_]:
    """Return which places are drawn as dots (too), above the names of areas: points, and catchments hard to see."""
    _, south, _, north = boundary.bounds
    return np.asarray(shapely.area(shapes.to_numpy()) < (LEAST_SHARE * (north - south)) ** 2)


def _places_layer(
    name: str, plants: gpd.GeoDataFrame, shapes: gpd.GeoSeries, tolerance: float, radius_px: float = 6
) -> pydeck.Layer:
    """Return places in their colours, which stand in the sub-layers: a selection then dims none of them.

    `i` is the place's label in the index of `plants`, its position among all places.
    """
    painted = "".join(f"properties.k=={k}?{rgb(colour)}:" for k, colour in enumerate(COLOURS[:-1]))
    colour = {"getFillColor": f"@@={painted}{rgb(COLOURS[-1])}"}
    rows = zip(_encoded(shapes, tolerance), plants.index, plants["shade"], plain_texts(plants["text"]), strict=True)
    features = [
        {"type": "Feature", "geometry": json.loads(shape), "properties": {"i": int(i), "k": int(shade), "t": text}}
        for shape, i, shade, text in rows
    ]
    return pydeck.Layer(
        "GeoJsonLayer",
        {"type": "FeatureCollection", "features": features},
        id=f"{name}-{plants['level'].iloc[0]}",
        filled=True,
        stroked=True,
        get_line_color=rgb(PLACE_LINE),
        line_width_units="'pixels'",
        get_line_width=0.8,
        line_width_min_pixels=0.8,
        point_radius_units="'pixels'",
        get_point_radius=radius_px,
        pickable=True,
        _sub_layer_props={"polygons-fill": colour, "points-circle": colour},
    )


def _encoded(shapes: gpd.GeoSeries, tolerance: float) -> list[str]:
    """Return shapes as GeoJSON, with the digits that can be seen."""
    return list(shapely.to_geojson(shapely.set_precision(shapes.to_numpy(), grid_of(tolerance))))


def not_inside(others: gpd.GeoSeries, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the catchments of other levels that no larger catchment of the level shown has within it."""
    polygons = shapes.to_numpy()
    other, shown = shapely.STRtree(polygons).query(others.representative_point().to_numpy(), predicate="within")
    larger = shapely.area(polygons[shown]) > shapely.area(others.to_numpy()[other])
    return others.drop(others.index[np.unique(other[larger])])


def _old_layers(shapes: gpd.GeoSeries, boundary: BaseGeometry) -> list[pydeck.Layer]:
    """Return slanting lines over catchments, and rings around points, whose last sample is old."""
    points = shapes[shapes.geom_type == "Point"]
    polygons = shapes[shapes.geom_type != "Point"]
    layers = [_rings_layer("old-points", points, INK, 2.0, 13)] if len(points) else []
    if len(polygons):
        layers.append(line_layers.inline_lines_layer("old", hatching(polygons, boundary), INK, 1.0, 0.0))
    return layers


def hatching(polygons: gpd.GeoSeries, boundary: BaseGeometry) -> list[BaseGeometry]:
    """Return slanting lines within each of the polygons, on a map of `boundary`."""
    west, south, east, north = boundary.bounds
    # Lines of the family x - y = c, so that hatching runs on from one catchment into the next.
    offsets = np.arange(west - north, east - south, (north - south) / HATCHES)[:, np.newaxis]
    ends = np.stack([np.hstack([offsets + y, np.full_like(offsets, y)]) for y in (south, north)], axis=1)
    return list(shapely.intersection(polygons.to_numpy(), shapely.MultiLineString(list(ends))))


def _rings_layer(name: str, points: gpd.GeoSeries, colour: str, width_px: float, radius_px: float) -> pydeck.Layer:
    return pydeck.Layer(
        "ScatterplotLayer",
        [{"p": [round(x, 5), round(y, 5)]} for x, y in zip(points.x, points.y, strict=True)],
        id=name,
        get_position="p",
        filled=False,
        stroked=True,
        get_line_color=rgb(colour),
        line_width_min_pixels=width_px,
        line_width_max_pixels=width_px,
        radius_units="'pixels'",
        get_radius=radius_px,
        pickable=False,
    )


def _signs_layers(plants: gpd.GeoDataFrame, shapes: gpd.GeoSeries, size_px: float) -> list[pydeck.Layer]:
    """Return a triangle on each place whose load moved."""
    finding = plants["finding"].fillna(0).to_numpy(float)
    moved = np.flatnonzero(finding)
    if not len(moved):
        return []
    points = shapes.iloc[moved].representative_point()
    rows = [
        {"p": [round(x, 4), round(y, 4)], "n": SIGNS[step][0], "k": step}
        for x, y, step in zip(points.x, points.y, finding[moved].astype(int).tolist(), strict=True)
    ]
    layer = pydeck.Layer(
        "TextLayer",
        rows,
        id="moved",
        get_position="p",
        get_text="n",
        get_size=size_px,
        size_units="'pixels'",
        get_color=f"k==1?{rgb(SIGNS[1][1])}:{rgb(SIGNS[-1][1])}",
        background=True,
        get_background_color=[255, 255, 255, 235],
        background_padding=[3, 1],
        character_set="'auto'",
        font_family=map_layers.MAP_FONT,
        pickable=False,
    )
    return [layer]


def _mark_layers(shapes: gpd.GeoSeries) -> list[pydeck.Layer]:
    """Return the mark around the chosen place."""
    if shapes.geom_type.iloc[0] == "Point":
        return [_rings_layer(f"chosen-{width:g}", shapes, colour, width, 11) for colour, width in CHOSEN_LINES]
    return [
        line_layers.inline_lines_layer(f"chosen-{width:g}", list(shapes), colour, width, 0.0)
        for colour, width in CHOSEN_LINES
    ]
