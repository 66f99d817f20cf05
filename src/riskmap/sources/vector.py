"""Vector files: attributes as strings, geometry as it stands, and the coordinate system that the file names."""

import json
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from riskmap.errors import SourceError
from riskmap.sources.archives import zip_members
from riskmap.sources.recipe import TableForm
from riskmap.sources.workbook import cell_text

VECTOR_SUFFIXES = {".gpkg", ".geojson", ".shp", ".fgb"}
SIGNATURES = {
    ".gpkg": (b"SQLite format 3\0",),
    ".shp": (b"\0\0\x27\x0a",),
    ".fgb": (b"fgb",),
    ".geojson": (b"{", b"\xef\xbb\xbf{"),
    ".json": (b"{", b"\xef\xbb\xbf{"),
}
"""How each kind begins; an extension that lies is refused before any driver opens the file."""


def read_vector(path: Path, form: TableForm, encodings: list[str]) -> tuple[pd.DataFrame, gpd.GeoSeries, str]:
    """Return attributes, geometry (with the CRS that the file names, or none), and the layer where there are several.

    Raises
    ------
    SourceError
        If the file is not what its name says, is damaged, lacks a part, or has several layers and none is named.
    """
    source, suffix = _source(path)
    names = [str(name) for name, _ in _quietly(path, pyogrio.list_layers, source)]
    layer = form.sheet or (names[0] if names else "")
    if layer not in names or (len(names) > 1 and form.sheet is None):
        raise SourceError(
            "no_sheet",
            "{file} has no single layer {sheet!r}; it has {names}. Name one as `sheet` under [table].",
            file=path.name,
            sheet=form.sheet or "",
            names=", ".join(names) or "-",
        )
    options = {"layer": layer}
    if suffix == ".shp" and encodings != ["auto"]:
        options["encoding"] = encodings[0]
    try:
        frame = _quietly(path, pyogrio.read_dataframe, source, **options)
    except UnicodeDecodeError:
        frame = _quietly(path, pyogrio.read_dataframe, source, **options | {"encoding": "gb18030"})
    if "geometry" not in frame.columns:
        raise SourceError("no_geometry", "{file} has no geometry column.", file=path.name)
    _check_declared_crs(source, suffix, frame, path)
    return as_text(pd.DataFrame(frame.drop(columns="geometry"))), frame.geometry, layer if len(names) > 1 else ""


def _source(path: Path) -> tuple[str, str]:
    """Return what GDAL opens and the suffix that decides how."""
    suffix = path.suffix.lower()
    if suffix == ".zip":
        shapes = [member.filename for member in zip_members(path) if member.filename.lower().endswith(".shp")]
        others = {member.filename.lower() for member in zip_members(path)}
        if len(shapes) != 1:
            raise SourceError("several_members", "{file} must hold exactly one table.", file=path.name)
        missing = [part for part in (".dbf", ".shx") if shapes[0][:-4].lower() + part not in others]
        _check_parts(path.name, missing)
        return f"/vsizip/{path.resolve()}/{shapes[0]}", ".shp"
    with path.open("rb") as stream:
        begin = stream.read(64).lstrip() if suffix in (".geojson", ".json") else stream.read(64)
    if not begin.startswith(SIGNATURES[suffix]):
        raise SourceError(
            "not_vector", "{file} is no {suffix} file, whatever its name says.", file=path.name, suffix=suffix
        )
    if suffix == ".shp":
        beside = {other.suffix.lower() for other in path.parent.glob(f"{path.stem}.*")}
        _check_parts(path.name, [part for part in (".dbf", ".shx") if part not in beside])
    return str(path), suffix


def _check_parts(file: str, missing: list[str]) -> None:
    if missing:
        raise SourceError(
            "missing_part",
            "{file} is a Shapefile without its {missing}; send all its parts, best as one zip.",
            file=file,
            missing=", ".join(missing),
        )


def _quietly(path: Path, read, *arguments, **options):  # type: ignore[no-untyped-def]
    """Call a reader of pyogrio, its failures said in one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read(*arguments, **options)
    except UnicodeDecodeError:
        raise
    except (DataSourceError, DataLayerError, ValueError, OSError, RuntimeError):
        raise SourceError(
            "broken_vector", "{file} is damaged or cut short and cannot be read.", file=path.name
        ) from None


def _check_declared_crs(source: str, suffix: str, frame: gpd.GeoDataFrame, path: Path) -> None:
    """A Shapefile without .prj has no CRS, although GDAL may guess one from the numbers."""
    if suffix == ".shp" and not source.startswith("/vsizip/") and not _has_prj(path):
        frame.geometry.array.crs = None


def _has_prj(path: Path) -> bool:
    return any(other.suffix.lower() == ".prj" for other in path.parent.glob(f"{path.stem}.*"))


def read_parquet(path: Path) -> tuple[pd.DataFrame, gpd.GeoSeries | None]:
    """Return the columns of a Parquet or GeoParquet file as strings, and its geometry where it has one."""
    try:
        metadata = pq.read_schema(path).metadata or {}
        if b"geo" in metadata:
            table = gpd.read_parquet(path)
            name = json.loads(metadata[b"geo"])["primary_column"]
            return as_text(pd.DataFrame(table.drop(columns=name))), table.geometry
        return as_text(pq.read_table(path).to_pandas()), None
    except (pa.ArrowException, OSError, ValueError, KeyError):
        raise SourceError(
            "broken_vector", "{file} is damaged or cut short and cannot be read.", file=path.name
        ) from None


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every column as strings; whole numbers without a decimal point, times as ISO texts, nothing for null."""
    return pd.DataFrame({str(name): _column_text(frame[name]) for name in frame.columns}, index=range(len(frame)))


def _column_text(column: pd.Series) -> pd.Series:
    column = column.reset_index(drop=True)
    if pd.api.types.is_bool_dtype(column):
        text = column.map({True: "true", False: "false"})
    elif pd.api.types.is_float_dtype(column):
        whole = np.isfinite(column) & (column == column.round()) & (column.abs() < 2**53)
        text = column.astype("str").where(~whole, column.where(whole, 0).astype("int64").astype("str"))
        text = text.where(column.notna(), "")
    elif pd.api.types.is_datetime64_any_dtype(column):
        text = column.map(str, na_action="ignore") if column.dt.tz is not None else column.astype("str")
    elif column.dtype == object:
        text = column.map(cell_text)
    else:
        text = column.astype("str")
    return text.where(column.notna(), "").fillna("").astype("str")
