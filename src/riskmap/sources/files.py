"""One file in, one frame of strings out, with where each row stood."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from riskmap.errors import SourceError
from riskmap.snapshot import file_sha256, text_sha256
from riskmap.sources.archives import SIZE_LIMIT, check_size, unpack_gzip, unpack_member, zip_members
from riskmap.sources.recipe import Recipe
from riskmap.sources.records import is_geojson, parse_records
from riskmap.sources.text import decode, parse_rows
from riskmap.sources.vector import VECTOR_SUFFIXES, read_parquet, read_vector
from riskmap.sources.workbook import read_workbook

TEXT_SUFFIXES = {".csv", ".tsv", ".txt", ".dat", ".json"}
READABLE = ".csv .tsv .txt .dat .json (also .gz), .zip, .xlsx, .parquet, .gpkg, .geojson, .shp, .fgb"


@dataclass(frozen=True)
class SourceTable:
    """What one file holds.

    `frame` holds strings, blank where the file has nothing; `rows` the row's number in the file as a person counts
    it, header included; `geometry` and `crs` what a vector file says; `misfits` the rows (`row`, `original`) whose
    number of fields is not the header's.
    """

    file: str
    sha256: str
    frame: pd.DataFrame
    rows: np.ndarray
    misfits: pd.DataFrame
    sheet: str = ""
    encoding: str = ""
    geometry: gpd.GeoSeries | None = None
    crs: str | None = None


def read_file(path: Path, recipe: Recipe, limit: int = SIZE_LIMIT) -> SourceTable:
    """Read the table of one file as `recipe` describes it.

    Raises
    ------
    SourceError
        With a rule and one sentence, if the file is missing, empty, too large, damaged, not what its name says, of a
        kind that is not read, or has a header and no rows.
    """
    path = Path(path)
    check_size(path, limit)
    table = _read(path, recipe, limit)
    if not len(table.frame) and not len(table.misfits):
        raise SourceError("no_rows", "{file} has a header and no rows.", file=path.name)
    return table


def _read(path: Path, recipe: Recipe, limit: int) -> SourceTable:
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    suffix = suffixes[-1] if suffixes else ""
    if suffix == ".gz":
        inner = suffixes[0] if len(suffixes) == 2 and suffixes[0] in TEXT_SUFFIXES else ".csv"
        return _text_table(path, unpack_gzip(path, limit), inner, recipe)
    if suffix == ".zip":
        return _zip_table(path, recipe, limit)
    if suffix == ".xlsx":
        frame, rows, sheet = read_workbook(path, recipe.table)
        return _table(path, frame, rows, sheet=sheet)
    if suffix == ".parquet":
        frame, geometry = read_parquet(path)
        return _table(path, frame, np.arange(1, len(frame) + 1), geometry=geometry)
    if suffix in VECTOR_SUFFIXES:
        frame, geometry, sheet = read_vector(path, recipe.table, recipe.encoding)
        return _table(path, frame, np.arange(1, len(frame) + 1), geometry=geometry, sheet=sheet)
    if suffix == ".json" and is_geojson(path.read_text(encoding="utf-8", errors="replace")[:4096]):
        frame, geometry, sheet = read_vector(path, recipe.table, recipe.encoding)
        return _table(path, frame, np.arange(1, len(frame) + 1), geometry=geometry, sheet=sheet)
    if suffix in TEXT_SUFFIXES:
        return _text_table(path, path.read_bytes(), suffix, recipe)
    raise SourceError(
        "unknown_kind", "{file} is of a kind that is not read; readable are {kinds}.", file=path.name, kinds=READABLE
    )


def _zip_table(path: Path, recipe: Recipe, limit: int) -> SourceTable:
    members = zip_members(path, limit)
    tables = [member for member in members if Path(member.filename).suffix.lower() in TEXT_SUFFIXES]
    if any(member.filename.lower().endswith(".shp") for member in members):
        frame, geometry, sheet = read_vector(path, recipe.table, recipe.encoding)
        return _table(path, frame, np.arange(1, len(frame) + 1), geometry=geometry, sheet=sheet)
    if len(tables) != 1:
        raise SourceError(
            "several_members",
            "{file} must hold exactly one table, as .csv or as a Shapefile; it holds {members}.",
            file=path.name,
            members=", ".join(member.filename for member in members[:5]) or "-",
        )
    raw = unpack_member(path, tables[0])
    if not raw:
        raise SourceError("empty_file", "{file} is empty: it has no header and no rows.", file=path.name)
    return _text_table(path, raw, Path(tables[0].filename).suffix.lower(), recipe)


def _text_table(path: Path, raw: bytes, suffix: str, recipe: Recipe) -> SourceTable:
    if not raw.strip():
        raise SourceError("empty_file", "{file} is empty: it has no header and no rows.", file=path.name)
    text, encoding = decode(raw, recipe.encoding, path.name)
    if suffix == ".json":
        frame, rows = parse_records(text, path.name)
        return _table(path, frame, rows, encoding=encoding)
    frame, rows, misfits = parse_rows(text, recipe.table, suffix, path.name)
    return SourceTable(path.name, file_sha256(path), frame, rows, misfits, encoding=encoding)


def _table(
    path: Path,
    frame: pd.DataFrame,
    rows: np.ndarray,
    *,
    geometry: gpd.GeoSeries | None = None,
    sheet: str = "",
    encoding: str = "",
) -> SourceTable:
    misfits = pd.DataFrame({"row": pd.Series(dtype="int64"), "original": pd.Series(dtype="str")})
    crs = None
    if geometry is not None:
        geometry = geometry.reset_index(drop=True)
        crs = geometry.crs.to_wkt() if geometry.crs is not None else None
    frame = frame.reset_index(drop=True)
    return SourceTable(
        path.name,
        content_sha256(path),
        frame,
        rows,
        misfits,
        sheet=sheet,
        encoding=encoding,
        geometry=geometry,
        crs=crs,
    )


def content_sha256(path: Path) -> str:
    """Return the hash of a file; of a Shapefile, of all its parts; "" where there is no file."""
    if not path.is_file():
        return ""
    if path.suffix.lower() != ".shp":
        return file_sha256(path)
    parts = sorted(path.parent.glob(f"{path.stem}.*"), key=lambda part: part.suffix.lower())
    return text_sha256(*(part.suffix.lower() + file_sha256(part) for part in parts))
