"""Write what is shown to files that others can open."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd

from riskmap.errors import SnapshotError
from riskmap.grid.cells import cell_polygons, cells_to_text
from riskmap.language import Text
from riskmap.layers.areas import read_areas
from riskmap.layers.store import read_layer
from riskmap.schema import LAYERS
from riskmap.sources.persons import mask_frame
from riskmap.study import Study
from riskmap.surface.publish import read_surface

FORMATS = ("gpkg", "geojson", "parquet", "csv", "xlsx")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def export_table(study: Study, what: str) -> gpd.GeoDataFrame:
    """Return the surface's cells, its areas, or a layer, with geometry.

    Raises
    ------
    SnapshotError
        If there is no such thing, or nothing of it.
    """
    if what == "surface":
        cells = read_surface(study).cells
        names = cells_to_text(cells["cell"].to_numpy())
        outlines = cell_polygons(cells["cell"].to_numpy())
        return gpd.GeoDataFrame(cells.assign(cell=names), geometry=outlines, crs="EPSG:4326")
    if what == "surface_areas":
        areas = read_areas(study)[["area_code", "geometry"]]
        merged = read_surface(study).table("areas").merge(areas, on="area_code", how="left")
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
    table: gpd.GeoDataFrame, path: Path, form: str, workbook: Callable[[Path, pd.DataFrame], object]
) -> list[Text]:
    """Write `table` to `path`, or leave what was there; personal data never goes out.

    Parameters
    ----------
    workbook
        Writes an Excel file; formats that hold no geometry get it as well-known text.

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
        elif form in ("gpkg", "geojson"):
            name = path.stem if path.stem.isidentifier() else "riskmap"
            table.to_file(staging, driver={"gpkg": "GPKG", "geojson": "GeoJSON"}[form], layer=name)
        elif form == "xlsx":
            workbook(staging, _flat(table))
        else:
            without_formulas(_flat(table)).to_csv(staging, index=False)
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)
    return notes


def without_persons(table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Text]]:
    """Return the table as it may leave the house, and a sentence about each column in which something was masked."""
    clean, counts = mask_frame(table)
    sentence = "{n} values of column {column} held personal data and were masked or left out of the file."
    return gpd.GeoDataFrame(clean), [Text(sentence, {"n": n, "column": column}) for column, n in counts.items()]


def _flat(table: gpd.GeoDataFrame) -> pd.DataFrame:
    if "geometry" not in table:
        return pd.DataFrame(table)
    flat = pd.DataFrame(table.drop(columns="geometry"))
    return flat.assign(geometry_wkt=table.geometry.to_wkt(rounding_precision=6))


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with an apostrophe before every text that a spreadsheet would run."""
    safe = table.copy()
    for name in safe.columns[safe.dtypes.astype(str).isin(["str", "object", "string"])]:
        text = safe[name].astype("str")
        safe[name] = safe[name].where(~text.str.startswith(FORMULA_STARTS), "'" + text)
    return safe
