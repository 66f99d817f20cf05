"""Names of a KML file's own attributes, which GDAL writes over each other where they are Chinese or alike."""

import html
import re
from pathlib import Path

import pandas as pd

from riskmap.sources.headers import unique_names

_NAMED = re.compile(
    rb"(<(?:[\w-]+:)?(?:Data|SimpleData|SimpleField|SimpleArrayField|SimpleArrayData)\b[^<>]*?\bname\s*=\s*)"
    rb"(?:\"([^\"<>]*)\"|'([^'<>]*)')"
)
_STAND_IN = "riskmap_name_"


def with_plain_names(path: Path, folder: Path) -> tuple[Path, list[str]]:
    """Write a copy of a KML file into `folder` whose attributes are numbered, and return it and their names."""
    numbers: dict[bytes, int] = {}

    def numbered(match: re.Match[bytes]) -> bytes:
        number = numbers.setdefault(match[2] if match[2] is not None else match[3], len(numbers))
        return match[1] + f'"{_STAND_IN}{number}"'.encode()

    content = _NAMED.sub(numbered, path.read_bytes())
    (folder / "named").mkdir()
    copy = folder / "named" / path.name
    copy.write_bytes(content)
    return copy, [_decoded(name) for name in numbers]


def with_own_names(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the attributes under their own names again; one that a KML has for itself too is told apart."""
    stand_ins = {f"{_STAND_IN}{number}": name for number, name in enumerate(names)}
    return frame.set_axis(unique_names([stand_ins.get(name, name) for name in frame.columns]), axis=1)


def _decoded(name: bytes) -> str:
    try:
        return html.unescape(name.decode("utf-8")).strip()
    except UnicodeDecodeError:
        return html.unescape(name.decode("gb18030", errors="replace")).strip()
