"""Where a row stands: its coordinates as WGS84, inside the area or not, or only the code of an area."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from riskmap.errors import SourceError
from riskmap.layers.findings import Findings
from riskmap.schema import COLUMNS, TIME_COLUMNS
from riskmap.sources.datum import is_geographic, is_unknown, to_wgs84
from riskmap.sources.numbers import parse_degrees, parse_numbers
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

MARGIN_M = 5000.0
"""How far outside the boundary a place may lie: boundaries are generalised, and police cross them."""
FINEST_WITHOUT_DATUM = 7
"""At this resolution a wrong datum moves a fifth of the points into another cell, from 8 on most of them."""
AREA_TOLERANCE = 0.01
NO_PLACE = (-1.0, 9999.0, 99999.0, 999999.0, -9999.0)
POLYGONS = (3, 6)
POLYGONS_AND_LINES = (1, 3, 5, 6)


@dataclass(frozen=True)
class Reach:
    """The boundary with its margin, ready for many questions."""

    shape: BaseGeometry
    bounds: tuple[float, float, float, float]

    def holds(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Return which points lie inside; NaN lies outside."""
        west, south, east, north = self.bounds
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        inside[inside] = shapely.contains_xy(self.shape, lon[inside], lat[inside])
        return inside


def area_reach(study: Study) -> Reach:
    """Return the study's boundary widened by the margin, measured in metres around its own centre."""
    boundary = study.boundary()
    centre = boundary.envelope.centroid
    local = CRS.from_dict({"proj": "aeqd", "lon_0": centre.x, "lat_0": centre.y, "datum": "WGS84", "units": "m"})
    outline = gpd.GeoSeries([boundary], crs="EPSG:4326").to_crs(local)
    wide = outline.simplify(MARGIN_M / 100).buffer(MARGIN_M, quad_segs=6).to_crs("EPSG:4326").iloc[0]
    shapely.prepare(wide)
    return Reach(wide, wide.bounds)


def source_crs(recipe: Recipe, file_crs: str | None, file: str, study: Study, *, has_geometry: bool) -> str:
    """Return the coordinate system of a file's places: what the file names, else what the recipe declares.

    Raises
    ------
    SourceError
        If neither says, if both say and differ, or if nobody knows the datum and the cells are too small for that.
    """
    declared = recipe.crs
    if declared is not None and is_unknown(declared):
        if study.resolution > FINEST_WITHOUT_DATUM:
            raise SourceError(
                "unknown_datum",
                "The datum of {file} is unknown; at resolution {resolution} a wrong one puts most points into a wrong "
                "cell. Declare `crs` in recipe {name} (WGS84, CGCS2000, GCJ-02, BD-09 or a code).",
                file=file,
                resolution=study.resolution,
                name=recipe.name,
            )
        return declared
    if declared is None and file_crs is None:
        raise SourceError(
            "missing_crs",
            "{file} does not say in which coordinate system its places are; give it as `crs` in recipe {name}.",
            file=file,
            name=recipe.name,
        )
    if has_geometry and file_crs is not None:
        _check_agreement(declared, file_crs, file, recipe)
        return declared if declared in ("GCJ-02", "BD-09") else file_crs
    return str(declared)


def _check_agreement(declared: str | None, file_crs: str, file: str, recipe: Recipe) -> None:
    """Chinese offset datums have no code that a file could carry; everything else must be what the file says."""
    if declared is None or declared.upper() in ("GCJ-02", "BD-09"):
        return
    ours = CRS.from_user_input("EPSG:4490" if declared.upper() == "CGCS2000" else declared)
    theirs = CRS.from_user_input(file_crs)
    if not ours.equals(theirs, ignore_axis_order=True) and not (ours.is_geographic and theirs.is_geographic):
        raise SourceError(
            "crs_conflict",
            "{file} says its coordinate system is {theirs}, recipe {name} says {ours}; correct one of them.",
            file=file,
            theirs=theirs.name,
            ours=declared,
            name=recipe.name,
        )


def place_points(
    texts: pd.DataFrame, crs: str, reach: Reach, findings: Findings, *, coded: np.ndarray, swap: bool = True
) -> np.ndarray:
    """Return points (None where a row has only an area code) for rows of coordinate texts.

    Parameters
    ----------
    texts
        Columns lon and lat, or x and y.
    crs
        What the coordinates are in.
    coded
        Which rows carry an area code, and so count at area level where they have no coordinates.
    swap
        Whether longitude and latitude may be swapped back; not for a list of the whole world, where most places lie
        outside and some would fall inside by chance.
    """
    degrees = is_geographic(crs)
    names = ("lon", "lat") if "lon" in texts else ("x", "y")
    read = parse_degrees if degrees else parse_numbers
    x, y = (read(texts[name]).to_numpy("float64") for name in names)
    original = (texts[names[0]] + " " + texts[names[1]]).str.strip()
    blank = ((texts[names[0]] == "") | (texts[names[1]] == "")).to_numpy(bool)
    nowhere = blank | ((x == 0) & (y == 0)) | np.isin(x, NO_PLACE) | np.isin(y, NO_PLACE)
    findings.add("no_location", nowhere & ~coded, names[0], original)
    findings.add("place_unreadable", ~nowhere & (np.isnan(x) | np.isnan(y)), names[0], original)
    lon, lat = to_wgs84(np.where(nowhere, np.nan, x), np.where(nowhere, np.nan, y), crs)
    inside = reach.holds(lon, lat)
    if degrees and swap:
        lon, lat, inside = _swap_back(x, y, lon, lat, inside | nowhere, crs, reach, findings, original)
    findings.add("outside_area", ~nowhere & ~inside, names[0], original)
    points = np.asarray(shapely.points(np.where(nowhere, 0, lon), np.where(nowhere, 0, lat)))
    points[nowhere | np.isnan(lon)] = None
    return points


def _swap_back(
    x: np.ndarray,
    y: np.ndarray,
    lon: np.ndarray,
    lat: np.ndarray,
    settled: np.ndarray,
    crs: str,
    reach: Reach,
    findings: Findings,
    original: pd.Series,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Swap longitude and latitude where that, and only that, brings a point into the area."""
    doubtful = np.flatnonzero(~settled)
    if not len(doubtful):
        return lon, lat, settled
    other_lon, other_lat = to_wgs84(y[doubtful], x[doubtful], crs)
    better = reach.holds(other_lon, other_lat)
    swapped = np.zeros(len(settled), dtype=bool)
    swapped[doubtful[better]] = True
    lon[swapped], lat[swapped] = other_lon[better], other_lat[better]
    texts = pd.DataFrame({"lon": lon[swapped], "lat": lat[swapped]}).map("{:.6f}".format).astype("str")
    repaired = pd.Series("", index=original.index, dtype="object")
    repaired[swapped] = (texts["lon"] + " " + texts["lat"]).to_numpy()
    findings.add("lat_lon_swapped", swapped, "lon", original, repaired)
    return lon, lat, settled | swapped


def move_shapes(shapes: np.ndarray, crs: str) -> np.ndarray:
    """Return geometries of `crs` in WGS84, flat; empty ones as none."""
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    flat = np.asarray(shapes, dtype=object).copy()
    flat[missing] = None

    def move(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return to_wgs84(x, y, crs)

    return np.asarray(shapely.transform(shapely.force_2d(flat), move, interleaved=False))  # type: ignore[arg-type]


def place_shapes(shapes: np.ndarray, layer: str, reach: Reach, findings: Findings, *, coded: np.ndarray) -> np.ndarray:
    """Return valid geometries for WGS84 ones that a vector file or a WKT column holds."""
    missing = shapely.is_missing(shapes)
    findings.add("geometry_missing", missing & ~coded)
    moved = _valid_shapes(shapes, findings)
    if layer in TIME_COLUMNS:
        findings.add("place_unreadable", ~missing & (shapely.get_type_id(moved) != 0), "geometry")
    near = shapely.intersects(reach.shape, moved)
    findings.add("outside_area", ~missing & ~near, "geometry", _where(moved))
    return moved


def _where(shapes: np.ndarray) -> pd.Series:
    """Return the middle of each geometry as text; the geometry itself may have thousands of points."""
    middles = shapely.centroid(shapes)
    return pd.Series(shapely.to_wkt(middles, rounding_precision=5), dtype=object).fillna("")


def _valid_shapes(shapes: np.ndarray, findings: Findings) -> np.ndarray:
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


def needs_place(layer: str) -> bool:
    """Return whether every row of a layer must stand somewhere."""
    return "geometry" in COLUMNS[layer]
