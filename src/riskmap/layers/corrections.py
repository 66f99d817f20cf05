"""Rows kept aside, brought back: shown as a table, corrected, imported again; or left out for good, with a reason.

A table of quarantined rows names each of them in the column `riskmap_row`. Whatever import has that column settles the
rows it names: they are quarantined no longer (or anew, for what is still wrong with them). A row whose comparison with
something else was mistaken comes in unchanged with the rule's name in the column `riskmap_overruled`.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from riskmap.errors import SourceError, TableError
from riskmap.layers.delivery import no_coverage
from riskmap.layers.folders import layer_folder, read_quarantine, read_receipt
from riskmap.layers.intake import import_files, store_tables
from riskmap.layers.mapping import OVERRULED, ROW_REFERENCE
from riskmap.layers.outcome import SHAPE as WKT
from riskmap.layers.preparation import Prepared, settled_rows_of
from riskmap.layers.receipt import FATE_COLUMNS, Receipt, note, receipt_data
from riskmap.layers.rules import message
from riskmap.layers.store import empty_layer
from riskmap.layers.undo import WAIT_S
from riskmap.progress import Report, silent
from riskmap.snapshot import lease, text_sha256
from riskmap.sources.files import read_file
from riskmap.sources.persons import MASK
from riskmap.sources.private_folders import PrivateFolder
from riskmap.sources.recipe import Recipe, TableForm
from riskmap.study import Study

ROWS_SHEET = "list"
"""The worksheet of a corrected workbook that holds the rows; further ones say what it is about."""
RULE, COLUMN, MESSAGE = "riskmap_rule", "riskmap_column", "riskmap_message"


def quarantine_table(study: Study, layer: str, language: str = "en") -> pd.DataFrame:
    """Return the rows kept aside as a table that can be corrected and given to `correct_rows`.

    Returns
    -------
    riskmap_row, riskmap_rule, riskmap_column, riskmap_message, riskmap_overruled (blank), then the columns of the
    sources; all text.
    """
    kept = read_quarantine(study, layer)
    found = kept[["rule", "column", "original", "repaired"]].to_numpy(object).tolist()
    said = [message(*what).in_language(language) for what in found]
    about = pd.DataFrame(
        {
            ROW_REFERENCE: kept["import_id"] + "/" + kept["row_id"],
            RULE: kept["rule"],
            COLUMN: kept["column"],
            MESSAGE: pd.Series(said, dtype="str"),
            OVERRULED: "",
        }
    )
    content = pd.DataFrame([json.loads(text) for text in kept["content"]], index=kept.index)
    return pd.concat([about, content], axis=1).fillna("").astype("str")


def read_corrections(path: Path) -> pd.DataFrame:
    """Read a corrected `quarantine_table` from an Excel or CSV file.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    plain = {"name": "corrections", "layer": "cases"}
    try:
        return read_file(path, Recipe.model_validate({**plain, "table": {"sheet": ROWS_SHEET}})).frame
    except SourceError as refused:
        if refused.rule != "no_sheet":
            raise
        return read_file(path, Recipe.model_validate(plain)).frame


def correct_rows(
    study: Study,
    layer: str,
    table: pd.DataFrame,
    recipe: Recipe | None = None,
    *,
    accept: bool = False,
    report: Report = silent,
) -> list[Receipt]:
    """Import corrected rows of the quarantine, each by the recipe that it came with.

    Parameters
    ----------
    table
        Rows of `quarantine_table`, corrected; others may be missing, further columns are left alone. Rows that stand
        there as they are in the quarantine are left there, unless all do: then all are read again.
    recipe
        Another recipe to read all of them by.

    Returns
    -------
    One receipt for each import that the rows came from.

    Raises
    ------
    TableError
        If the table does not name the rows, or names an import that is not there.
    """
    if ROW_REFERENCE not in table or table.empty:
        raise TableError("A table of corrections names its rows in the column {column}.", column=ROW_REFERENCE)
    table = table.fillna("").astype("str")
    before = _rows_before(table, quarantine_table(study, layer))
    # What was masked on the way out is what it was.
    table[before.columns] = table[before.columns].mask(table[before.columns] == MASK, before)
    if recipe is None:
        changed = np.asarray((table[list(before)].to_numpy(object) != before.to_numpy(object)).any(axis=1), dtype=bool)
        table = table[changed] if changed.any() else table
    origin = table[ROW_REFERENCE].astype("str").str.split("/").str[0]
    receipts = []
    with PrivateFolder("correct") as workspace:
        for import_id, rows in table.groupby(origin, sort=True):
            path = Path(workspace) / f"corrected-{import_id}.csv"
            kept = rows.drop(columns=[name for name in (RULE, COLUMN, MESSAGE) if name in rows])
            kept.to_csv(path, index=False)
            form = _plain_form(recipe or _stored_recipe(study, layer, str(import_id)), kept)
            receipts.append(import_files(study, layer, [path], form, accept=accept, short_names=True, report=report))
    return receipts


def _rows_before(table: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Return what the rows of `table` say in the quarantine, in the columns that both have."""
    told = [name for name in table if name in kept and name not in (ROW_REFERENCE, RULE, COLUMN, MESSAGE)]
    before = kept.drop_duplicates(ROW_REFERENCE).set_index(ROW_REFERENCE)[told]
    return before.reindex(table[ROW_REFERENCE].astype("str")).set_index(table.index)


def _stored_recipe(study: Study, layer: str, import_id: str) -> Recipe:
    folder = layer_folder(study, layer) / import_id
    if not re.fullmatch("[0-9a-f]+", import_id) or not (folder / "recipe.json").is_file():
        raise TableError("Layer {layer} has no import {import_id}.", layer=layer, import_id=import_id)
    text = (folder / "recipe.toml").read_text(encoding="utf-8")
    stored = Recipe.model_validate_json((folder / "recipe.json").read_text(encoding="utf-8"))
    return stored.model_copy(update={"text": text})


def _plain_form(recipe: Recipe, rows: pd.DataFrame) -> Recipe:
    """Return the recipe for rows that stand in a plain table, whatever file they came from."""
    form = TableForm(blank=recipe.table.blank, delimiter=",", header_row=1)
    changes: dict[str, object] = {"table": form, "encoding": ["utf-8"], "wide": None}
    if WKT in rows and not {"lon", "x", "wkt"} & set(recipe.columns):
        changes |= {"columns": {**recipe.columns, "wkt": [WKT]}, "crs": "WGS84"}
    # The text names the recipe in the import's id, so a changed one must not look like the original.
    changed = recipe.model_copy(update=changes)
    return changed.model_copy(update={"text": changed.model_dump_json(by_alias=True)})


def dismiss_rows(study: Study, layer: str, references: Sequence[str], reason: str) -> Receipt:
    """Leave quarantined rows out for good, for a reason that is kept; `undo_import` takes it back.

    Raises
    ------
    TableError
        If no reason is given, or a row is not in the quarantine.
    BusyError
        If somebody else is writing.
    """
    if not reason.strip():
        raise TableError("Rows are left out for a reason; say it, it is kept with them.")
    with lease(study.folder, f"dismiss rows of {layer}", wait_s=WAIT_S):
        kept = read_quarantine(study, layer)
        named = (kept["import_id"] + "/" + kept["row_id"]).isin(references)
        if not references or named.sum() != len(set(references)):
            raise TableError("Not all of these rows are in the quarantine of layer {layer}.", layer=layer)
        settled = settled_rows_of(kept[named])
        import_id = text_sha256("dismiss", layer, reason, *sorted(references))[:20]
        receipt = _dismissal(study, layer, import_id, reason, int(named.sum()))
        target = layer_folder(study, layer) / import_id
        nothing = empty_layer(layer)
        tables = {"rows": nothing, "coverage": no_coverage(), "settles": settled}
        store_tables(target, Prepared(receipt, nothing, tables, tuple(sorted(set(settled["import_id"])))))
    return read_receipt(target)


def _dismissal(study: Study, layer: str, import_id: str, reason: str, n: int) -> Receipt:
    said = note("{n} rows of the quarantine were left out for good: {reason}", n=n, reason=reason.strip())
    data = receipt_data(
        import_id=import_id,
        area=study.id,
        layer=layer,
        recipe="-",
        files=[],
        counts={},
        fates=pd.DataFrame({name: [] for name in FATE_COLUMNS}),
        coverage=no_coverage(),
        notes=[said],
    )
    return Receipt(data)
