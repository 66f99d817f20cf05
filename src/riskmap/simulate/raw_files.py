"""File formats of the raw sources, written so that the same tables give the same bytes."""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from openpyxl import Workbook

_WRITTEN = datetime(2025, 12, 29, 8, 0, 0)
"""The moment that files carry inside them, in place of the clock's."""


def write_csv(path: Path, frame: pd.DataFrame, encoding: str = "gb18030") -> None:
    """Write a comma-separated file as the systems of the simulated offices do: GB18030, CRLF."""
    frame.to_csv(path, index=False, encoding=encoding, lineterminator="\r\n")


def write_excel(path: Path, frame: pd.DataFrame, sheet: str) -> None:
    """Write one worksheet; for tables of up to some 20,000 rows."""
    book = Workbook(write_only=True)
    table = book.create_sheet(sheet)
    table.append(list(frame.columns))
    values = frame.astype(object).where(frame.notna(), None)
    for row in values.itertuples(index=False, name=None):
        table.append(row)
    loose = path.with_name(path.name + ".tmp")
    book.save(loose)
    _fix_archive(loose, path)
    loose.unlink()


def _fix_archive(loose: Path, path: Path) -> None:
    """Copy a workbook with the clock's times replaced: those of the members and those among its properties."""
    stamp = _WRITTEN.isoformat().encode() + b"Z"
    with zipfile.ZipFile(loose) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, content)
            entry = zipfile.ZipInfo(name, _WRITTEN.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            new.writestr(entry, content)


@contextmanager
def _gdal_clock() -> Iterator[None]:
    """Let GDAL write a fixed moment where it would ask the clock."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _WRITTEN.isoformat() + ".000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def write_geopackage(path: Path, frame: gpd.GeoDataFrame, layer: str) -> None:
    """Write one layer of a GeoPackage."""
    with _gdal_clock():
        pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG")


def write_shapefile(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write a Shapefile with .prj and, for its Chinese names, .cpg."""
    pyogrio.write_dataframe(
        frame, path, driver="ESRI Shapefile", encoding="UTF-8", DBF_DATE_LAST_UPDATE=f"{_WRITTEN:%Y-%m-%d}"
    )
