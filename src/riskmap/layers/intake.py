"""An import as a transaction: every row gets a fate, and the layer gets all of it or nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import shapely

from riskmap.errors import TableError
from riskmap.language import Text
from riskmap.layers.covers import COVERS, Covers, change_covers, covers_text
from riskmap.layers.folders import CORRECTS, REPLACES, import_folders, layer_folder, read_receipt
from riskmap.layers.given_files import gather_given
from riskmap.layers.order import Order, Sources, check_recipe
from riskmap.layers.preparation import Prepared, prepare
from riskmap.layers.receipt import Receipt
from riskmap.layers.undo import WAIT_S, find_import, finish_undos
from riskmap.progress import Report, silent
from riskmap.snapshot import (
    STAGING_PREFIX,
    canonical_json,
    lease,
    publish_folder,
    remove_leftovers,
    scarcity_said,
    text_sha256,
    write_manifest,
)
from riskmap.sources.private_folders import PrivateFolder, remove_abandoned
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

FORM = "5"
"""Raised when the stored form of an import changes, so that older imports are not taken for the same."""


@dataclass(frozen=True)
class Preview:
    """What an import would do, before anybody agrees to it.

    `rows` are the rows it would store, `quarantine` those it would keep aside (as `store.read_quarantine` shows them).
    """

    receipt: Receipt
    rows: pd.DataFrame
    quarantine: pd.DataFrame


def import_files(
    study: Study,
    layer: str,
    files: Sequence[str | Path],
    recipe: Recipe,
    *,
    accept: bool = False,
    replace: str | None = None,
    covers: Covers | None = None,
    short_names: bool = False,
    report: Report = silent,
) -> Receipt:
    """Import `files` into `layer` as `recipe` describes them; all of them, or nothing.

    Parameters
    ----------
    files
        Files, folders, patterns with `*`, addresses of databases.
    accept
        Whether the analyst agreed to what is asked before it is taken: the order of day and month where only the
        column's own evidence decides it, and concentrations of 0 without a limit of detection.
    replace
        The id of an import in whose stead this one stands: a corrected recipe or file. Both change places in one step.
    covers
        The days that the files are declared to cover; periods among them in which no row came count as zero. The same
        files with other days change the declaration of their import and nothing else; files without any record are an
        import of their own for each declaration.
    short_names
        Whether the receipt names files without their folders; uploads lie in one that nobody can look up later.

    Returns
    -------
    The receipt. Where a file was refused its `exit_status` is 2 and nothing was imported. The same bytes, recipe and
    study again give the receipt of the first time and change nothing but, where it differs, what they cover.

    Raises
    ------
    RecipeError, TableError, BusyError
        If the recipe is for another layer or leaves a needed column open, there is no such layer or no such import to
        replace, or somebody else is writing.
    """
    check_recipe(recipe, layer)
    folder = layer_folder(study, layer)
    with lease(study.folder, f"import {layer}", wait_s=WAIT_S), _workspace(study, folder) as workspace:
        sources = gather_given(files, recipe, Path(workspace), short_names=short_names)
        order = _order(study, recipe, sources, accept=accept, replace=replace, covers=covers)
        there = None if sources.refused else _same_import(order)
        if there is not None:
            report(_again(there, order), 1.0)
            return read_receipt(there)
        _refuse_replaced(order)
        prepared = prepare(order, sources, report)
        if prepared.receipt.import_id is not None:
            target = order.target.with_name(prepared.receipt.import_id)
            store_tables(target, prepared, recipe, order.replaced)
            report(Text("Imported {n} rows", {"n": len(prepared.rows)}), 1.0)
    return prepared.receipt


def preview_files(
    study: Study,
    layer: str,
    files: Sequence[str | Path],
    recipe: Recipe,
    *,
    accept: bool = False,
    replace: str | None = None,
    covers: Covers | None = None,
    short_names: bool = False,
    report: Report = silent,
) -> Preview:
    """Return what `import_files` would do with the same arguments; nothing is written.

    Raises
    ------
    RecipeError, TableError
        As `import_files`.
    """
    check_recipe(recipe, layer)
    with scarcity_said(study.folder, f"check {layer}"), PrivateFolder("preview") as workspace:
        sources = gather_given(files, recipe, Path(workspace), short_names=short_names)
        order = _order(study, recipe, sources, accept=accept, replace=replace, covers=covers)
        prepared = prepare(order, sources, report)
    quarantine = prepared.tables.get("quarantine", pd.DataFrame())
    return Preview(prepared.receipt, prepared.rows, quarantine.assign(import_id=prepared.receipt.import_id or ""))


@contextmanager
def _workspace(study: Study, layer_folder: Path) -> Iterator[str]:
    """Finish what killed processes began, and give a temporary folder that the next import removes if this one dies."""
    finish_undos(layer_folder)
    remove_leftovers(study.folder)
    remove_abandoned()
    with TemporaryDirectory(prefix=STAGING_PREFIX, dir=study.folder) as workspace:
        yield workspace


def _order(
    study: Study, recipe: Recipe, sources: Sources, *, accept: bool, replace: str | None, covers: Covers | None
) -> Order:
    """Return what is asked for."""
    replaced = None if replace is None else find_import(study, replace, in_effect=False).name
    target = layer_folder(study, recipe.layer) / _import_id(study, recipe, list(sources.files), replaced)
    return Order(study, recipe, target, accept, replaced, covers)


def _same_import(order: Order) -> Path | None:
    """Return the import in effect that the same files made; one without a record also declares the same days."""
    there = import_folders(order.study, order.recipe.layer)
    empty = order.of_nothing().target
    if empty in there:
        return empty
    if order.target not in there:
        return None
    receipt = read_receipt(order.target)
    return order.target if order.covers is None or receipt.read > receipt.rejected else None


def _again(there: Path, order: Order) -> Text:
    """Take note of what the files cover, and say what became of the import that is there."""
    if order.covers is not None and change_covers(there, order.covers, order.recipe.name):
        return Text(
            "The same was imported before as {import_id}; it is now declared to cover {covers}.",
            {"import_id": there.name, "covers": str(order.covers)},
        )
    return Text("The same was imported before as {import_id}; nothing changed.", {"import_id": there.name})


def _refuse_replaced(order: Order) -> None:
    there = import_folders(order.study, order.recipe.layer)
    if order.replaced is not None and order.replaced not in {folder.name for folder in there}:
        raise TableError(
            "Another import stands in the stead of {import_id} already, or what it corrects is gone; `riskmap imports "
            "{area}` lists what is in effect.",
            import_id=order.replaced,
            area=order.study.id,
        )
    for target in (order.target, order.of_nothing().target):
        if target.is_dir() and target not in there:
            raise TableError(
                "These files were imported before as {import_id}, and another import stands in its stead; undo that "
                "one.",
                import_id=target.name,
            )


def _import_id(study: Study, recipe: Recipe, hashes: list[str], replaced: str | None) -> str:
    """Return the import's name, made from everything that its content depends on but for what is imported already."""
    boundary = shapely.to_wkb(study.boundary()).hex()
    form = recipe.text or recipe.model_dump_json()
    settings = (study.id, str(study.resolution), study.period, study.timezone, boundary)
    return text_sha256(FORM, recipe.layer, form, *settings, replaced or "", *sorted(hashes))[:20]


def store_tables(target: Path, prepared: Prepared, recipe: Recipe | None = None, replaced: str | None = None) -> None:
    """Make the folder of an import appear with all that it holds, or not at all."""
    receipt = prepared.receipt

    def fill(folder: Path) -> None:
        for name, table in prepared.tables.items():
            # Arrow leaves a file that it opened itself open when the disk is full, and so keeps its room.
            with (folder / f"{name}.parquet").open("wb") as stream:
                table.to_parquet(stream, index=False)
        (folder / "receipt.json").write_text(receipt.to_json(), encoding="utf-8")
        if recipe is not None:
            (folder / "recipe.toml").write_text(recipe.text, encoding="utf-8")
            (folder / "recipe.json").write_text(recipe.model_dump_json(by_alias=True), encoding="utf-8")
        if replaced is not None:
            (folder / REPLACES).write_text(canonical_json({"import_id": replaced}), encoding="utf-8")
        if prepared.corrects:
            (folder / CORRECTS).write_text(canonical_json({"import_ids": prepared.corrects}), encoding="utf-8")
        named = {name: receipt.data[name] for name in ("import_id", "area", "layer", "recipe")}
        write_manifest(folder, {**named, "form": FORM})
        # Not in the manifest, as it may change (covers.py).
        if receipt.covers is not None:
            said = covers_text(receipt.covers, str(receipt.data["recipe"]))
            (folder / COVERS).write_text(said, encoding="utf-8")

    publish_folder(target, fill)
