"""What was imported, read back: a layer is the union of its import folders."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.errors import TableError
from riskmap.layers.receipt import Receipt
from riskmap.schema import COLUMNS, ID_COLUMN, LAYERS, TIME, TIME_COLUMNS, table_schema
from riskmap.snapshot import STAGING_PREFIX, text_sha256
from riskmap.study import Study

COVERAGE_COLUMNS = {
    "source_id": "str",
    "covered_from": "datetime64[us]",
    "covered_to": "datetime64[us]",
    "rows": "int64",
}


def layer_folder(study: Study, layer: str) -> Path:
    """Return where the imports of `layer` lie.

    Raises
    ------
    TableError
        If there is no such layer.
    """
    if layer not in LAYERS:
        raise TableError("There is no layer {layer!r}; the layers are {known}.", layer=layer, known=", ".join(LAYERS))
    return study.folder / "layers" / layer


def import_folders(study: Study, layer: str) -> list[Path]:
    """Return the import folders of `layer`, sorted by name."""
    found = layer_folder(study, layer).glob("*/receipt.json")
    return sorted(path.parent for path in found if not path.parent.name.startswith(STAGING_PREFIX))


def list_imports(study: Study, layer: str | None = None) -> list[Receipt]:
    """Return the receipts of what was imported, by layer and import id."""
    layers = LAYERS if layer is None else (layer,)
    return [read_receipt(folder) for name in layers for folder in import_folders(study, name)]


def read_receipt(folder: Path) -> Receipt:
    """Read the receipt of one import folder."""
    data: dict[str, Any] = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
    return Receipt(data)


def has_geometry(layer: str) -> bool:
    """Return whether a layer's table holds a geometry."""
    return "geometry" in COLUMNS[layer]


def read_layer(study: Study, layer: str) -> pd.DataFrame:
    """Return all rows of `layer` in its schema's form; the order does not depend on that of the imports.

    A row that several imports brought is there once. One that a later import contradicts (same id, other content) is
    left out until one of both imports is undone.
    """
    folders = import_folders(study, layer)
    parts = [_read_rows(folder, layer) for folder in folders]
    parts = [part for part in parts if len(part)]
    if not parts:
        return empty_layer(layer)
    rows = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    rows = _sorted(rows[~_withdrawn(rows, folders, layer)], layer)
    if len(parts) > 1 and layer in ID_COLUMN:
        keys = [name for name in (ID_COLUMN[layer], "count", "valid_from") if name in rows]
        rows = rows[~rows.duplicated(keys)]
    if "cell" in rows and not rows["cell"].any():
        rows = rows.drop(columns="cell")
    return rows.reset_index(drop=True)


def _read_rows(folder: Path, layer: str) -> pd.DataFrame:
    path = folder / "rows.parquet"
    rows = gpd.read_parquet(path) if has_geometry(layer) else pd.read_parquet(path)
    return rows.reindex(columns=[name for name in table_schema(layer).columns if name in rows.columns])


def _withdrawn(rows: pd.DataFrame, folders: list[Path], layer: str) -> pd.Series:
    """Rows of dated layers whose id another import brought with other content."""
    identity = ID_COLUMN.get(layer)
    if identity is None or layer not in TIME_COLUMNS:
        return pd.Series(data=False, index=rows.index)
    files = [folder / "conflicts.parquet" for folder in folders]
    ids = [pd.read_parquet(path)["id"] for path in files if path.exists()]
    return rows[identity].isin(pd.concat(ids)) if ids else pd.Series(data=False, index=rows.index)


def _sorted(rows: pd.DataFrame, layer: str) -> pd.DataFrame:
    keys = [ID_COLUMN[layer]] if layer in ID_COLUMN else []
    keys += [name for name in ("count", "cell", "area_code") if name in rows and name not in keys]
    return rows.sort_values([*keys, "row_id", "import_id"], kind="stable")


def empty_layer(layer: str) -> pd.DataFrame:
    """Return a layer's table without rows, every column with its type."""
    columns: dict[str, object] = {}
    for name, column in table_schema(layer).columns.items():
        kind = str(column.dtype)
        if name == "geometry":
            columns[name] = gpd.GeoSeries([], crs="EPSG:4326")
        else:
            columns[name] = pd.Series(
                [], dtype="str" if kind.startswith("str") else TIME if "datetime" in kind else kind
            )
    if has_geometry(layer):
        return gpd.GeoDataFrame(columns, geometry="geometry", crs="EPSG:4326")
    return pd.DataFrame(columns)


def layer_fingerprint(study: Study, layer: str) -> str:
    """Return a hash of what a layer holds: the same imports in any order give the same one."""
    return text_sha256(layer, *(folder.name for folder in import_folders(study, layer)))


def coverage(study: Study, layer: str) -> pd.DataFrame:
    """Return what intervals each source delivered, with the rows read for each (kept or not).

    Returns
    -------
    source_id, covered_from, covered_to, rows; sorted. What no interval covers is unknown, not zero.
    """
    parts = [pd.read_parquet(folder / "coverage.parquet") for folder in import_folders(study, layer)]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COVERAGE_COLUMNS.items()})
    keys = ["source_id", "covered_from", "covered_to"]
    whole = pd.concat(parts, ignore_index=True).groupby(keys, as_index=False)["rows"].sum()
    return pd.DataFrame(whole).astype(COVERAGE_COLUMNS)


def read_quarantine(study: Study, layer: str) -> pd.DataFrame:
    """Return the rows kept aside: import_id, file, sheet, row, column, rule, original, and the row as it came."""
    folders = import_folders(study, layer)
    parts = [pd.read_parquet(folder / "quarantine.parquet").assign(import_id=folder.name) for folder in folders]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def row_identities(study: Study, layer: str) -> pd.DataFrame:
    """Return id, count, content hash and place of every row imported so far."""
    files = [folder / "identity.parquet" for folder in import_folders(study, layer)]
    parts = [pd.read_parquet(path) for path in files if path.exists()]
    parts = [part for part in parts if len(part)]
    if parts:
        return pd.concat(parts, ignore_index=True)
    return pd.DataFrame(
        {
            "id": pd.Series(dtype="str"),
            "count": pd.Series(dtype="int64"),
            "content": pd.Series(dtype="uint64"),
            "lon": pd.Series(dtype="float64"),
            "lat": pd.Series(dtype="float64"),
            "area_code": pd.Series(dtype="str"),
        }
    )


def point_columns(geometry: gpd.GeoSeries) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of points, NaN where there is none."""
    shapes = np.asarray(geometry.array)
    return shapely.get_x(shapes), shapely.get_y(shapes)
