"""Outlines and roads as files of their own: fetched once, not sent with every change of a page."""

import json
import math
from collections.abc import Sequence
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

LineName = Literal["outline", "areas", "counties", "roads"]
LINE_NAMES: tuple[str, ...] = get_args(LineName)
FINER = {"province": "prefecture", "prefecture": "county", "county": "township"}
SIMPLIFY_PARTS = 1500
"""Lines are simplified to this part of the place's height: under one pixel of a map that the place fills."""


def outline_of(areas: gpd.GeoDataFrame, place: str, boundary: BaseGeometry) -> BaseGeometry:
    """Return the shape of a place, or of the study where there is no such place."""
    found = areas[areas["area_code"] == place]
    return found.geometry.iloc[0] if len(found) else boundary


def inner_areas(areas: gpd.GeoDataFrame, place: str) -> gpd.GeoDataFrame:
    """Return the areas one level below a place, or below the level that a map of the whole study stands for."""
    level = areas.loc[areas["area_code"] == place, "level"]
    finer = FINER.get(level.iloc[0] if len(level) else _top_level(areas), "")
    inside = areas[areas["level"] == finer] if finer else areas.iloc[:0]
    return inside[inside["parent_code"] == place] if place and "parent_code" in inside else inside


def _top_level(areas: gpd.GeoDataFrame) -> str:
    present = [level for level in (*FINER, "township") if (areas["level"] == level).any()]
    if not present or present[0] == "province":
        return "province"
    return {finer: level for level, finer in FINER.items()}[present[0]]


def line_shapes(
    name: str, areas: gpd.GeoDataFrame, roads: pd.DataFrame, place: str, boundary: BaseGeometry
) -> Sequence[BaseGeometry]:
    """Return what is drawn as lines under a name of LINE_NAMES on a map of a place, "" for the whole study.

    "areas" and "counties" are borders within the outline, which is always drawn over them.
    """
    outline = outline_of(areas, place, boundary)
    if name == "outline":
        return [outline]
    if name == "areas":
        return borders_within(outline, inner_areas(areas, place).geometry)
    if name == "counties":
        return borders_within(outline, areas.loc[areas["level"] == "county", "geometry"])
    shapes = roads["geometry"].to_numpy() if len(roads) else np.array([], dtype=object)
    return list(shapes[shapely.intersects(shapes, shapely.box(*outline.bounds))])


def borders_within(outline: BaseGeometry, shapes: gpd.GeoSeries) -> list[BaseGeometry]:
    """Return the borders between shapes once each, without what lies on the outline.

    Where WebGL is software each piece of a line costs time in every frame, and a border drawn for both its sides twice.
    """
    borders = shapely.union_all(shapely.boundary(shapes.to_numpy()))
    merged = shapely.line_merge(shapely.difference(borders, outline.boundary))
    return [line for line in shapely.get_parts(merged) if not line.is_empty]


def tolerance_of(outline: BaseGeometry) -> float:
    """Return by how many degrees lines on a map of `outline` may be off."""
    _, south, _, north = outline.bounds
    return float(north - south) / SIMPLIFY_PARTS


def line_collection(shapes: Sequence[BaseGeometry], tolerance: float) -> dict[str, object]:
    """Return GeoJSON of shapes as lines, simplified to `tolerance` degrees and written no finer than that."""
    lines = _simple_lines(shapes, tolerance)
    features = [
        {"type": "Feature", "geometry": json.loads(text), "properties": {}}
        for text in np.atleast_1d(shapely.to_geojson(lines))
    ]
    return {"type": "FeatureCollection", "features": features}


def line_pieces(shapes: Sequence[BaseGeometry], tolerance: float) -> list[dict[str, list[float]]]:
    """Return the straight pieces of shapes as lines, each from a place (s) to a place (t), as `line_collection` does.

    A browser whose WebGL is software draws them in a third of the time that lines with joints take (docs/compute.md).
    """
    parts = shapely.get_parts(_simple_lines(shapes, tolerance))
    places, line = shapely.get_coordinates(parts, return_index=True)
    written = np.round(places, -math.floor(math.log10(grid_of(tolerance)))).tolist()
    joined = np.flatnonzero(line[1:] == line[:-1])
    return [{"s": written[at], "t": written[at + 1]} for at in joined]


def _simple_lines(shapes: Sequence[BaseGeometry], tolerance: float) -> NDArray[np.object_]:
    simple = shapely.simplify(np.asarray(shapes, dtype=object), tolerance)
    lines = [shape if "Polygon" not in shape.geom_type else shape.boundary for shape in simple if not shape.is_empty]
    return np.asarray(shapely.set_precision(np.asarray(lines, dtype=object), grid_of(tolerance)))


def grid_of(tolerance: float) -> float:
    """Return the power of ten, in degrees, that lies well within a tolerance; not under 1 m."""
    return float(max(10.0 ** np.floor(np.log10(max(tolerance, 1e-5) / 4)), 1e-5))
