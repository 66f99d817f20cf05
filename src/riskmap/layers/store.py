"""What was imported, read back: a layer is the union of its import folders.

geodata/<area>/layers/<layer>/<import_id>/      rows, quarantine, coverage, receipt, recipe, manifest
                              .../undone.json   the import is undone, whatever else is there still (layers/undo.py)
                              .../replaces.json names the import in whose stead this one stands
                              .../settles.parquet  quarantined rows of other imports that this one corrects
                              .../corrects.json names those imports, where it holds nothing but corrections
                              .../covers.json   the days that it is declared to cover (layers/covers.py)
geodata/<area>/layers/<layer>/undone/           receipts of what was undone, and why
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from riskmap.errors import TableError
from riskmap.layers.covers import declared, declared_intervals
from riskmap.layers.receipt import Receipt
from riskmap.layers.row_keys import KEYED, row_keys
from riskmap.layers.scope import Scope, make_scope, rows_within
from riskmap.layers.stored_shapes import with_shapes
from riskmap.schema import COLUMNS, ID_COLUMN, LAYERS, TIME, TIME_COLUMNS, table_schema
from riskmap.snapshot import STAGING_PREFIX, file_sha256, text_sha256
from riskmap.study import Study, load_study

UNDONE, REPLACES, CORRECTS, RULINGS = "undone.json", "replaces.json", "corrects.json", "rulings.json"
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
    """Return the folders of the imports that `layer` consists of, sorted by name.

    An import that was undone is none of them, nor is one in whose stead another stands; nor are corrections of rows
    of imports that are gone in either way.
    """
    there = stored_imports(study, layer)
    stead = {replaced for folder in there if (replaced := replaced_import(folder)) is not None}
    kept = [folder for folder in there if folder.name not in stead]
    while True:
        names = {folder.name for folder in kept}
        founded = [folder for folder in kept if names.issuperset(corrected_imports(folder))]
        if len(founded) == len(kept):
            return kept
        kept = founded


def stored_imports(study: Study, layer: str) -> list[Path]:
    """Return the folders of all imports of `layer` that were not undone, in effect or not, sorted by name."""
    found = (path.parent for path in layer_folder(study, layer).glob("*/receipt.json"))
    return sorted(folder for folder in found if not folder.name.startswith(STAGING_PREFIX) and not is_undone(folder))


def corrected_imports(folder: Path) -> list[str]:
    """Return the ids of the imports whose rows this one corrects, where that is all it does."""
    path = folder / CORRECTS
    return list(json.loads(path.read_text(encoding="utf-8"))["import_ids"]) if path.exists() else []


def is_undone(folder: Path) -> bool:
    """Return whether an import folder is to be taken for gone."""
    return (folder / UNDONE).exists()


def replaced_import(folder: Path) -> str | None:
    """Return the id of the import in whose stead this one stands."""
    path = folder / REPLACES
    return str(json.loads(path.read_text(encoding="utf-8"))["import_id"]) if path.exists() else None


def list_imports(study: Study, layer: str | None = None) -> list[Receipt]:
    """Return the receipts of what was imported, by layer and import id."""
    layers = LAYERS if layer is None else (layer,)
    return [read_receipt(folder) for name in layers for folder in import_folders(study, name)]


def read_receipt(folder: Path) -> Receipt:
    """Read the receipt of one import folder; the days it is declared to cover are those of now."""
    data: dict[str, Any] = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
    return Receipt(data | {"covers": declared(folder)})


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


def settled_rows(folders: list[Path]) -> pd.DataFrame:
    """Return the quarantined rows that later imports settle: import_id, row_id, id (where ids were in dispute)."""
    files = [folder / "settles.parquet" for folder in folders]
    parts = [pd.read_parquet(path) for path in files if path.exists()]
    empty = {name: pd.Series(dtype="str") for name in ("import_id", "row_id", "id")}
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(empty)


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


def layer_fingerprint(study: Study, layer: str) -> str:
    """Return a hash of what a layer holds: the same imports, declarations, rulings in any order give the same."""
    rulings, folders = layer_folder(study, layer) / RULINGS, import_folders(study, layer)
    ruled = [file_sha256(rulings)] if rulings.is_file() else []
    said = [f"{folder.name} {days}" for folder in folders if (days := declared(folder)) is not None]
    return text_sha256(layer, *(folder.name for folder in folders), *said, *ruled)


def coverage(study: Study, layer: str, *, spans: bool = False) -> pd.DataFrame:
    """Return what intervals each source delivered, with the rows read for each (kept or not).

    Parameters
    ----------
    spans
        Whether the whole span of each file is among them, with no rows: what is empty inside it was delivered so.

    Returns
    -------
    source_id, covered_from, covered_to, rows, declared (to be covered, with or without rows); sorted. What no interval
    covers is unknown, not zero.
    """
    folders = import_folders(study, layer)
    parts = [pd.read_parquet(folder / "coverage.parquet").assign(declared=False) for folder in folders]
    parts = [part for part in [*parts, declared_intervals(folders).assign(declared=True)] if len(part)]
    kinds = COVERAGE_COLUMNS | {"declared": "bool"}
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    keys = ["source_id", "covered_from", "covered_to", "declared"]
    whole = pd.concat(parts, ignore_index=True).groupby(keys, as_index=False)["rows"].sum()
    found = pd.DataFrame(whole)[list(kinds)].astype(kinds)
    return found if spans else found[(found["rows"] > 0) | found["declared"]].reset_index(drop=True)


def read_quarantine(study: Study, layer: str) -> pd.DataFrame:
    """Return the rows kept aside and settled by no later import.

    Returns
    -------
    import_id, row_id, file, sheet, row, column, rule, original, repaired, and `content`, the row as it came (JSON).
    """
    folders = import_folders(study, layer)
    files = [folder / "quarantine.parquet" for folder in folders]
    parts = [pd.read_parquet(path).assign(import_id=path.parent.name) for path in files if path.exists()]
    parts = [part for part in parts if len(part)]
    if not parts:
        names = ("import_id", "row_id", "file", "sheet", "row", "column", "rule", "original", "repaired", "content")
        return pd.DataFrame({name: pd.Series(dtype="int64" if name == "row" else "str") for name in names})
    kept = pd.concat(parts, ignore_index=True)
    settled = settled_rows(folders)
    refs = kept["import_id"] + "/" + kept["row_id"]
    return kept[~refs.isin(settled["import_id"] + "/" + settled["row_id"])].reset_index(drop=True)


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
