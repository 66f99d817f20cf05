"""Chinese Gauss-Krueger eastings: the zone that stands before the metres, or is missing there.

18 512 345 is 512,345 m in zone 18 of 6 degrees, 35 512 345 the same in zone 35 of 3 degrees: the two numberings do not
overlap over China (13-23 and 25-45), so the prefix tells the width of the zone too.

Source: EPSG registry (CGCS2000, Xian 1980 and Beijing 1954, with zone prefix); GB/T 17798-2007 on zone numbers.
"""

import re
from functools import cache

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from riskmap.errors import SourceError

PREFIX = 1_000_000.0
"""Metres per unit of the zone prefix."""
SIX_DEGREES, THREE_DEGREES = range(13, 24), range(25, 46)
FIRST_CODES = {"": (4491, 4513), "CGCS2000": (4491, 4513), "XIAN1980": (2327, 2349), "BEIJING1954": (21413, 2401)}
"""EPSG codes of zones 13 and 25; without a name the national datum since 2008, CGCS2000."""
_NAME = re.compile(r"^(CGCS2000|XIAN1980|BEIJING1954|)(?:GK|GAUSSKRUEGER|GAUSSKRUGER|GAUSSKRÜGER|高斯克吕格)$")


def is_zoned(crs: str) -> bool:
    """Return whether `crs` names Gauss-Krueger without a zone ("CGCS2000 GK"), which each easting must then carry."""
    return _NAME.match(_plain(crs)) is not None


def _plain(crs: str) -> str:
    return re.sub(r"[\s/_-]+", "", crs).upper()


def zone_codes(x: np.ndarray, crs: str) -> np.ndarray:
    """Return the EPSG code that each easting's zone prefix stands for, shape (n,); 0 where it has none.

    Parameters
    ----------
    x
        Eastings, metres, shape (n,); NaN where missing.

    Raises
    ------
    SourceError
        If there are eastings and none of them carries a zone.
    """
    found = _NAME.match(_plain(crs))
    six, three = FIRST_CODES[found[1] if found else ""]
    zone = np.floor(np.where(np.isfinite(x), x, 0) / PREFIX).astype("int64")
    codes = np.where(np.isin(zone, SIX_DEGREES), six + zone - SIX_DEGREES[0], 0)
    codes = np.where(np.isin(zone, THREE_DEGREES), three + zone - THREE_DEGREES[0], codes)
    given = np.isfinite(x)
    if given.any() and not codes.any():
        raise SourceError(
            "unknown_zone",
            "The zone is not known: none of {n} eastings in {crs} carries its number (the first is {first}). Declare "
            "the zone by its code, such as EPSG:4523 for zone 35 of CGCS2000.",
            n=int(given.sum()),
            crs=crs,
            first=f"{x[given][0]:.15g}",
        )
    return codes


def settle_prefixes(x: np.ndarray, crs: str) -> tuple[np.ndarray, np.ndarray]:
    """Return eastings with the zone prefix that the declared `crs` wants, and which ones were changed.

    A missing prefix is added, one that `crs` does without is taken off where it names the same zone. Eastings of
    another zone, and all of coordinate systems that are not Chinese Gauss-Krueger, stay.
    """
    zones = _zones_of(crs)
    if zones is None:
        return x, np.zeros(len(x), dtype=bool)
    own, six, three = zones
    prefix = np.floor(np.where(np.isfinite(x), x, 0) / PREFIX)
    metres = x - prefix * PREFIX
    wanted = metres + own * PREFIX
    changed = (prefix == 0) if own else np.isin(prefix, [zone for zone in (six, three) if zone])
    changed &= (x > 0) & (prefix != own)
    return np.where(changed, wanted, x), changed


@cache
def _zones_of(crs: str) -> tuple[int, int, int] | None:
    """Return the prefix of a system's eastings (0 for none) and the numbers of its 6-degree and 3-degree zone."""
    try:
        system = CRS.from_user_input(crs)
    except CRSError:
        return None
    if system.coordinate_operation is None or not re.search(r"Gauss-Kr", system.name):
        return None
    values = {parameter.name: float(parameter.value) for parameter in system.coordinate_operation.params}
    meridian, easting = values["Longitude of natural origin"], values["False easting"]
    six = round((meridian + 3) / 6) if (meridian + 3) % 6 == 0 else 0
    three = round(meridian / 3)
    own = int(easting // PREFIX)
    if easting % PREFIX != 500_000.0 or three not in THREE_DEGREES:
        return None
    return own, six, three
