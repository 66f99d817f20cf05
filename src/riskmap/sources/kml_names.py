"""Names of a KML file's own attributes, which GDAL writes over each other where they are Chinese or alike."""

import html
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from riskmap.sources.headers import unique_names

_NAMED = re.compile(
    rb"(?P<start><(?:[\w-]+:)?(?P<tag>Data|SimpleData|SimpleField|SimpleArrayField|SimpleArrayData)\b[^<>]*?"
    rb"\bname\s*=\s*)(?:\"(?P<double>[^\"<>]*)\"|'(?P<single>[^'<>]*)')|(?P<mark><(?:[\w-]+:)?Placemark\b)"
)
_SCHEMA_END = re.compile(rb"</((?:[\w-]+:)?)Schema\s*>")
_STAND_IN = "riskmap_name_"


def with_plain_names(path: Path, folder: Path) -> tuple[Path, list[str]]:
    """Write a copy of a KML file into `folder` whose attributes are numbered, and return it and their names.

    One that stands twice in a placemark is two attributes of the same name.
    """
    numbers: dict[tuple[bytes, int], int] = {}
    met: Counter[bytes] = Counter()
    typed_twice: set[int] = set()

    def numbered(match: re.Match[bytes]) -> bytes:
        if match["mark"]:
            met.clear()
            return match[0]
        name = match["double"] if match["double"] is not None else match["single"]
        before = 0
        if match["tag"] in (b"Data", b"SimpleData", b"SimpleArrayData"):
            before, met[name] = met[name], met[name] + 1
        number = numbers.setdefault((name, before), len(numbers))
        if before and match["tag"] == b"SimpleData":
            typed_twice.add(number)
        return match["start"] + _stand_in(number)

    def with_more_fields(end: re.Match[bytes]) -> bytes:
        # GDAL passes over values of a schema that this does not name.
        more = [
            b'<%sSimpleField type="string" name=%s/>' % (end[1], _stand_in(number)) for number in sorted(typed_twice)
        ]
        return b"".join(more) + end[0]

    content = _SCHEMA_END.sub(with_more_fields, _NAMED.sub(numbered, path.read_bytes()))
    (folder / "named").mkdir()
    copy = folder / "named" / path.name
    copy.write_bytes(content)
    return copy, [_decoded(name) for name, _ in numbers]


def _stand_in(number: int) -> bytes:
    return f'"{_STAND_IN}{number}"'.encode()


def with_own_names(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the attributes under their own names again; one that a KML has for itself too is told apart."""
    stand_ins = {f"{_STAND_IN}{number}": name for number, name in enumerate(names)}
    return frame.set_axis(unique_names([stand_ins.get(name, name) for name in frame.columns]), axis=1)


def _decoded(name: bytes) -> str:
    try:
        return html.unescape(name.decode("utf-8")).strip()
    except UnicodeDecodeError:
        return html.unescape(name.decode("gb18030", errors="replace")).strip()
