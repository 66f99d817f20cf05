"""The coordinate system of GeoJSON: WGS84 where the file has no member `crs`, and what that member says where it has.

RFC 7946 knows WGS84 only; older files name another. GDAL takes what it does not understand there for WGS84.
"""

import json
import re
from pathlib import Path

from pyproj import CRS
from pyproj.exceptions import CRSError

from riskmap.errors import SourceError

GEOJSON_SUFFIXES = {".geojson", ".json"}
_MEMBER = re.compile(rb'"crs"\s*:')
_WGS84 = re.compile(rb'"crs"\s*:\s*\{[^{}]*\{[^{}]*\b(?:CRS84|4326)"?\s*\}[^{}]*\}')


def geojson_crs(path: Path, read: CRS | None, file: str) -> CRS | None:
    """Return the coordinate system of a GeoJSON file that GDAL took for `read`; None where `crs` is null.

    Raises
    ------
    SourceError
        If the file names a system that nobody knows.
    """
    content = path.read_bytes()
    first = _MEMBER.search(content)
    if first is None or read != CRS.from_epsg(4326) or _WGS84.match(content, first.start()):
        return read
    # Rare, so that the whole may be read once more: the member may stand anywhere, and features may have one too.
    whole = json.loads(content)
    if "crs" not in whole:
        return read
    said = whole["crs"]
    if said is None:
        return None
    properties = said.get("properties") if isinstance(said, dict) else None
    name = properties.get("name", properties.get("code", "")) if isinstance(properties, dict) else ""
    try:
        return CRS.from_user_input(f"EPSG:{name}" if str(name).isdigit() else str(name))
    except CRSError:
        raise SourceError(
            "unknown_crs",
            "{file} names a coordinate system that is not known: {crs}. Correct it in the file.",
            file=file,
            crs=str(name)[:80] or "-",
        ) from None
