"""Coordinates of any declared datum or projection as WGS84 longitude and latitude, and back.

GCJ-02 is the offset that Chinese maps must apply, BD-09 Baidu's further one; both are undone by iteration, because the
offset is known only at the true place. CGCS2000 degrees equal WGS84 for this purpose.

Source: the public reverse-engineered formulas (coordTransform and its ports); docs/recipes.md.
"""

import warnings
from functools import cache

import numpy as np
from pyproj import CRS, Transformer
from pyproj._transformer import AreaOfInterest
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup

from riskmap.errors import SourceError
from riskmap.sources.gauss_krueger import PREFIX, is_zoned, zone_codes

WGS84_NAMES = {"WGS84", "WGS-84", "EPSG:4326", "OGC:CRS84", "CGCS2000", "EPSG:4490"}
SEMI_MAJOR_M = 6378245.0
ECCENTRICITY_2 = 0.00669342162296594323
BAIDU_TURN = np.pi * 3000.0 / 180.0
GCJ02_ITERATIONS, BD09_ITERATIONS = 5, 6
"""They leave less than a hundredth of a millimetre all over China; a place elsewhere that needs more gets more."""
ITERATIONS = 8
"""At most."""
BLOCK = 16_384
"""Places moved at a time: so many that they and what is worked out on the way stay in the processor's cache."""
CLOSE_DEGREES = 1e-10
"""A hundredth of a millimetre: smaller steps change nothing that anybody can see."""


def is_unknown(crs: str | None) -> bool:
    """Return whether a declared datum says that nobody knows it."""
    return crs is not None and crs.lower() == "unknown"


def is_geographic(crs: str) -> bool:
    """Return whether coordinates of `crs` are degrees, so that longitude and latitude could have been swapped."""
    if is_zoned(crs):
        return False
    return is_unknown(crs) or crs.upper() in WGS84_NAMES | {"GCJ-02", "BD-09"} or known_crs(crs).is_geographic


@cache
def known_crs(crs: str) -> CRS:
    """Return the coordinate system named `crs`.

    Raises
    ------
    SourceError
        If it is neither one of the named datums nor a code that PROJ knows.
    """
    try:
        return CRS.from_user_input(crs)
    except CRSError:
        raise SourceError(
            "unknown_crs",
            "Coordinate system {crs!r} is not known; give an EPSG or ESRI code, WGS84, CGCS2000, GCJ-02 or BD-09.",
            crs=crs,
        ) from None


def is_like_wgs84(crs: CRS) -> bool:
    """Return whether degrees of `crs` are those of WGS84 for this purpose: WGS84 itself and CGCS2000."""
    return crs.is_geographic and _is_global(crs)


def _is_global(crs: CRS) -> bool:
    datum = crs.datum
    return datum is not None and any(name in datum.name for name in ("World Geodetic System 1984", "China 2000"))


def has_no_shift(crs: str, lon: float, lat: float) -> bool:
    """Return whether nobody published how `crs` is moved to WGS84 at a place: its degrees are then taken as they are.

    PROJ then makes a "ballpark" transformation, which is off by what the two datums differ: 50 to 150 m for Xian 1980
    and Beijing 1954.
    """
    if is_zoned(crs):
        codes = zone_codes(np.array([35.5 * PREFIX]), crs)  # all zones of a name have one datum
        return has_no_shift(f"EPSG:{codes[0]}", lon, lat)
    if is_unknown(crs) or crs.upper() in WGS84_NAMES | {"GCJ-02", "BD-09"} or _is_global(known_crs(crs)):
        return False
    place = AreaOfInterest(lon, lat, lon, lat)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a better transformation that needs a grid is not looked for
        known = TransformerGroup(known_crs(crs), known_crs("EPSG:4326"), area_of_interest=place, allow_ballpark=False)
    return not known.transformers


@cache
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(known_crs(source), known_crs(target), always_xy=True)


def to_wgs84(x: np.ndarray, y: np.ndarray, crs: str) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude (WGS84) of coordinates in `crs`; x is longitude or easting.

    What cannot be converted becomes NaN.

    Raises
    ------
    SourceError
        If `crs` is unknown, or is Gauss-Krueger without a zone and no easting carries one.
    """
    x, y = np.asarray(x, dtype="float64"), np.asarray(y, dtype="float64")
    name = crs.upper()
    if name in WGS84_NAMES or is_unknown(crs):
        return x.copy(), y.copy()
    if name == "GCJ-02":
        return _undo(wgs84_to_gcj02, GCJ02_ITERATIONS, x, y)
    if name == "BD-09":
        return _undo(wgs84_to_gcj02, GCJ02_ITERATIONS, *_undo(gcj02_to_bd09, BD09_ITERATIONS, x, y))
    if is_zoned(crs):
        return _from_zones(x, y, crs)
    return _project(x, y, crs, "EPSG:4326")


def _from_zones(x: np.ndarray, y: np.ndarray, crs: str) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of eastings that carry their zone; NaN where one carries none."""
    codes = zone_codes(x, crs)
    lon, lat = np.full_like(x, np.nan), np.full_like(y, np.nan)
    for code in np.unique(codes[codes > 0]):
        rows = codes == code
        lon[rows], lat[rows] = _project(x[rows], y[rows], f"EPSG:{code}", "EPSG:4326")
    return lon, lat


def from_wgs84(lon: np.ndarray, lat: np.ndarray, crs: str) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates in `crs` of WGS84 longitudes and latitudes."""
    lon, lat = np.asarray(lon, dtype="float64"), np.asarray(lat, dtype="float64")
    name = crs.upper()
    if name in WGS84_NAMES or is_unknown(crs):
        return lon.copy(), lat.copy()
    if name == "GCJ-02":
        return wgs84_to_gcj02(lon, lat)
    if name == "BD-09":
        return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))
    return _project(lon, lat, "EPSG:4326", crs)


def _project(x: np.ndarray, y: np.ndarray, source: str, target: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        far_x, far_y = _transformer(source, target).transform(x, y)
    except ProjError:
        return np.full_like(x, np.nan), np.full_like(y, np.nan)
    failed = ~(np.isfinite(far_x) & np.isfinite(far_y))
    return np.where(failed, np.nan, far_x), np.where(failed, np.nan, far_y)


def wgs84_to_gcj02(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the offset coordinates of Chinese maps; outside their rectangle nothing is offset."""
    east, north = lon - 105.0, lat - 35.0
    short_waves = _waves(east, (6.0, 20.0), (2.0, 20.0))
    shift_lat = (
        -100.0 + 2.0 * east + 3.0 * north + 0.2 * north**2 + 0.1 * east * north + 0.2 * np.sqrt(np.abs(east))
        + short_waves
        + _waves(north, (1.0, 20.0), (1 / 3, 40.0))
        + (160.0 * np.sin(north * np.pi / 12.0) + 320.0 * np.sin(north * np.pi / 30.0)) * 2.0 / 3.0
    )  # fmt: skip
    shift_lon = (
        300.0 + east + 2.0 * north + 0.1 * east**2 + 0.1 * east * north + 0.1 * np.sqrt(np.abs(east))
        + short_waves
        + _waves(east, (1.0, 20.0), (1 / 3, 40.0))
        + (150.0 * np.sin(east * np.pi / 12.0) + 300.0 * np.sin(east * np.pi / 30.0)) * 2.0 / 3.0
    )  # fmt: skip
    latitude = np.radians(lat)
    curvature = 1.0 - ECCENTRICITY_2 * np.sin(latitude) ** 2
    metres_lat = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / curvature**1.5
    metres_lon = SEMI_MAJOR_M / np.sqrt(curvature) * np.cos(latitude)
    outside = (lon < 72.004) | (lon > 137.8347) | (lat < 0.8293) | (lat > 55.8271)
    moved_lon = lon + np.degrees(shift_lon / metres_lon)
    moved_lat = lat + np.degrees(shift_lat / metres_lat)
    return np.where(outside, lon, moved_lon), np.where(outside, lat, moved_lat)


def _waves(angle: np.ndarray, *waves: tuple[float, float]) -> np.ndarray:
    """Two thirds of a sum of sines, given as (frequency, amplitude)."""
    total = np.zeros_like(angle)
    for frequency, amplitude in waves:
        total += amplitude * np.sin(frequency * np.pi * angle)
    return total * 2.0 / 3.0


def gcj02_to_bd09(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Baidu's coordinates of GCJ-02 ones."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BAIDU_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BAIDU_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _undo(offset, fewest: int, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[no-untyped-def]
    """Return the place whose offset place is (x, y), by `fewest` fixed-point iterations, or more where it takes more.

    How often depends on the place alone: the same row must be the same place to the last digit in whatever company it
    comes, or two files that both hold it would contradict each other.
    """
    lon, lat = x.copy(), y.copy()
    for begin in range(0, len(x), BLOCK):
        left = np.arange(begin, min(begin + BLOCK, len(x)))
        for done in range(1, ITERATIONS + 1):
            far_lon, far_lat = offset(lon[left], lat[left])
            step_lon, step_lat = x[left] - far_lon, y[left] - far_lat
            lon[left] += step_lon
            lat[left] += step_lat
            if done >= fewest:
                left = left[np.abs(step_lon) + np.abs(step_lat) >= CLOSE_DEGREES]
                if not len(left):
                    break
    return lon, lat
