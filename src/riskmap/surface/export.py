"""Write what is shown to files that others can open."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq

from riskmap.errors import SnapshotError
from riskmap.grid.cells import cell_polygons, cells_to_text
from riskmap.language import Text
from riskmap.layers.areas import read_areas
from riskmap.layers.store import read_layer
from riskmap.schema import LAYERS
from riskmap.sources.persons import mask_frame
from riskmap.study import Study
from riskmap.surface.publish import Surface, read_surface

FORMATS = ("gpkg", "geojson", "parquet", "csv", "xlsx")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of something to be run; Chinese ones take the full-width signs too."""
TOLD_IN_CSV = ("data_cut_off", "snapshot_id", "scale_id", "marking", "simulated")
"""What stands in columns at the end of a CSV, whose rows may be parted from the file's name."""


def export_table(study: Study, what: str, surface: Surface | None = None) -> gpd.GeoDataFrame:
    """Return the cells of a surface (the one served for None), its areas, or a layer, with geometry.

    Raises
    ------
    SnapshotError
        If there is no such thing, or nothing of it.
    """
    if what == "surface":
        cells = (surface or read_surface(study)).cells
        names = cells_to_text(cells["cell"].to_numpy())
        outlines = cell_polygons(cells["cell"].to_numpy())
        return gpd.GeoDataFrame(cells.assign(cell=names), geometry=outlines, crs="EPSG:4326")
    if what == "surface_areas":
        areas = read_areas(study)[["area_code", "geometry"]]
        merged = (surface or read_surface(study)).table("areas").merge(areas, on="area_code", how="left")
        return gpd.GeoDataFrame(merged, geometry="geometry", crs="EPSG:4326")
    if what not in LAYERS:
        raise SnapshotError(
            "There is no {what!r} to export; there are: {known}.",
            what=what,
            known=", ".join(("surface", "surface_areas", *LAYERS)),
        )
    rows = read_layer(study, what)
    if rows.empty:
        raise SnapshotError("Layer {layer} of area {area} is empty.", layer=what, area=study.id)
    return rows if isinstance(rows, gpd.GeoDataFrame) else gpd.GeoDataFrame(rows)


def write_export(
    table: gpd.GeoDataFrame | pd.DataFrame,
    path: Path,
    form: str,
    workbook: Callable[[Path, pd.DataFrame], object],
    about: Mapping[str, str] = MappingProxyType({}),
) -> list[Text]:
    """Write `table` to `path`, or leave what was there; personal data never goes out.

    Parameters
    ----------
    workbook
        Writes an Excel file; formats that hold no geometry get it as well-known text.
    about
        What the file says of itself: metadata of GeoPackage and Parquet, the member `riskmap` of GeoJSON, columns at
        the end of a CSV (those of TOLD_IN_CSV that are not blank). The workbook's writer has its own.

    Returns
    -------
    What was masked or left out at the exit, one sentence a column; nothing as a rule, because the door masks first.

    Raises
    ------
    SnapshotError
        If the format is not one of FORMATS.
    """
    if form not in FORMATS:
        raise SnapshotError("Format {form!r} is not known; there are: {known}.", form=form, known=", ".join(FORMATS))
    table, notes = without_persons(table)
    staging = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        if form == "parquet":
            table.to_parquet(staging, index=False)
            _tell_parquet(staging, about)
        elif form == "gpkg":
            name = path.stem if path.stem.isidentifier() else "riskmap"
            table.to_file(staging, driver="GPKG", layer=name, **({"layer_metadata": dict(about)} if about else {}))
        elif form == "geojson":
            table.to_file(staging, driver="GeoJSON", layer="riskmap")
            _tell_geojson(staging, about)
        elif form == "xlsx":
            workbook(staging, _flat(table))
        else:
            told = {name: about[name] for name in TOLD_IN_CSV if about.get(name)}
            flat = _flat(table)
            for key, text in told.items():
                flat[f"file_{key}" if key in flat else key] = text
            write_csv(flat, staging)
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)
    return notes


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a CSV that Excel reads as UTF-8 and in which it runs nothing.

    Lines end as RFC 4180 says; with others a lone carriage return inside a text would not be quoted, and would begin
    a line of its own.
    """
    without_formulas(table).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _tell_parquet(path: Path, about: Mapping[str, str]) -> None:
    if about:
        table = pq.read_table(path)
        kept = {**(table.schema.metadata or {}), b"riskmap": json.dumps(dict(about), ensure_ascii=False).encode()}
        pq.write_table(table.replace_schema_metadata(kept), path)


def _tell_geojson(path: Path, about: Mapping[str, str]) -> None:
    """Put the member `riskmap` before the others; readers that do not know it pass over it (RFC 7946, 6.1)."""
    if about:
        text = path.read_text(encoding="utf-8")
        member = f'"riskmap": {json.dumps(dict(about), ensure_ascii=False)},\n'
        path.write_text(text.replace("{\n", "{\n" + member, 1), encoding="utf-8")


def without_persons(table: gpd.GeoDataFrame | pd.DataFrame) -> tuple[gpd.GeoDataFrame, list[Text]]:
    """Return the table as it may leave the house, and a sentence about each column in which something was masked."""
    clean, counts = mask_frame(table)
    sentence = "{n} values of column {column} held personal data and were masked or left out of the file."
    return gpd.GeoDataFrame(clean) if "geometry" in clean else clean, [
        Text(sentence, {"n": n, "column": column}) for column, n in counts.items()
    ]


def _flat(table: gpd.GeoDataFrame) -> pd.DataFrame:
    if "geometry" not in table:
        return pd.DataFrame(table)
    flat = pd.DataFrame(table.drop(columns="geometry"))
    return flat.assign(geometry_wkt=table.geometry.to_wkt(rounding_precision=6))


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with an apostrophe before every text that a spreadsheet would run."""
    heads = [f"'{name}" if str(name).startswith(FORMULA_STARTS) else name for name in table.columns]
    safe = table.set_axis(heads, axis=1)
    for name in safe.columns[safe.dtypes.astype(str).isin(["str", "object", "string"])]:
        text = safe[name].astype("str")
        safe[name] = safe[name].where(~text.str.startswith(FORMULA_STARTS), "'" + text)
    return safe
