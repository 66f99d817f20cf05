"""One table as a reader found it, and its way through a folder from the process that read it to the one that asked."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from pyarrow import feather

from riskmap.errors import SourceError
from riskmap.sources.doubts import DOUBT_COLUMNS, no_doubts

LONGEST_NOTE = 2**22
"""Bytes of `about.json` at most: names of columns and a coordinate system, never data."""


@dataclass(frozen=True)
class Sheet:
    """What a reader found.

    Parameters
    ----------
    frame
        Strings, blank where the source has nothing.
    rows
        Shape (n_rows,); the number of each row in the file as a person counts it.
    geometry
        Same length, with the coordinate system that the source names; None where it has no geometry.
    name
        The worksheet or layer, where the file may hold several.
    cut
        Column -> row of its first whole number of 10^15 or more that was stored as a float: its last digits may be
        gone.
    encoding
        Of the texts, where the reader had to find it out.
    doubts
        Cells that may not say what they seem to (doubts.py): row, column, rule, original.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    geometry: gpd.GeoSeries | None = None
    name: str = ""
    cut: dict[str, int] = field(default_factory=dict)
    encoding: str = ""
    doubts: pd.DataFrame = field(default_factory=no_doubts)


def number_rows(frame: pd.DataFrame) -> np.ndarray:
    """Return 1, 2, 3 ... for a source whose rows have no other number."""
    return np.arange(1, len(frame) + 1, dtype=np.int64)


def save_sheet(sheet: Sheet, folder: Path) -> None:
    """Write a sheet as `rows.arrow` and `about.json` into `folder`."""
    columns = [pa.array(sheet.rows, pa.int64()), *(pa.array(sheet.frame[name], pa.string()) for name in sheet.frame)]
    crs = None
    if sheet.geometry is not None:
        columns.append(pa.array(shapely.to_wkb(sheet.geometry.to_numpy()), pa.binary()))
        crs = sheet.geometry.crs.to_wkt() if sheet.geometry.crs is not None else ""
    table = pa.Table.from_arrays(columns, names=[str(position) for position in range(len(columns))])
    with pa.OSFile(str(folder / "rows.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    about = {"name": sheet.name, "columns": list(sheet.frame.columns), "cut": sheet.cut, "crs": crs}
    about |= {"encoding": sheet.encoding, "doubts": len(sheet.doubts)}
    if len(sheet.doubts):
        feather.write_feather(sheet.doubts, folder / "doubts.arrow")
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


def save_refusal(refused: SourceError, folder: Path) -> None:
    """Write why the source was refused into `folder`."""
    values = {name: str(value) for name, value in refused.text.values.items()}  # noqa: PD011  no frame
    about = {"refused": {"rule": refused.rule, "template": refused.text.template, "values": values}}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


def load_sheet(folder: Path) -> Sheet:
    """Return the sheet in `folder`.

    Raises
    ------
    SourceError
        If the reader refused the source; ValueError, OSError or KeyError if what lies there is no sheet.
    """
    with (folder / "about.json").open("rb") as stream:
        about = json.loads(stream.read(LONGEST_NOTE))
    if "refused" in about:
        raise SourceError(about["refused"]["rule"], about["refused"]["template"], **about["refused"]["values"])
    with pa.OSFile(str(folder / "rows.arrow"), "rb") as source:
        table = pa.ipc.open_file(source).read_all()
    table.validate(full=True)
    names = about["columns"]
    frame = pd.DataFrame(
        {name: table.column(position).to_pandas().astype("str") for position, name in enumerate(names, start=1)},
        index=range(table.num_rows),
    )
    geometry = None
    if about["crs"] is not None:
        shapes = shapely.from_wkb(table.column(len(names) + 1).to_numpy())
        geometry = gpd.GeoSeries(shapes, crs=about["crs"] or None)
    cut = {str(name): int(row) for name, row in about["cut"].items()}
    doubts = feather.read_feather(folder / "doubts.arrow") if about["doubts"] else no_doubts()
    return Sheet(
        frame,
        table.column(0).to_numpy(),
        geometry,
        str(about["name"]),
        cut,
        str(about["encoding"]),
        doubts[list(DOUBT_COLUMNS)].astype(DOUBT_COLUMNS),
    )
