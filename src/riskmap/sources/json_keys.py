"""Names that stand twice in one object of JSON: parsers keep the last value in silence, here each keeps its name."""

import json
from pathlib import Path
from typing import Any

from riskmap.errors import SourceError
from riskmap.sources.headers import unique_names

STRUCTURE = {"type", "geometry", "properties", "coordinates", "features", "geometries", "crs"}
"""Members that say what GeoJSON is; two of one object cannot both count."""


def told_apart(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; of a name that stands twice the first keeps it, others get their position behind it."""
    whole = dict(pairs)
    if len(whole) == len(pairs):
        return whole
    return dict(zip(unique_names([name for name, _ in pairs]), (value for _, value in pairs), strict=True))


def with_keys_told_apart(path: Path, folder: Path, file: str) -> Path:
    """Return a GeoJSON file, or a copy in `folder` where names stand twice in one object of it.

    Raises
    ------
    SourceError
        If the names that stand twice are those of GeoJSON itself.
    """
    twice: dict[str, None] = {}

    def watch(pairs: list[tuple[str, Any]]) -> None:
        # Nothing is kept, so that a large file costs no more than its text.
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            twice.update(dict.fromkeys(name for name in names if names.count(name) > 1))

    content = path.read_bytes()
    try:
        json.loads(content, object_pairs_hook=watch)
    except (ValueError, RecursionError):  # its reader says what is wrong with it
        return path
    if not twice:
        return path
    unclear = [name for name in twice if name in STRUCTURE]
    if unclear:
        raise SourceError(
            "key_twice",
            "{file} gives {names} twice in one object, so nobody knows which of them counts; correct the file.",
            file=file,
            names=", ".join(unclear),
        )
    (folder / "told_apart").mkdir()
    copy = folder / "told_apart" / path.name
    whole = json.loads(content, object_pairs_hook=told_apart)
    copy.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    return copy
