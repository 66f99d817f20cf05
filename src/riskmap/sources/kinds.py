"""Which kind of source a file is, by its name, and whether its first bytes agree."""

from collections.abc import Callable
from pathlib import Path

from riskmap.errors import SourceError

TEXT_SUFFIXES = {".csv", ".tsv", ".txt", ".dat", ".json"}
CONFINED_KINDS = {
    ".xlsx": "workbook",
    ".xls": "workbook",
    ".parquet": "parquet",
    ".gpkg": "vector",
    ".geojson": "vector",
    ".shp": "vector",
    ".fgb": "vector",
    ".kml": "vector",
    ".sqlite": "database",
    ".sqlite3": "database",
    ".db": "database",
}
"""What only the reading process opens (confined.py)."""
READABLE = (
    ".csv .tsv .txt .dat .json (also .gz), .zip, .xlsx, .xls, .parquet, .gpkg, .geojson, .shp, .fgb, .kml, .sqlite, .db"
)
READABLE_SUFFIXES = {*TEXT_SUFFIXES, *CONFINED_KINDS, ".gz", ".zip"}
MARK = b"\xef\xbb\xbf"


def _begins_with(*signs: bytes) -> Callable[[bytes], bool]:
    return lambda begin: begin.startswith(signs)


SIGNATURES: dict[str, Callable[[bytes], bool]] = {
    ".gpkg": _begins_with(b"SQLite format 3\0"),
    ".sqlite": _begins_with(b"SQLite format 3\0"),
    ".sqlite3": _begins_with(b"SQLite format 3\0"),
    ".db": _begins_with(b"SQLite format 3\0"),
    ".shp": _begins_with(b"\0\0\x27\x0a"),
    ".fgb": _begins_with(b"fgb"),
    ".xls": _begins_with(b"\xd0\xcf\x11\xe0"),
    ".geojson": lambda begin: begin.removeprefix(MARK).lstrip().startswith(b"{"),
    ".json": lambda begin: begin.removeprefix(MARK).lstrip().startswith(b"{"),
    ".kml": lambda begin: begin.removeprefix(MARK).lstrip().startswith(b"<") and b"<kml" in begin,
}
"""How each kind begins; an extension that lies is refused before any driver opens the file."""


def last_suffix(name: str) -> str:
    """Return the suffix of a file's name in small letters."""
    return Path(name).suffix.lower()


def is_geojson(begin: str) -> bool:
    """Return whether JSON is a GeoJSON collection rather than plain records, by its first 4096 signs."""
    return '"FeatureCollection"' in begin[:4096]


def check_signature(path: Path) -> None:
    """Refuse a file whose first bytes are not those of the kind that its name says."""
    suffix = last_suffix(path.name)
    with path.open("rb") as stream:
        begin = stream.read(4096)
    if suffix in SIGNATURES and not SIGNATURES[suffix](begin):
        raise SourceError(
            f"not_{CONFINED_KINDS.get(suffix, 'vector')}",
            "{file} is no {suffix} file, whatever its name says.",
            file=path.name,
            suffix=suffix,
        )


def shapefile_parts(names: list[str], shape: str) -> list[str]:
    """Return those of `names` that belong to the Shapefile `shape`, itself first.

    Raises
    ------
    SourceError
        If the attributes (.dbf) or the index (.shx) are not among them.
    """
    stem = shape[:-4].lower()
    parts = [name for name in names if Path(name.lower()).with_suffix("").as_posix() == Path(stem).as_posix()]
    there = {last_suffix(name) for name in parts}
    missing = [suffix for suffix in (".dbf", ".shx") if suffix not in there]
    if missing:
        raise SourceError(
            "missing_part",
            "{file} is a Shapefile without its {missing}; send all its parts, best as one zip.",
            file=Path(shape).name,
            missing=", ".join(missing),
        )
    return [shape, *(name for name in parts if name != shape)]
