"""An import as a transaction: every row gets a fate, and the layer gets all of it or nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import shapely

from riskmap.errors import SourceError, TableError
from riskmap.language import Text
from riskmap.layers.preparation import Order, Prepared, Sources, check_recipe, prepare
from riskmap.layers.receipt import FileEntry, Receipt, note
from riskmap.layers.store import CORRECTS, REPLACES, import_folders, layer_folder, read_receipt
from riskmap.layers.undo import WAIT_S, find_import, finish_undos
from riskmap.progress import Report, silent
from riskmap.snapshot import (
    STAGING_PREFIX,
    canonical_json,
    lease,
    publish_folder,
    remove_leftovers,
    text_sha256,
    write_manifest,
)
from riskmap.sources.files import content_sha256, gather_sources
from riskmap.sources.gathering import is_address, left_aside, mask_address
from riskmap.sources.persons import mask_text
from riskmap.sources.private_folders import PrivateFolder, remove_abandoned
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

MOST_NAMED = 20
"""Names of files that one sentence lists."""
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
    short_names
        Whether the receipt names files without their folders; uploads lie in one that nobody can look up later.

    Returns
    -------
    The receipt. Where a file was refused its `exit_status` is 2 and nothing was imported. The same bytes, recipe and
    study again give the receipt of the first time and change nothing.

    Raises
    ------
    RecipeError, TableError, BusyError
        If the recipe is for another layer or leaves a needed column open, there is no such layer or no such import to
        replace, or somebody else is writing.
    """
    check_recipe(recipe, layer)
    folder = layer_folder(study, layer)
    with lease(study.folder, f"import {layer}", wait_s=WAIT_S), _workspace(study, folder) as workspace:
        sources = _sources(files, recipe, Path(workspace), short_names=short_names)
        order = _order(study, recipe, sources, accept=accept, replace=replace)
        if not sources.refused and order.target in import_folders(study, layer):
            said = Text(
                "The same was imported before as {import_id}; nothing changed.", {"import_id": order.target.name}
            )
            report(said, 1.0)
            return read_receipt(order.target)
        _refuse_replaced(order)
        prepared = prepare(order, sources, report)
        if prepared.receipt.import_id is not None:
            store_tables(order.target, prepared, recipe, order.replaced)
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
    with PrivateFolder("preview") as workspace:
        sources = _sources(files, recipe, Path(workspace), short_names=short_names)
        order = _order(study, recipe, sources, accept=accept, replace=replace)
        prepared = prepare(order, sources, report)
    quarantine = prepared.tables.get("quarantine", pd.DataFrame())
    return Preview(prepared.receipt, prepared.rows, quarantine.assign(import_id=order.target.name))


@contextmanager
def _workspace(study: Study, layer_folder: Path) -> Iterator[str]:
    """Finish what killed processes began, and give a temporary folder that the next import removes if this one dies."""
    finish_undos(layer_folder)
    remove_leftovers(study.folder)
    remove_abandoned()
    with TemporaryDirectory(prefix=STAGING_PREFIX, dir=study.folder) as workspace:
        yield workspace


def _order(study: Study, recipe: Recipe, sources: Sources, *, accept: bool, replace: str | None) -> Order:
    """Return what is asked for."""
    replaced = None if replace is None else find_import(study, replace, in_effect=False).name
    target = layer_folder(study, recipe.layer) / _import_id(study, recipe, list(sources.files), replaced)
    return Order(study, recipe, target, accept, replaced)


def _refuse_replaced(order: Order) -> None:
    there = import_folders(order.study, order.recipe.layer)
    if order.replaced is not None and order.replaced not in {folder.name for folder in there}:
        raise TableError(
            "Another import stands in the stead of {import_id} already, or what it corrects is gone; `riskmap imports "
            "{area}` lists what is in effect.",
            import_id=order.replaced,
            area=order.study.id,
        )
    if order.target.is_dir():
        raise TableError(
            "These files were imported before as {import_id}, and another import stands in its stead; undo that one.",
            import_id=order.target.name,
        )


def _sources(given: Sequence[str | Path], recipe: Recipe, workspace: Path, *, short_names: bool) -> Sources:
    """Return the files by hash, by name; those with the same bytes as another are left out with a note."""
    if not given:
        raise SourceError("no_files", "No file was named; nothing was imported.")
    found: list[Path] = []
    sources = Sources({}, {}, {}, [], [])
    for source in given:
        plain = mask_text(Path(source).name if short_names else str(source))
        shown = mask_address(source) if isinstance(source, str) and is_address(source) else plain
        try:
            files = gather_sources([source], recipe, workspace)
        except SourceError as refused:
            sources.refused.append(FileEntry(shown, "", "", "", refused))
            continue
        found += files
        sources.notes.extend(_aside(source, plain))
        if is_address(source):
            sources.shown.update(dict.fromkeys(files, shown))
        elif short_names:
            sources.shown.update({path: mask_text(path.name) for path in files})
    for path in sorted(set(found), key=lambda path: (path.name, str(path))):
        key = content_sha256(path) or str(path)
        if key in sources.files:
            other = sources.files[key].name
            same = note("{file} has the same content as {other} and was read once.", file=path.name, other=other)
            sources.notes.append(same)
        else:
            sources.files[key] = path
    sources.names.update(distinct_names(sources.files))
    return sources


def _aside(source: str | Path, shown: str) -> list[Text]:
    """Say which files of a folder or pattern are not read."""
    files = left_aside(source)
    if not files:
        return []
    names = ", ".join(mask_text(file.name) for file in files[:MOST_NAMED]) + (" ..." if len(files) > MOST_NAMED else "")
    return [
        note(
            "{n} files of {folder} were not read, as they are of other kinds, notes or lock files: {names}.",
            n=len(files),
            folder=shown,
            names=names,
        )
    ]


def distinct_names(files: dict[str, Path]) -> dict[Path, str]:
    """Return each file's name with as many of its folders as tell it from the others.

    Numbers of persons are masked; the content's hash then tells such names apart.
    """
    names = {}
    for sha256, path in files.items():
        parts = 1
        while sum(other.parts[-parts:] == path.parts[-parts:] for other in files.values()) > 1:
            parts += 1
        name = "/".join(path.parts[-parts:])
        masked = mask_text(name)
        names[path] = name if masked == name else f"{sha256[:8]} {masked}"
    return names


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
            table.to_parquet(folder / f"{name}.parquet", index=False)
        (folder / "receipt.json").write_text(receipt.to_json(), encoding="utf-8")
        if recipe is not None:
            (folder / "recipe.toml").write_text(recipe.text, encoding="utf-8")
            (folder / "recipe.json").write_text(recipe.model_dump_json(by_alias=True), encoding="utf-8")
        if replaced is not None:
            (folder / REPLACES).write_text(canonical_json({"import_id": replaced}), encoding="utf-8")
        if prepared.corrects:
            (folder / CORRECTS).write_text(canonical_json({"import_ids": prepared.corrects}), encoding="utf-8")
        write_manifest(folder, {name: receipt.data[name] for name in ("import_id", "area", "layer", "recipe")})

    publish_folder(target, fill)
