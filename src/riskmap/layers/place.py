"""Where a row stands: its coordinates as WGS84, inside the area or not, or only the code of an area."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from riskmap.errors import SourceError
from riskmap.layers.findings import Findings, FindingsOf, Said
from riskmap.layers.readings import log_numbers
from riskmap.schema import COLUMNS
from riskmap.sources.datum import is_geographic, is_like_wgs84, is_unknown, to_wgs84
from riskmap.sources.gauss_krueger import is_zoned, settle_prefixes
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

MARGIN_M = 5000.0
"""How far outside the boundary a place may lie: boundaries are generalised, and police cross them."""
NO_PLACE = (-1.0, 9999.0, 99999.0, 999999.0, -9999.0)


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
        If neither says, or both say and differ.
    """
    declared = recipe.crs
    if declared is not None and is_unknown(declared):
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
        return declared if declared is not None and declared.upper() in ("GCJ-02", "BD-09") else file_crs
    return str(declared)


def _check_agreement(declared: str | None, file_crs: str, file: str, recipe: Recipe) -> None:
    """Chinese offset datums have no code that a file could carry; everything else must be what the file says."""
    if declared is None or declared.upper() in ("GCJ-02", "BD-09") or is_zoned(declared):
        return
    ours = CRS.from_user_input("EPSG:4490" if declared.upper() == "CGCS2000" else declared)
    theirs = CRS.from_user_input(file_crs)
    if not ours.equals(theirs, ignore_axis_order=True) and not (is_like_wgs84(ours) and is_like_wgs84(theirs)):
        raise SourceError(
            "crs_conflict",
            "{file} says its coordinate system is {theirs}, recipe {name} says {ours}; correct one of them.",
            file=file,
            theirs=theirs.name,
            ours=declared,
            name=recipe.name,
        )


def place_points(
    texts: pd.DataFrame,
    numbers: np.ndarray,
    crs: str,
    reach: Reach,
    findings: Findings | FindingsOf,
    *,
    coded: np.ndarray,
    swap: bool = True,
    own: tuple[str, str] | None = None,
) -> np.ndarray:
    """Return points (None where a row has only an area code) for rows of coordinate texts.

    Parameters
    ----------
    texts
        Columns lon and lat, or x and y.
    numbers
        What they mean, shape (2, n), from `given_places.column_numbers`.
    crs
        What the coordinates are in.
    coded
        Which rows carry an area code, and so count at area level where they have no coordinates.
    swap
        Whether longitude and latitude may be swapped back; not for a list of the whole world, where most places lie
        outside and some would fall inside by chance.
    own
        What the source calls the two columns.
    """
    degrees = is_geographic(crs)
    names = ("lon", "lat") if "lon" in texts else ("x", "y")
    x, y = numbers

    def original(rows: np.ndarray) -> pd.Series:
        return (texts.loc[rows, names[0]] + " " + texts.loc[rows, names[1]]).str.strip()

    blank = ((texts[names[0]] == "") | (texts[names[1]] == "")).to_numpy(bool)
    nowhere = blank | is_nowhere(x, y)
    findings.add("no_location", nowhere & ~coded, names[0], original)
    findings.add("place_unreadable", ~nowhere & (np.isnan(x) | np.isnan(y)), names[0], original)
    for name, values, shown in zip(names, numbers, own or names, strict=True):
        log_numbers(texts[name], pd.Series(values, index=texts.index), name, shown, findings)
    if not degrees:
        x = _with_zones(x, crs, ~nowhere, names[0], original, findings)
    lon, lat = to_wgs84(np.where(nowhere, np.nan, x), np.where(nowhere, np.nan, y), crs)
    if is_zoned(crs):
        findings.add("zone_missing", ~nowhere & np.isnan(lon), names[0], original)
    inside = reach.holds(lon, lat)
    if degrees and swap:
        lon, lat, inside = _swap_back(x, y, lon, lat, inside | nowhere, crs, reach, findings, original)
    findings.add("outside_area", ~nowhere & ~inside, names[0], original)
    # One block of pairs is taken twice as fast as two arrays.
    points = np.asarray(shapely.points(np.column_stack([np.where(nowhere, 0, lon), np.where(nowhere, 0, lat)])))
    points[nowhere | np.isnan(lon)] = None
    return points


def is_nowhere(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return which coordinates are written where nobody knows any: (0, 0), -1, 9999."""
    return ((x == 0) & (y == 0)) | np.isin(x, NO_PLACE) | np.isin(y, NO_PLACE)


def _with_zones(
    x: np.ndarray, crs: str, there: np.ndarray, column: str, original: Said, findings: Findings | FindingsOf
) -> np.ndarray:
    """Return eastings with or without the zone number, as the declared system wants them."""
    settled, changed = settle_prefixes(x, crs)
    if changed.any():
        repaired = pd.Series(settled).map("{:.15g}".format)
        findings.add("zone_prefix", changed & there, column, original, repaired)
    return settled


def _swap_back(
    x: np.ndarray,
    y: np.ndarray,
    lon: np.ndarray,
    lat: np.ndarray,
    settled: np.ndarray,
    crs: str,
    reach: Reach,
    findings: Findings | FindingsOf,
    original: Said,
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
    repaired = pd.Series("", index=range(len(settled)), dtype="object")
    repaired[swapped] = (texts["lon"] + " " + texts["lat"]).to_numpy()
    findings.add("lat_lon_swapped", swapped, "lon", original, repaired)
    return lon, lat, settled | swapped


def needs_place(layer: str) -> bool:
    """Return whether every row of a layer must stand somewhere."""
    return "geometry" in COLUMNS[layer]
