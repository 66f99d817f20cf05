"""Outlines and lines as files bring them: moved to WGS84, valid, of one form, near the area."""

import h3
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from riskmap.errors import SourceError
from riskmap.layers.findings import Findings, FindingsOf
from riskmap.layers.place import Reach
from riskmap.layers.point_shapes import MULTI_POINT
from riskmap.schema import TIME_COLUMNS
from riskmap.sources.datum import to_wgs84

AREA_TOLERANCE = 0.01
"""Share of its area that an outline may change by in a repair; more is another outline."""
VERTEX_CAP = 10_000_000
"""Vertices of one import above which it is refused: 160 MB of coordinates, several times that while at work."""
VERTICES_KEPT = 1_000_000
"""Vertices of one import above which outlines are simplified; a thousand counties in fine detail stay below."""
TOLERANCES_M = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Tried in turn; the coarsest is a third of the edge of a cell at resolution 10."""
WIDEST_DEGREES = 180.0
METRES_PER_DEGREE = 111_195.0
POINTS, LINES, POLYGONS = (0, 4), (1, 2, 5), (3, 6)
KINDS = {
    "roads": LINES,
    "areas": POLYGONS,
    "plants": POINTS + POLYGONS,
    "sites": POINTS + POLYGONS,
    "effort": POINTS + POLYGONS,
}
"""What each layer may hold; where events are, only a point will do."""


def move_shapes(shapes: np.ndarray, crs: str) -> np.ndarray:
    """Return geometries of `crs` in WGS84, flat; empty ones as none."""
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    flat = np.asarray(shapes, dtype=object).copy()
    flat[missing] = None

    def move(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return to_wgs84(x, y, crs)

    return np.asarray(shapely.transform(shapely.force_2d(flat), move, interleaved=False))  # type: ignore[arg-type]


def place_shapes(
    shapes: np.ndarray, layer: str, reach: Reach, findings: Findings | FindingsOf, *, coded: np.ndarray, resolution: int
) -> np.ndarray:
    """Return valid geometries for WGS84 ones that a vector file or a WKT column holds.

    Parameters
    ----------
    coded
        Which rows carry an area code or a cell, and so need no geometry.
    resolution
        Of the study's cells.

    Raises
    ------
    SourceError
        If an outline crosses the 180th meridian or spans more than half the globe, or if there are too many vertices.
    """
    _check_span(shapes)
    missing = shapely.is_missing(shapes)
    findings.add("geometry_missing", missing & ~coded)
    thin, changed = limit_vertices(shapes)
    findings.add("outline_simplified", changed, "geometry")
    moved = _one_form(_valid_shapes(thin, findings))
    _check_kind(moved, layer, findings)
    near = shapely.intersects(reach.shape, moved)
    findings.add("outside_area", ~missing & ~near, "geometry", _where(moved))
    if layer in ("plants", "areas"):
        _warn_of_small(moved, resolution, findings)
    return moved


def _check_span(shapes: np.ndarray) -> None:
    """A line across the 180th meridian, or metres taken for degrees, would cover half the globe."""
    outlines = np.isin(shapely.get_type_id(shapes), LINES + POLYGONS)
    west, south, east, north = shapely.bounds(shapes).T
    beyond = (west < -180) | (east > 180) | (south < -90) | (north > 90) | (east - west > WIDEST_DEGREES)
    wrong = np.flatnonzero(outlines & beyond)
    if len(wrong):
        first = wrong[0]
        raise SourceError(
            "too_wide",
            "{n} outlines cross the 180th meridian or span more than half the globe, the first from {west:.2f} to "
            "{east:.2f} degrees east; cut them at the meridian, or correct the coordinate system.",
            n=len(wrong),
            west=west[first],
            east=east[first],
        )


def limit_vertices(
    shapes: np.ndarray, kept: int = VERTICES_KEPT, cap: int = VERTEX_CAP
) -> tuple[np.ndarray, np.ndarray]:
    """Simplify outlines, no part lost, where there are more vertices than `kept`.

    Parameters
    ----------
    shapes
        EPSG:4326, shape (n,).
    kept
        Vertices of all shapes together that are left alone; aimed at with growing tolerance, and a shape whose area
        would change by more than AREA_TOLERANCE or that would become invalid stays as it is.

    Returns
    -------
    The shapes, and which of them were simplified, each of shape (n,).

    Raises
    ------
    SourceError
        If there are more than `cap` vertices.

    Source: Douglas & Peucker 1973, doi:10.3138/FM57-6770-U75U-7727, in the form of GEOS that keeps topology.
    """
    counts = shapely.get_num_coordinates(shapes)
    n = int(counts.sum())
    if n > cap:
        raise SourceError(
            "too_many_vertices",
            "The outlines have {n} vertices and the limit is {cap}; simplify them before the import.",
            n=n,
            cap=cap,
        )
    thin = shapes
    for tolerance in TOLERANCES_M:
        if shapely.get_num_coordinates(thin).sum() <= kept:
            break
        thin = _simplify(shapes, thin, tolerance)
    return thin, shapely.get_num_coordinates(thin) < counts


def _simplify(shapes: np.ndarray, thin: np.ndarray, tolerance_m: float) -> np.ndarray:
    """Return `thin` simplified further where it still stands for `shapes`."""
    # A degree of longitude is shorter than one of latitude, so the tolerance is nowhere exceeded.
    coarser = shapely.simplify(thin, tolerance_m / METRES_PER_DEGREE, preserve_topology=True)
    before, after = shapely.area(shapes), shapely.area(coarser)
    faithful = (np.abs(after - before) <= AREA_TOLERANCE * before) & (shapely.is_valid(coarser))
    return np.where(faithful, coarser, thin)


def _where(shapes: np.ndarray) -> pd.Series:
    """Return the middle of each geometry as text; the geometry itself may have thousands of points."""
    middles = shapely.centroid(shapes)
    return pd.Series(shapely.to_wkt(middles, rounding_precision=5), dtype=object).fillna("")


def _valid_shapes(shapes: np.ndarray, findings: Findings | FindingsOf) -> np.ndarray:
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    if not broken.any():
        return shapes
    repaired = shapes.copy()
    repaired[broken] = [_polygons_of(shape) for shape in shapely.make_valid(shapes[broken])]
    before, after = np.abs(shapely.area(shapes)), shapely.area(repaired)
    kept = broken & (np.abs(after - before) <= AREA_TOLERANCE * np.maximum(before, after)) & ~shapely.is_empty(repaired)
    findings.add("geometry_repaired", kept, "geometry")
    findings.add("geometry_invalid", broken & ~kept, "geometry")
    return np.where(kept, repaired, shapes)


def _polygons_of(shape: BaseGeometry) -> BaseGeometry:
    """Return the polygons of what a repair made, without the lines and points it may leave over."""
    parts = shapely.get_parts(shape) if shapely.get_type_id(shape) == 7 else np.array([shape])
    polygons = parts[np.isin(shapely.get_type_id(parts), POLYGONS)]
    return shapely.union_all(polygons) if len(polygons) else shape


def _one_form(shapes: np.ndarray) -> np.ndarray:
    """Return polygons with rings in the order and direction of RFC 7946: how they are written is no content."""
    areal = np.isin(shapely.get_type_id(shapes), POLYGONS)
    result = shapes.copy()
    result[areal] = shapely.orient_polygons(shapely.normalize(shapes[areal]))
    return result


def _check_kind(shapes: np.ndarray, layer: str, findings: Findings | FindingsOf) -> None:
    kinds = shapely.get_type_id(shapes)
    if layer in TIME_COLUMNS:
        several = kinds == MULTI_POINT
        findings.add("several_points", several, "geometry", pd.Series(shapely.get_num_geometries(shapes)).astype("str"))
        if layer not in KINDS:
            findings.add("place_unreadable", ~np.isin(kinds, (-1, 0)), "geometry")
    if layer in KINDS:
        names = pd.Series([shape.geom_type if shape is not None else "" for shape in shapes], dtype=object)
        findings.add("geometry_kind", ~np.isin(kinds, (-1, *KINDS[layer])), "geometry", names)


def _warn_of_small(shapes: np.ndarray, resolution: int, findings: Findings | FindingsOf) -> None:
    """Say which polygons are smaller than a cell; planar areas at their own latitude are near enough for that."""
    km2_per_degree = (METRES_PER_DEGREE / 1000) ** 2 * np.cos(np.radians(shapely.get_y(shapely.centroid(shapes))))
    areas_km2 = shapely.area(shapes) * km2_per_degree
    small = (areas_km2 > 0) & (areas_km2 < h3.average_hexagon_area(resolution, unit="km^2"))
    findings.add("smaller_than_cell", small, "geometry", pd.Series(areas_km2).map("{:.3g}".format))
