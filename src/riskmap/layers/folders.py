"""The import folders that a layer is the union of, and what they say beside its rows.

geodata/<area>/layers/<layer>/<import_id>/      rows, quarantine, coverage, receipt, recipe, manifest
                              .../undone.json   the import is undone, whatever else is there still (layers/undo.py)
                              .../replaces.json names the import in whose stead this one stands
                              .../settles.parquet  quarantined rows of other imports that this one corrects
                              .../corrects.json names those imports, where it holds nothing but corrections
                              .../covers.json   the days that it is declared to cover (layers/covers.py)
geodata/<area>/layers/<layer>/undone/           receipts of what was undone, and why
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from riskmap.errors import TableError
from riskmap.layers.covers import declared, declared_intervals
from riskmap.layers.receipt import Receipt
from riskmap.schema import LAYERS
from riskmap.snapshot import STAGING_PREFIX, file_sha256, text_sha256
from riskmap.study import Study

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


def settled_rows(folders: list[Path]) -> pd.DataFrame:
    """Return the quarantined rows that later imports settle: import_id, row_id, id (where ids were in dispute)."""
    files = [folder / "settles.parquet" for folder in folders]
    parts = [pd.read_parquet(path) for path in files if path.exists()]
    empty = {name: pd.Series(dtype="str") for name in ("import_id", "row_id", "id")}
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(empty)


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
