"""One file in, one frame of strings out, with where each row stood."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd

from riskmap.errors import SourceError
from riskmap.snapshot import file_sha256
from riskmap.sources.archives import SIZE_LIMIT, check_size, unpack_gzip, unpack_member, zip_members
from riskmap.sources.confined import read_confined, unfinished
from riskmap.sources.cut_ids import refuse_cut_ids
from riskmap.sources.encodings import decode
from riskmap.sources.gathering import gather_sources as gather_sources
from riskmap.sources.kinds import (
    CONFINED_KINDS,
    READABLE,
    TEXT_SUFFIXES,
    check_signature,
    is_geojson,
    last_suffix,
    shapefile_parts,
)
from riskmap.sources.mapped_columns import date_columns, named_columns
from riskmap.sources.packed import table_members
from riskmap.sources.recipe import Recipe
from riskmap.sources.sheet import Sheet
from riskmap.sources.source_table import SourceTable as SourceTable
from riskmap.sources.source_table import content_sha256 as content_sha256
from riskmap.sources.text import read_text, set_aside


def read_file(path: Path, recipe: Recipe, limit: int = SIZE_LIMIT, *, empty: bool = False) -> SourceTable:
    """Read the table of one file as `recipe` describes it.

    Delimited text is parsed here; workbooks, vector files, Parquet, JSON and databases in a process of their own
    (confined.py).

    Parameters
    ----------
    empty
        Whether a table without rows is taken, as somebody says what days it covers.

    Raises
    ------
    SourceError
        With a rule and one sentence, if the file is missing, empty, too large, damaged, not what its name says, of a
        kind that is not read, or has a header and no rows; if ids in it were cut by a spreadsheet; or if its reader
        crashed or took too much time or memory.
    """
    path = Path(path)
    check_size(path, limit)
    try:
        table = _read(path, recipe, limit)
    except MemoryError:
        raise unfinished("memory", path.name) from None
    none = not (len(table.frame) or len(table.misfits) or len(table.undecodable)) and table.geometry is None
    if none and not empty:
        raise SourceError(
            "no_rows",
            "{file} has a header and no rows. If nothing happened, choose its recipe and say what days it covers "
            "(--covers at a terminal).",
            file=path.name,
        )
    return table


def read_files(paths: Sequence[Path], recipe: Recipe, *, empty: bool = False) -> list[SourceTable | SourceError]:
    """Return each file's table, or why it was refused; one that is refused does not hide what is wrong with others.

    Parameters
    ----------
    empty
        As of `read_file`.
    """
    tables: list[SourceTable | SourceError] = []
    for path in paths:
        try:
            tables.append(read_file(path, recipe, empty=empty))
        except SourceError as refused:
            tables.append(refused)
    return tables


def read_shapes(path: Path) -> gpd.GeoSeries | None:
    """Return the geometry of a vector or GeoParquet file, plain or in a zip; None where it has none.

    Raises
    ------
    SourceError
        As `read_file`, but for a file without features.
    """
    path = Path(path)
    check_size(path)
    suffix = last_suffix(path.name)
    if suffix == ".zip":
        members = table_members(path, SIZE_LIMIT)
        suffix = last_suffix(members[0])
    else:
        members = []
    kind = CONFINED_KINDS.get(".geojson" if suffix == ".json" else suffix)
    if kind not in ("vector", "parquet"):
        return None
    if not members:
        _check_vector(path)
    # No text is looked at, so any encoding that fits all bytes does.
    return read_confined(kind, path, path.name, members=members, encodings=["latin-1"]).geometry


def _read(path: Path, recipe: Recipe, limit: int) -> SourceTable:
    suffix = last_suffix(path.name)
    if suffix == ".gz":
        return _gzip_table(path, recipe, limit)
    if suffix == ".zip":
        return _zip_table(path, recipe, limit)
    if suffix == ".json":
        return _confined_table("vector" if _begins_as_geojson(path) else "records", path, recipe)
    if suffix in CONFINED_KINDS:
        return _confined_table(CONFINED_KINDS[suffix], path, recipe)
    if suffix in TEXT_SUFFIXES:
        return _text_table(path, path.read_bytes(), suffix, recipe)
    raise SourceError(
        "unknown_kind", "{file} is of a kind that is not read; readable are {kinds}.", file=path.name, kinds=READABLE
    )


def _begins_as_geojson(path: Path) -> bool:
    with path.open("rb") as stream:
        return _is_geojson(stream.read(4096))


def _is_geojson(raw: bytes) -> bool:
    return is_geojson(raw[:4096].decode("utf-8", errors="replace"))


def _gzip_table(path: Path, recipe: Recipe, limit: int) -> SourceTable:
    inner = last_suffix(path.stem)
    raw = unpack_gzip(path, limit)
    if inner in CONFINED_KINDS or (inner == ".json" and _is_geojson(raw)):
        raise SourceError(
            "gzip_kind",
            "{file}: of a .gz only text tables are read; unpack it and send {inner} as it is, or in a zip.",
            file=path.name,
            inner=path.stem,
        )
    if inner == ".json":
        return _confined_table("records", path, recipe)
    return _text_table(path, raw, inner if inner in TEXT_SUFFIXES else ".csv", recipe)


def _zip_table(path: Path, recipe: Recipe, limit: int) -> SourceTable:
    names = table_members(path, limit)
    suffix = last_suffix(names[0])
    if suffix not in TEXT_SUFFIXES:
        return _confined_table(CONFINED_KINDS[suffix], path, recipe, names)
    raw = unpack_member(path, next(member for member in zip_members(path, limit) if member.filename == names[0]))
    if suffix == ".json":
        return _confined_table("vector" if _is_geojson(raw) else "records", path, recipe, names)
    return _text_table(path, raw, suffix, recipe)


def _text_table(path: Path, raw: bytes, suffix: str, recipe: Recipe) -> SourceTable:
    if not raw.strip():
        raise SourceError("empty_file", "{file} is empty: it has no header and no rows.", file=path.name)
    decoded = decode(raw, recipe.encoding, path.name)
    text = read_text(decoded, recipe.table, suffix, path.name, named_columns(recipe))
    refuse_cut_ids(text.frame, {}, text.rows, recipe, path.name)
    return SourceTable(
        path.name,
        file_sha256(path),
        text.frame,
        text.rows,
        text.misfits,
        encoding=decoded.encoding,
        undecodable=text.undecodable,
    )


def _check_vector(path: Path) -> None:
    check_signature(path)
    if last_suffix(path.name) == ".shp":
        shapefile_parts([part.name for part in path.parent.glob(f"{path.stem}.*")], path.name)


def _confined_table(kind: str, path: Path, recipe: Recipe, members: Sequence[str] = ()) -> SourceTable:
    if not members and kind != "records":
        _check_vector(path)
    sheet = read_confined(
        kind,
        f"sqlite:///{path.resolve()}" if kind == "database" else path,
        path.name,
        form=recipe.table,
        encodings=recipe.encoding,
        wanted=named_columns(recipe),
        dates=date_columns(recipe),
        members=list(members),
    )
    refuse_cut_ids(sheet.frame, sheet.cut, sheet.rows, recipe, path.name)
    return _source_table(path, sheet)


def _source_table(path: Path, sheet: Sheet) -> SourceTable:
    crs = None
    if sheet.geometry is not None and sheet.geometry.crs is not None:
        crs = sheet.geometry.crs.to_wkt()
    return SourceTable(
        path.name,
        content_sha256(path),
        sheet.frame,
        sheet.rows,
        set_aside([]),
        sheet=sheet.name,
        encoding=sheet.encoding,
        geometry=sheet.geometry,
        crs=crs,
        doubts=sheet.doubts,
    )
