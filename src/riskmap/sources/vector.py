"""Vector files: attributes as strings, geometry as it stands, and the coordinate system that the file names.

The readers here run in the reading process only (reader.py); files.py asks it.
"""

import codecs
import json
import re
import shutil
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from riskmap.errors import SourceError
from riskmap.sources.cell_texts import as_text
from riskmap.sources.doubts import doubtful_numbers
from riskmap.sources.geojson_crs import GEOJSON_SUFFIXES, geojson_crs
from riskmap.sources.headers import unique_names
from riskmap.sources.json_keys import with_keys_told_apart
from riskmap.sources.kml_names import with_own_names, with_plain_names
from riskmap.sources.recipe import TableForm
from riskmap.sources.sheet import Sheet, number_rows

DRIVERS = {"GPKG", "GeoJSON", "ESRI Shapefile", "FlatGeobuf", "LIBKML"}
"""GDAL's drivers that stay. Others (VRT, WFS, STAC ...) open further files or addresses that a file names."""
MAY_BE_EMPTY = {".gpkg", ".kml"}
"""Kinds that can be whole and hold no layer."""
MARKS = {b"\x4d": "gb18030", b"\x7a": "gb18030", b"\x4f": "cp950", b"\x78": "cp950", b"\x13": "cp932", b"\x7b": "cp932"}
"""What byte 29 of a .dbf says of its encoding; "ANSI" is not among them: it is whatever the writing machine used."""
ONE_THREAD = {"use_threads": False, "pre_buffer": False}
"""Under a limit of memory Arrow cannot start threads, and then waits for them or fails as a damaged file does."""

EXACTLY = {"use_threads": False, "integer_object_nulls": True}
"""Whole numbers beside nulls stay whole numbers; floats keep fifteen digits only, and ids have more."""


def allow_drivers() -> None:
    """Take every driver but `DRIVERS` out of this process.

    GDAL leaves drivers out when it registers them, and the list of all is known only after that: hence once more.
    """
    others = sorted(set(pyogrio.list_drivers()) - DRIVERS)
    pyogrio.set_gdal_config_options({"GDAL_SKIP": ",".join(others), "OGR_SQLITE_LOAD_EXTENSIONS": ""})
    pyogrio.core._register_drivers()
    left = set(pyogrio.list_drivers()) - DRIVERS
    if left:
        raise RuntimeError(f"GDAL keeps the drivers {sorted(left)}")


def read_vector(path: Path, form: TableForm, encodings: list[str], file: str) -> Sheet:
    """Return attributes, geometry (with the CRS that the file names, or none), and the layer where there are several.

    Raises
    ------
    SourceError
        If the file is damaged, or has several layers and none is named.
    """
    suffix = path.suffix.lower()
    if suffix == ".gpkg":
        # SQLite may write beside a database that it opens.
        path = Path(shutil.copyfile(path, Path(tempfile.gettempdir()) / path.name))
    attribute_names: list[str] = []
    if suffix in GEOJSON_SUFFIXES:
        path = with_keys_told_apart(path, Path(tempfile.gettempdir()), file)
    if suffix == ".kml":
        path, attribute_names = with_plain_names(path, Path(tempfile.gettempdir()))
    names = [str(name) for name, _ in _quietly(file, pyogrio.list_layers, path)]
    if not names and suffix not in MAY_BE_EMPTY:
        raise SourceError("broken_vector", "{file} is damaged or cut short and cannot be read.", file=file)
    layer = form.sheet or (names[0] if names else "")
    if layer not in names or (len(names) > 1 and form.sheet is None):
        raise SourceError(
            "no_sheet",
            "{file} has no single layer {sheet!r}; it has {names}. Name one as `sheet` under [table].",
            file=file,
            sheet=form.sheet or "",
            names=", ".join(names) or "-",
        )
    frame, encoding = _features(path, layer, encodings if suffix == ".shp" else ["auto"], file)
    if suffix == ".shp" and not any(other.suffix.lower() == ".prj" for other in path.parent.glob(f"{path.stem}.*")):
        frame.geometry.array.crs = None  # GDAL may guess one from the numbers
    if suffix in GEOJSON_SUFFIXES:
        frame.geometry.array.crs = geojson_crs(path, frame.crs, file)
    values = pd.DataFrame(frame.drop(columns="geometry"))
    attributes = with_own_names(as_text(values), attribute_names)
    geometry = frame.geometry.reset_index(drop=True)
    return Sheet(
        attributes,
        number_rows(attributes),
        geometry,
        layer if len(names) > 1 else "",
        encoding=encoding,
        doubts=doubtful_numbers(values, list(attributes.columns)),
    )


def _features(path: Path, layer: str, encodings: list[str], file: str) -> tuple[gpd.GeoDataFrame, str]:
    """Return the features and the encoding of their texts, "" where the format has only one.

    GDAL takes a Shapefile that names no encoding for Latin-1, which fits any bytes, and leaves out what is not of the
    encoding that one names: here that is tried strictly, then UTF-8, then GB18030.
    """
    own = named_encoding(path) if path.suffix.lower() == ".shp" else [""]
    tried = [name for given in encodings for name in ([*own, "utf-8", "gb18030"] if given == "auto" else [given])]
    for encoding in tried:
        try:
            return _decoded(path, layer, encoding, file), encoding
        except UnicodeDecodeError:
            continue
    raise SourceError(
        "encoding",
        "The attributes of {file} are not valid {encodings}; name its encoding in the recipe.",
        file=file,
        encodings=" / ".join(dict.fromkeys(name for name in tried if name)),
    )


def _with_whole_numbers(frame: gpd.GeoDataFrame, path: Path, file: str, **options: str) -> gpd.GeoDataFrame:
    """Return the features with columns of whole numbers as they are in the file.

    Where one is missing they came as floats, which keep fifteen digits: ids would become others.
    """
    about = _quietly(file, pyogrio.read_info, path, **options)
    names = iter(frame.columns.drop("geometry"))
    floats = {
        place: name
        for place, (field, kind) in enumerate(zip(about["fields"], about["dtypes"], strict=True))
        # GDAL's geometry takes the place of an attribute of that name.
        if field != "geometry" and (name := next(names)) and "int" in kind and pd.api.types.is_float_dtype(frame[name])
    }
    if not floats:
        return frame
    table = _quietly(file, pyogrio.read_arrow, path, read_geometry=False, **options)[1]
    whole = {name: table.column(place).to_pandas(integer_object_nulls=True) for place, name in floats.items()}
    return frame.assign(**whole)


def _decoded(path: Path, layer: str, encoding: str, file: str) -> gpd.GeoDataFrame:
    """Return the features, their texts and names strictly of `encoding`."""
    options = {"layer": layer, **({"encoding": "ISO-8859-1"} if encoding else {})}
    frame = _quietly(file, pyogrio.read_dataframe, path, **options)
    if "geometry" not in frame.columns:
        raise SourceError("no_geometry", "{file} has no geometry column.", file=file)
    frame = _with_whole_numbers(frame, path, file, **options)
    if not encoding:
        return frame

    def text(value: object) -> object:
        return value.encode("latin-1").decode(encoding) if isinstance(value, str) else value

    texts = [
        name for name in frame.columns if pd.api.types.is_string_dtype(frame[name].dropna()) and name != "geometry"
    ]
    return frame.assign(**{name: frame[name].map(text) for name in texts}).rename(columns=text)


def named_encoding(path: Path) -> list[str]:
    """Return the encoding that a Shapefile names for its attributes, in its .cpg or by a mark in its .dbf, if any."""
    sides = {side.suffix.lower(): side for side in path.parent.glob(f"{path.stem}.*")}
    if ".cpg" in sides:
        said = sides[".cpg"].read_text("ascii", errors="replace").strip()
        digits = re.search(r"\d{3,}$", said)
        for name in (said, {"88591": "latin-1"}.get(said, ""), f"cp{digits[0]}" if digits else ""):
            try:
                return [codecs.lookup(name).name]
            except LookupError:
                continue
    with sides[".dbf"].open("rb") as stream:
        mark = stream.read(30)[29:]
    return [MARKS[mark]] if mark in MARKS else []


def _quietly(file: str, read, *arguments, **options):  # type: ignore[no-untyped-def]
    """Call a reader of pyogrio, its failures said in one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read(*arguments, **options)
    except UnicodeDecodeError:
        raise
    except (DataSourceError, DataLayerError, ValueError, OSError, RuntimeError):
        raise SourceError("broken_vector", "{file} is damaged or cut short and cannot be read.", file=file) from None


def read_parquet(path: Path, file: str) -> Sheet:
    """Return the columns of a Parquet or GeoParquet file as strings, and its geometry where it has one."""
    try:
        metadata = pq.read_schema(path).metadata or {}
        if b"geo" not in metadata:
            return _columns_alone(pq.read_table(path, **ONE_THREAD).to_pandas(**EXACTLY))
        table = gpd.read_parquet(path, to_pandas_kwargs=EXACTLY, **ONE_THREAD)
        name = json.loads(metadata[b"geo"])["primary_column"]
    except MemoryError:  # Arrow's is one of its own exceptions too
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError):
        raise SourceError("broken_vector", "{file} is damaged or cut short and cannot be read.", file=file) from None
    return replace(
        _columns_alone(pd.DataFrame(table.drop(columns=name))), geometry=table.geometry.reset_index(drop=True)
    )


def _columns_alone(values: pd.DataFrame) -> Sheet:
    values = values.set_axis(unique_names([str(name) for name in values.columns]), axis=1)
    frame = as_text(values)
    return Sheet(frame, number_rows(frame), doubts=doubtful_numbers(values, list(frame.columns)))
