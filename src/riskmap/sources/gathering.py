"""The files that an import's sources stand for: folders, patterns, addresses of databases."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from riskmap.errors import SourceError
from riskmap.snapshot import text_sha256
from riskmap.sources.confined import read_confined
from riskmap.sources.kinds import READABLE, READABLE_SUFFIXES, last_suffix
from riskmap.sources.recipe import Recipe, TableForm
from riskmap.sources.sheet import Sheet

SQLITE = "sqlite:///"
_ADDRESS = re.compile(r"://|^[a-z][a-z0-9+]+:/|\b(?:dbname|password)\s*=", re.IGNORECASE)
"""What is meant for a database, in whatever form: a path that looks so is not a file's either."""
NOTES = ("readme", "read me", "read_me", "license", "licence", "说明", "自述")
"""How the names of texts begin that lie beside tables in a folder and are none."""
EXCEL_LOCK = "~$"
DATABASES = ("postgresql", "postgresql+psycopg", "sqlite")


def gather_sources(sources: Sequence[str | Path], recipe: Recipe, workspace: Path) -> list[Path]:
    """Return the files that `sources` stand for, each once.

    A folder stands for every readable file in and below it, sorted; a pattern with `*`, `?` or `[` for what it
    matches; an address (`postgresql+psycopg://user:${PASSWORD}@host/db`, `sqlite:///file.db`) for a Parquet file of its
    rows, written into `workspace`. A path that is not there stays, for `read_file` to refuse.

    Raises
    ------
    SourceError
        If a folder or a pattern holds nothing to read, or a database does not give its rows.
    """
    files: list[Path] = []
    for source in sources:
        if is_address(source):
            files.append(snapshot_database(str(source), recipe.table, workspace))
        else:
            files.extend(_expanded(Path(source)))
    return list(dict.fromkeys(files))


def is_address(source: str | Path) -> bool:
    """Return whether a source is the address of a database rather than a path."""
    return isinstance(source, str) and bool(_ADDRESS.search(source))


def left_aside(source: str | Path) -> list[Path]:
    """Return the files of a folder or pattern that are not read, but for the sides of a Shapefile."""
    path = Path(source)
    if is_address(source) or not (path.is_dir() or _is_pattern(path)):
        return []
    found = _found(path)
    shapes = {file.with_suffix("") for file in found if last_suffix(file.name) == ".shp"}
    return [file for file in found if not _is_read(file) and file.with_suffix("").with_suffix("") not in shapes]


def _expanded(path: Path) -> list[Path]:
    if not (path.is_dir() or _is_pattern(path)):
        return [path]
    readable = [file for file in _found(path) if _is_read(file)]
    if not readable:
        raise SourceError(
            "nothing_to_read",
            "There is no file to read in {path}; readable are {kinds}.",
            path=str(path),
            kinds=READABLE,
        )
    return readable


def _found(path: Path) -> list[Path]:
    """Return what lies in and below a folder, or fits a pattern, sorted; what is hidden is nobody's."""
    if path.is_dir():
        found = [file for file in path.rglob("*") if not _is_hidden(file.relative_to(path))]
    else:
        found = list(path.parent.glob(path.name))
    return sorted(file for file in found if file.is_file())


def _is_pattern(path: Path) -> bool:
    return not path.exists() and any(mark in path.name for mark in "*?[")


def _is_read(file: Path) -> bool:
    """Notes about the files beside them, and what Excel leaves beside an open workbook, are no tables."""
    is_note = last_suffix(file.name) == ".txt" and file.name.lower().startswith(NOTES)
    return last_suffix(file.name) in READABLE_SUFFIXES and not is_note and not file.name.startswith(EXCEL_LOCK)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def mask_address(address: str) -> str:
    """Return an address as it may be shown: without what stands where a password does, or may be meant to."""
    named = re.sub(r"(?i)(pass\w*|pwd|secret|token)(\s*=\s*)[^&;\s]*", r"\1\2***", address)
    told = re.sub(r"(:/+[^:/@]*:).*@", r"\1***@", named)
    # Without a host the password stands where a port would.
    return re.sub(r"(:/+[^:/@]*:)(?!\d+(?:/|\?|$))(?!\*\*\*@)[^/?]*", r"\1***", told)


def snapshot_database(address: str, form: TableForm, workspace: Path) -> Path:
    """Write the rows of a database as a Parquet file whose bytes depend on nothing but them, and return it.

    Raises
    ------
    SourceError
        If the database is of a kind that is not read, its password's variable is not set, or as `read_database`.
    """
    if address.split("://", 1)[0] not in DATABASES:
        raise SourceError(
            "database_kind",
            "{address} is no database that is read; readable are {kinds}.",
            address=mask_address(address),
            kinds=", ".join(DATABASES),
        )
    full = _with_variables(address).replace("postgresql://", "postgresql+psycopg://", 1)
    if full.startswith(SQLITE):
        full = f"{SQLITE}{Path(full.removeprefix(SQLITE)).resolve()}"
    sheet = read_confined("database", full, mask_address(address), form=form)
    table = _sorted_table(sheet)
    path = workspace / f"{_name(form)}.parquet"
    if path.exists():  # the same table of another database
        path = path.with_stem(f"{path.stem}-{text_sha256(mask_address(address))[:8]}")
    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(path, index=False)
    else:
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path)
    return path


def _with_variables(address: str) -> str:
    """Return the address with the values of `${NAME}` from the environment, for the eyes of the driver only."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise SourceError(
                "no_variable",
                "The address names the variable {name}, which is not set in the environment.",
                name=match[1],
            )
        return quote(os.environ[match[1]], safe="")

    return re.sub(r"\$\{(\w+)\}", value, address)


def _name(form: TableForm) -> str:
    return re.sub(r"[^\w.-]", "_", form.sheet or ("query" if form.query else "table"))


def _sorted_table(sheet: Sheet) -> pd.DataFrame:
    """A database gives its rows in no order of its own."""
    table = sheet.frame
    order = table.copy()
    if sheet.geometry is not None:
        order["\0geometry"] = shapely.to_wkb(sheet.geometry.to_numpy(), hex=True)
        table = gpd.GeoDataFrame(table, geometry=sheet.geometry)
    return table.iloc[order.sort_values(list(order.columns), kind="stable").index].reset_index(drop=True)
