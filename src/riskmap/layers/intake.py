"""An import as a transaction: every row gets a fate, and the layer gets all of it or nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import shapely
from pyproj import CRS

from riskmap.errors import RecipeError, SourceError
from riskmap.language import Text
from riskmap.layers.checking import as_table, check_rows
from riskmap.layers.delivery import covered_intervals, gather, no_coverage
from riskmap.layers.mapping import DEFAULTS, Draft, draft_rows
from riskmap.layers.outcome import count_rows, import_notes, quarantined_rows, row_fates
from riskmap.layers.place import needs_place, source_crs
from riskmap.layers.receipt import FATE_COLUMNS, FileEntry, Receipt, note, receipt_data
from riskmap.layers.store import layer_folder, read_receipt, row_identities
from riskmap.progress import Report, silent
from riskmap.schema import COLUMNS, ID_COLUMN, TIME_COLUMNS, check_table
from riskmap.snapshot import lease, publish_folder, remove_leftovers, text_sha256, write_manifest
from riskmap.sources.files import content_sha256, read_file
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

FORM = "1"
"""Raised when the stored form of an import changes, so that older imports are not taken for the same."""


def import_files(
    study: Study,
    layer: str,
    files: Sequence[Path],
    recipe: Recipe,
    *,
    accept: bool = False,
    report: Report = silent,
) -> Receipt:
    """Import `files` into `layer` as `recipe` describes them; all of them, or nothing.

    Parameters
    ----------
    accept
        Whether the analyst agreed to what is asked before it is taken: the order of day and month where only the
        column's own evidence decides it, and concentrations of 0 without a limit of detection.

    Returns
    -------
    The receipt. Where a file was refused its `exit_status` is 2 and nothing was imported. The same bytes, recipe and
    study again give the receipt of the first time and change nothing.

    Raises
    ------
    RecipeError, TableError, BusyError
        If the recipe is for another layer or leaves a needed column open, there is no such layer, or somebody else is
        writing.
    """
    folder = layer_folder(study, layer)
    _check_recipe(recipe, layer)
    if not files:
        raise SourceError("no_files", "No file was named; nothing was imported.")
    with lease(study.folder, f"import {layer}"):
        remove_leftovers(folder)
        notes: list[Text] = []
        distinct = _distinct_files([Path(file) for file in files], notes)
        target = folder / _import_id(study, recipe, list(distinct))
        if (target / "receipt.json").is_file():
            return read_receipt(target)
        entries, drafts = _read_all(study, distinct, recipe, report)
        if any(entry.refused is not None for entry in entries):
            return _refusal(study, recipe, entries, notes)
        try:
            return _publish(study, recipe, entries, drafts, target, notes, accept=accept, report=report)
        except SourceError as refused:
            return _refusal(study, recipe, [replace(entry, refused=refused) for entry in entries], notes)


def _check_recipe(recipe: Recipe, layer: str) -> None:
    """The recipe must be for the layer, and every column that the table needs must come from somewhere."""
    if recipe.layer != layer:
        raise RecipeError(
            "Recipe {name} is for layer {own}, not for {layer}.", name=recipe.name, own=recipe.layer, layer=layer
        )
    given = {*recipe.columns, *recipe.join, *recipe.constants, *recipe.value_maps, *DEFAULTS.get(layer, {})}
    made = {ID_COLUMN.get(layer, ""), "geometry", "known_on", "code", *TIME_COLUMNS.get(layer, ())}
    if layer in ("sites", "plants", "areas"):
        made.discard(ID_COLUMN[layer])  # other tables refer to these ids, so none can be made up
    missing = [name for name, column in COLUMNS[layer].items() if column.required and name not in given | made]
    if missing:
        raise RecipeError(
            "Recipe {name} says nothing about {column}, which every row of {layer} needs; map it under [columns] or "
            "give it under [constants].",
            name=recipe.name,
            column=", ".join(missing),
            layer=layer,
        )


def _distinct_files(files: list[Path], notes: list[Text]) -> dict[str, Path]:
    """Return the files by hash, by name; those with the same bytes as another are left out with a note."""
    distinct: dict[str, Path] = {}
    for path in sorted(files, key=lambda path: (path.name, str(path))):
        key = content_sha256(path) or str(path)
        if key in distinct:
            other = distinct[key].name
            notes.append(note("{file} has the same content as {other} and was read once.", file=path.name, other=other))
        else:
            distinct[key] = path
    return distinct


def _read_all(
    study: Study, files: dict[str, Path], recipe: Recipe, report: Report
) -> tuple[list[FileEntry], list[Draft]]:
    """Read every file; one that is refused does not hide what is wrong with the others."""
    entries, drafts = [], []
    for number, (sha256, path) in enumerate(files.items()):
        report(Text("Reading {file}", {"file": path.name}), 0.6 * number / len(files))
        entry = FileEntry(str(path), sha256 if path.is_file() else "", "", "")
        try:
            table = read_file(path, recipe)
            entry = replace(entry, encoding=table.encoding)
            has_shape = table.geometry is not None
            if needs_place(recipe.layer) and (has_shape or {"lon", "x", "wkt"} & set(recipe.columns)):
                datum = source_crs(recipe, table.crs, table.file, study, has_geometry=has_shape)
                entry = replace(entry, datum=_datum_name(datum))
            drafts.append(draft_rows(table, recipe))
        except SourceError as refused:
            entry = replace(entry, refused=refused)
        entries.append(entry)
    return entries, drafts


def _datum_name(crs: str) -> str:
    """Return a short name of a coordinate system; files may carry a page of text."""
    return crs if len(crs) < 20 else str(CRS.from_user_input(crs).name)


def _import_id(study: Study, recipe: Recipe, hashes: list[str]) -> str:
    """Return the import's name, made from everything that its content depends on but for what is imported already."""
    boundary = shapely.to_wkb(study.boundary()).hex()
    form = recipe.text or recipe.model_dump_json()
    settings = (study.id, str(study.resolution), study.period, study.timezone, boundary)
    return text_sha256(FORM, recipe.layer, form, *settings, *sorted(hashes))[:20]


def _refusal(study: Study, recipe: Recipe, entries: list[FileEntry], notes: list[Text]) -> Receipt:
    """Return the receipt of an import that did not take place."""
    said = [*notes, note("A file was refused, so nothing was imported and the layer is as it was.")]
    data = receipt_data(
        import_id=None,
        area=study.id,
        layer=recipe.layer,
        recipe=recipe.name,
        files=entries,
        counts={},
        fates=pd.DataFrame({name: [] for name in FATE_COLUMNS}),
        coverage=no_coverage(),
        notes=said,
    )
    return Receipt(data)


def _publish(
    study: Study,
    recipe: Recipe,
    entries: list[FileEntry],
    drafts: list[Draft],
    target: Path,
    notes: list[Text],
    *,
    accept: bool,
    report: Report,
) -> Receipt:
    layer = recipe.layer
    delivery = gather(drafts, recipe, study)
    report(Text("Checking {n} rows", {"n": len(delivery.texts)}), 0.6)
    checked = check_rows(delivery, recipe, study, row_identities(study, layer), target.name, accept=accept)
    covered = covered_intervals(drafts, recipe, study, accept=accept)
    data = receipt_data(
        import_id=target.name,
        area=study.id,
        layer=layer,
        recipe=recipe.name,
        files=entries,
        counts=count_rows(delivery, checked),
        fates=row_fates(delivery, checked.findings),
        coverage=covered,
        notes=[*notes, *import_notes(study, recipe, drafts)],
    )
    receipt = Receipt(data)
    rows = check_table(layer, as_table(checked.stored, layer))
    report(Text("Writing {n} rows", {"n": len(rows)}), 0.9)

    def fill(folder: Path) -> None:
        rows.to_parquet(folder / "rows.parquet", index=False)
        quarantined_rows(delivery, checked.findings).to_parquet(folder / "quarantine.parquet", index=False)
        covered.to_parquet(folder / "coverage.parquet", index=False)
        if checked.identities is not None:
            checked.identities.to_parquet(folder / "identity.parquet", index=False)
        if checked.withdrawn:
            ids = pd.DataFrame({"id": pd.Series(checked.withdrawn, dtype="str")})
            ids.to_parquet(folder / "conflicts.parquet", index=False)
        (folder / "receipt.json").write_text(receipt.to_json(), encoding="utf-8")
        (folder / "recipe.toml").write_text(recipe.text, encoding="utf-8")
        write_manifest(folder, {"import_id": target.name, "area": study.id, "layer": layer, "recipe": recipe.name})

    publish_folder(target, fill)
    report(Text("Imported {n} rows", {"n": len(rows)}), 1.0)
    return receipt
