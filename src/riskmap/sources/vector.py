"""Vector files: attributes as strings, geometry as it stands, and the coordinate system that the file names.

The readers here run in the reading process only (reader.py); files.py asks it.
"""

import json
import shutil
import tempfile
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from riskmap.errors import SourceError
from riskmap.sources.cell_texts import as_text
from riskmap.sources.recipe import TableForm
from riskmap.sources.sheet import Sheet, number_rows

DRIVERS = {"GPKG", "GeoJSON", "ESRI Shapefile", "FlatGeobuf", "LIBKML"}
"""GDAL's drivers that stay. Others (VRT, WFS, STAC ...) open further files or addresses that a file names."""
MAY_BE_EMPTY = {".gpkg", ".kml"}
"""Kinds that can be whole and hold no layer."""
ONE_THREAD = {"use_threads": False, "pre_buffer": False}
"""Under a limit of memory Arrow cannot start threads, and then waits for them or fails as a damaged file does."""


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
    frame = _features(path, layer, encodings if suffix == ".shp" else ["auto"], file)
    if suffix == ".shp" and not any(other.suffix.lower() == ".prj" for other in path.parent.glob(f"{path.stem}.*")):
        frame.geometry.array.crs = None  # GDAL may guess one from the numbers
    attributes = as_text(pd.DataFrame(frame.drop(columns="geometry")))
    geometry = frame.geometry.reset_index(drop=True)
    return Sheet(attributes, number_rows(attributes), geometry, layer if len(names) > 1 else "")


def _features(path: Path, layer: str, encodings: list[str], file: str) -> gpd.GeoDataFrame:
    options = {"layer": layer}
    if encodings != ["auto"]:
        options["encoding"] = encodings[0]
    try:
        frame = _quietly(file, pyogrio.read_dataframe, path, **options)
    except UnicodeDecodeError:
        frame = _quietly(file, pyogrio.read_dataframe, path, **options | {"encoding": "gb18030"})
    if "geometry" not in frame.columns:
        raise SourceError("no_geometry", "{file} has no geometry column.", file=file)
    return frame


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
            frame = as_text(pq.read_table(path, **ONE_THREAD).to_pandas(use_threads=False))
            return Sheet(frame, number_rows(frame))
        table = gpd.read_parquet(path, **ONE_THREAD)
        name = json.loads(metadata[b"geo"])["primary_column"]
    except MemoryError:  # Arrow's is one of its own exceptions too
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError):
        raise SourceError("broken_vector", "{file} is damaged or cut short and cannot be read.", file=file) from None
    frame = as_text(pd.DataFrame(table.drop(columns=name)))
    return Sheet(frame, number_rows(frame), table.geometry.reset_index(drop=True))
