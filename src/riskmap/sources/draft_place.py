"""Which coordinate system a file's numbers are in, as far as they tell."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from riskmap.language import Text
from riskmap.sources.datum import to_wgs84
from riskmap.sources.draft_values import Guess
from riskmap.sources.numbers import parse_degrees, parse_numbers

CHINA = (72.004, 0.8293, 137.8347, 55.8271)
"""The rectangle in which Chinese maps are offset (west, south, east, north)."""
DATUMS = ("WGS84", "GCJ-02", "BD-09")
DECIDING_POINTS = 10
"""Points inside the boundary under one datum only from which it is preferred, if ten times as many as for another."""
TESTED = 2000
"""Points that are tried; more decide nothing."""
FITTING_SHARE = 0.9
SIX_DEGREE_ZONES, THREE_DEGREE_ZONES = range(13, 24), range(25, 46)
"""Gauss-Krueger zones of China; the zone in front of the easting tells which."""


@dataclass(frozen=True)
class Places:
    """The place columns of a recipe, and its coordinate system (None where it is left to fill in, or not needed)."""

    columns: dict[str, str] = field(default_factory=dict)
    crs: Guess | None = None


def guess_places(frame: pd.DataFrame, lon: str, lat: str, boundary: BaseGeometry | None) -> Places:
    """Return what the numbers of two columns are, by their range and, where known, by the area's boundary."""
    pairs = pd.DataFrame({"x": parse_degrees(frame[lon]), "y": parse_degrees(frame[lat])})
    pairs = pairs.fillna(pd.DataFrame({"x": parse_numbers(frame[lon]), "y": parse_numbers(frame[lat])}))
    real = pairs.notna().all(axis=1) & ~pairs.isin([0, -1, 9999]).any(axis=1)
    pairs = pairs[real].drop_duplicates()
    pairs = pairs.sample(min(TESTED, len(pairs)), random_state=0)
    x, y = pairs["x"].to_numpy(float), pairs["y"].to_numpy(float)
    if not len(x):
        return Places({"lon": lon, "lat": lat}, Guess("", Text("no row has coordinates"), open=True))
    if np.mean((np.abs(x) <= 180) & (np.abs(y) <= 180)) > FITTING_SHARE:
        return Places({"lon": lon, "lat": lat}, _guess_datum(x, y, boundary))
    if (np.median(x) < np.median(y) and np.median(y) > 1e7) or _looks_northing_first(x, y):
        x, y, lon, lat = y, x, lat, lon
    return Places({"x": lon, "y": lat}, _guess_projection(x, y, boundary))


def _looks_northing_first(x: np.ndarray, y: np.ndarray) -> bool:
    """Chinese surveys call the northing X: seven digits, and the easting Y: six."""
    return bool(np.median(x) > 1.5e6 and 1e5 < np.median(y) < 1e6)


def _guess_datum(x: np.ndarray, y: np.ndarray, boundary: BaseGeometry | None) -> Guess:
    west, south, east, north = CHINA
    in_china = float(np.mean((x > west) & (x < east) & (y > south) & (y < north)))
    if in_china < 1 - FITTING_SHARE:
        return Guess("EPSG:4326", Text("degrees, where maps are not offset; other datums differ by metres"))
    if boundary is None:
        values = {"names": ", ".join(DATUMS)}
        return Guess(
            "", Text("degrees: {names}? draft with --area to compare them with the boundary", values), open=True
        )
    inside = {name: shapely.contains_xy(boundary, *to_wgs84(x, y, name)) for name in DATUMS}
    shares = ", ".join(f"{name} {held.mean():.1%}" for name, held in inside.items())
    best = max(DATUMS, key=lambda name: int(inside[name].sum()))
    for other in DATUMS:
        alone = int((inside[best] & ~inside[other]).sum())
        against = int((inside[other] & ~inside[best]).sum())
        if other != best and (alone < DECIDING_POINTS or alone < 10 * against):
            said = Text("degrees; inside the area: {shares}; the boundary cannot tell them apart", {"shares": shares})
            return Guess("", said, open=True)
    return Guess(best, Text("degrees; inside the area: {shares}", {"shares": shares}))


def _guess_projection(x: np.ndarray, y: np.ndarray, boundary: BaseGeometry | None) -> Guess:
    zones = np.unique(np.floor(x / 1e6).astype(int))
    if np.median(x) > 1e7 and len(zones) == 1:
        code = zone_code(int(zones[0]))
        if code:
            values = {"zone": int(zones[0]), "name": CRS.from_user_input(code).name}
            said = Text("easting begins with zone {zone}: {name}; Xi'an 80 or Beijing 54 would be another code", values)
            return Guess(code, said, open=True)
    if boundary is None:
        said = Text("metres or feet of a projection that the numbers do not name; ask the publisher for its code")
        return Guess("", said, open=True)
    fitting = fitting_projections(x, y, boundary)
    if not fitting:
        said = Text("neither CGCS2000 Gauss-Krueger nor UTM puts these numbers inside the area; ask for the code")
        return Guess("", said, open=True)
    listed = ", ".join(f"{CRS.from_user_input(code).name} ({code}) {share:.0%}" for code, share in fitting.items())
    said = Text("inside the area by {listed}; others may fit as well, ask the publisher", {"listed": listed})
    return Guess(next(iter(fitting)) if len(fitting) == 1 else "", said, open=True)


def zone_code(zone: int) -> str:
    """Return the EPSG code of CGCS2000 Gauss-Krueger with the zone in front of the easting, "" for no such zone."""
    if zone in SIX_DEGREE_ZONES:
        return f"EPSG:{4491 + zone - 13}"
    return f"EPSG:{4513 + zone - 25}" if zone in THREE_DEGREE_ZONES else ""


def nearby_projections(boundary: BaseGeometry) -> list[str]:
    """Return the transverse Mercator codes whose central meridian is near the area: CGCS2000 and UTM."""
    lon, lat = boundary.centroid.x, boundary.centroid.y
    six = [f"EPSG:{4502 + (meridian - 75) // 6}" for meridian in range(75, 136, 6) if abs(meridian - lon) <= 6]
    three = [f"EPSG:{4534 + (meridian - 75) // 3}" for meridian in range(75, 136, 3) if abs(meridian - lon) <= 3]
    return [*three, *six, f"EPSG:{(32600 if lat >= 0 else 32700) + int((lon + 180) // 6) + 1}"]


def fitting_projections(x: np.ndarray, y: np.ndarray, boundary: BaseGeometry) -> dict[str, float]:
    """Return the codes under which nine tenths of the points lie inside, with the share, the best first."""
    shares = {}
    for code in nearby_projections(boundary):
        shares[code] = float(shapely.contains_xy(boundary, *to_wgs84(x, y, code)).mean())
    fitting = {code: share for code, share in shares.items() if share >= FITTING_SHARE}
    return dict(sorted(fitting.items(), key=lambda item: -item[1]))
