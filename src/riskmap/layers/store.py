"""The rows of a layer, read back from its import folders (folders.py)."""

from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from riskmap.layers.folders import import_folders, layer_fingerprint, settled_rows
from riskmap.layers.row_keys import KEYED, row_keys
from riskmap.layers.scope import Scope, make_scope, rows_within
from riskmap.layers.stored_shapes import with_shapes
from riskmap.schema import COLUMNS, ID_COLUMN, TIME, TIME_COLUMNS, table_schema
from riskmap.study import Study, load_study


def has_geometry(layer: str) -> bool:
    """Return whether a layer's table holds a geometry."""
    return "geometry" in COLUMNS[layer]


def read_layer(study: Study, layer: str) -> pd.DataFrame:
    """Return all rows of `layer` in its schema's form; the order does not depend on that of the imports.

    A row that several imports brought is there once. One that a later import contradicts (same id, other content) is
    left out until one of both imports is undone. Of a narrowed study only rows in its areas are returned.
    """
    rows = with_shapes(read_encoded(study, layer))
    if not study.within:
        return rows
    scope = scope_of(study)
    if layer == "areas":
        kept = scope.holds_codes(rows["area_code"])
    elif layer == "samples":
        kept = rows["plant_id"].isin(read_layer(study, "plants")["plant_id"]).to_numpy(bool)
    else:
        kept = rows_within(rows, scope)
    return rows[kept].reset_index(drop=True)


def has_rows(study: Study, layer: str) -> bool:
    """Return whether an import of `layer` that stands brought any row; nothing but the heads of files is read."""
    return any(pq.read_metadata(folder / "rows.parquet").num_rows for folder in import_folders(study, layer))


def scope_of(study: Study) -> Scope:
    """Return the areas of a narrowed study, and what they cover."""
    return _scope_of(study.home, study.id, study.within, layer_fingerprint(study, "areas"))


@lru_cache(maxsize=64)
def _scope_of(home: Path, area: str, within: tuple[str, ...], fingerprint: str) -> Scope:
    del fingerprint
    return make_scope(read_layer(load_study(area, home), "areas"), within)


def read_encoded(study: Study, layer: str) -> pd.DataFrame:
    """Return the same rows with their geometry as it is stored, in bytes: shapes of a million points take seconds."""
    folders = import_folders(study, layer)
    parts = [_read_rows(folder, layer) for folder in folders]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(empty_layer(layer))
    rows = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    withdrawn = _withdrawn(rows, folders, layer)
    rows = _sorted(rows[~withdrawn] if withdrawn.any() else rows, layer)
    if len(parts) > 1 and layer in KEYED:
        rows = rows[~_repeated(rows, layer)]
    if "cell" in rows and not rows["cell"].any():
        rows = rows.drop(columns="cell")
    return rows.reset_index(drop=True)


def _repeated(rows: pd.DataFrame, layer: str) -> pd.Series:
    """Return which rows are there already, as an earlier one of the frame."""
    keys = row_keys(rows, layer)
    told_apart = [rows[name] for name in ("count", "valid_from") if name in rows]
    return pd.concat([keys, *told_apart], axis=1).duplicated() & (keys != "")


def _read_rows(folder: Path, layer: str) -> pd.DataFrame:
    rows = pd.read_parquet(folder / "rows.parquet")
    return rows.reindex(columns=[name for name in table_schema(layer).columns if name in rows.columns])


def _withdrawn(rows: pd.DataFrame, folders: list[Path], layer: str) -> pd.Series:
    """Rows of dated layers whose id another import brought with other content, as long as nobody settled that."""
    identity = ID_COLUMN.get(layer)
    nothing = pd.Series(data=False, index=rows.index)
    if identity is None or layer not in TIME_COLUMNS:
        return nothing
    claims = _conflicts(folders)
    if claims.empty:
        return nothing
    settled = settled_rows(folders)
    ended = (claims["import_id"] + "/" + claims["id"]).isin(settled["import_id"] + "/" + settled["id"])
    by_id = claims[~ended].groupby("id")["import_id"].agg(set)
    claimed = rows[identity].isin(by_id.index)
    own = [{mine} >= by_id[name] for name, mine in rows.loc[claimed, [identity, "import_id"]].itertuples(index=False)]
    nothing.loc[claimed] = ~np.array(own, dtype=bool)
    return nothing


def _conflicts(folders: list[Path]) -> pd.DataFrame:
    """Return the ids of earlier rows that imports contradict: id, import_id."""
    files = [folder / "conflicts.parquet" for folder in folders]
    parts = [pd.read_parquet(path).assign(import_id=path.parent.name) for path in files if path.exists()]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"id": [], "import_id": []}, dtype="str")


def _sorted(rows: pd.DataFrame, layer: str) -> pd.DataFrame:
    keys = [ID_COLUMN[layer]] if layer in ID_COLUMN else []
    keys += [name for name in ("count", "cell", "area_code") if name in rows and name not in keys]
    if layer in ID_COLUMN and rows[keys[0]].is_unique:
        keys = keys[:1]  # nothing is left for the others to decide
    else:
        keys += ["row_id", "import_id"]
    return rows.sort_values(keys, kind="stable")


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


def row_identities(study: Study, layer: str, leave_out: str | None = None) -> pd.DataFrame:
    """Return id, count, content hash and place of every row imported so far, but for those of one import."""
    files = [folder / "identity.parquet" for folder in import_folders(study, layer) if folder.name != leave_out]
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


def stored_rows(study: Study, layer: str, ids: list[str]) -> pd.DataFrame:
    """Return the stored rows of some ids, from every import in effect."""
    parts = [_read_rows(folder, layer) for folder in import_folders(study, layer)]
    parts = [part[row_keys(part, layer).isin(ids)] for part in parts]
    parts = [part for part in parts if len(part)]
    return with_shapes(pd.concat(parts, ignore_index=True)) if parts else empty_layer(layer)
