"""Undo of an import: one small file makes it gone at once; its rows are removed, its receipt and the reason kept."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from riskmap.errors import TableError
from riskmap.layers.covers import COVERS
from riskmap.layers.folders import (
    UNDONE,
    corrected_imports,
    import_folders,
    is_undone,
    layer_folder,
    read_receipt,
    stored_imports,
)
from riskmap.layers.receipt import Receipt
from riskmap.schema import LAYERS
from riskmap.snapshot import STAGING_PREFIX, canonical_json, lease, remove_leftovers, write_text
from riskmap.study import Study

KEPT_FOLDER = "undone"
KEPT_FILES = ("receipt.json", "recipe.toml", COVERS, UNDONE)
"""What stays of an import that was undone: what came in, how it was read, and why it went. No rows."""
WAIT_S = 60.0


@dataclass(frozen=True)
class Undone:
    """An import that was undone: its receipt, the analyst's reason, the moment in UTC (ISO 8601)."""

    receipt: Receipt
    reason: str
    at: str


def undo_import(study: Study, import_id: str, reason: str) -> Receipt:
    """Take an import back; the layer is then as if it had never been there.

    An import in whose stead it stood is in effect again. Corrections of its rows go with it (and come back if the same
    files are imported again). Rows of later imports that were quarantined because they contradicted it stay
    quarantined until they are imported again.

    Parameters
    ----------
    import_id
        As receipts name it, or the first digits of it where they name one import only.

    Raises
    ------
    TableError
        If no reason is given, or no import or several are called so.
    BusyError
        If somebody else is writing.
    """
    if not reason.strip():
        raise TableError("An import is undone for a reason; say it, it is kept with the receipt.")
    with lease(study.folder, f"undo {import_id}", wait_s=WAIT_S):
        remove_leftovers(study.folder)
        folder = find_import(study, import_id)
        receipt = read_receipt(folder)
        ruling = {"reason": reason.strip(), "at": datetime.now(UTC).isoformat(timespec="microseconds")}
        write_text(folder / UNDONE, canonical_json(ruling))
        finish_undos(folder.parent)
    return receipt


def find_import(study: Study, import_id: str, *, in_effect: bool = True) -> Path:
    """Return the folder of the one import whose id begins with `import_id`.

    Parameters
    ----------
    in_effect
        Whether one in whose stead another stands is looked over.

    Raises
    ------
    TableError
        If there is none, or more than one.
    """
    folders = [path for layer in LAYERS for path in (import_folders if in_effect else stored_imports)(study, layer)]
    found = [folder for folder in folders if import_id and folder.name.startswith(import_id)]
    if not found:
        raise TableError(
            "Area {area} has no import {import_id!r}; `riskmap imports {area}` lists those in effect.",
            area=study.id,
            import_id=import_id,
        )
    if len(found) > 1:
        raise TableError(
            "{n} imports of area {area} are called {import_id!r}; `riskmap imports {area}` lists them.",
            n=len(found),
            area=study.id,
            import_id=import_id,
        )
    return found[0]


def corrections_of(study: Study, import_id: str) -> list[Receipt]:
    """Return the receipts of what corrects rows of one import and goes with it, rows left out for good among them."""
    folders = [folder for layer in LAYERS for folder in import_folders(study, layer)]
    return [read_receipt(folder) for folder in folders if import_id in corrected_imports(folder)]


def finish_undos(folder: Path) -> None:
    """Remove the rows of undone imports under a layer's folder; also of those whose undo was cut short."""
    if not folder.is_dir():
        return
    for gone in sorted(path for path in folder.iterdir() if path.name != KEPT_FOLDER and is_undone(path)):
        for path in gone.iterdir():
            if path.name not in KEPT_FILES:
                path.unlink()
        at = json.loads((gone / UNDONE).read_text(encoding="utf-8"))["at"]
        kept = folder / KEPT_FOLDER / f"{gone.name}-{at.replace(':', '')}"
        kept.parent.mkdir(exist_ok=True)
        shutil.rmtree(kept, ignore_errors=True)
        gone.rename(kept)


def list_undone(study: Study, layer: str) -> list[Undone]:
    """Return what was undone in `layer`, oldest first."""
    folder = layer_folder(study, layer) / KEPT_FOLDER
    found = []
    for path in folder.glob(f"*/{UNDONE}"):
        if not path.parent.name.startswith(STAGING_PREFIX):
            ruling = json.loads(path.read_text(encoding="utf-8"))
            found.append(Undone(read_receipt(path.parent), ruling["reason"], ruling["at"]))
    return sorted(found, key=lambda undone: (undone.at, str(undone.receipt.import_id)))
