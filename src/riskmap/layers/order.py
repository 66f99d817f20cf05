"""What an import is asked for, and its files read."""

from dataclasses import dataclass, replace
from pathlib import Path

from pyproj import CRS

from riskmap.errors import RecipeError, SourceError
from riskmap.language import Text
from riskmap.layers.covers import Covers
from riskmap.layers.datum_ledger import told_by
from riskmap.layers.mapping import DEFAULTS, Draft, draft_rows
from riskmap.layers.place import needs_place, source_crs
from riskmap.layers.receipt import FileEntry
from riskmap.progress import Report
from riskmap.schema import COLUMNS, ID_COLUMN, TIME_COLUMNS
from riskmap.snapshot import text_sha256
from riskmap.sources.files import read_files
from riskmap.sources.persons import mask_text
from riskmap.sources.recipe import Recipe
from riskmap.study import Study


@dataclass(frozen=True)
class Order:
    """What is asked for: where to, by which recipe, what the analyst agreed to, in whose stead.

    `target` is the folder that the import will be; `replaced` the id of the import in whose stead it stands; `covers`
    the days that its files are declared to cover.
    """

    study: Study
    recipe: Recipe
    target: Path
    accept: bool
    replaced: str | None
    covers: Covers | None = None

    def of_nothing(self) -> "Order":
        """Return the same for files without a record: what one declares is an import of its own.

        Such files are mostly the same bytes, month after month.
        """
        name = text_sha256(self.target.name, str(self.covers))[:20]
        return replace(self, target=self.target.with_name(name)) if self.covers is not None else self


@dataclass(frozen=True)
class Sources:
    """The files of an import by content hash.

    `shown` names what a file stands for where that is not the file itself (a database); `names` is how rows name
    their file: its own name, with as many folders as it takes to tell files apart; `refused` are sources that gave no
    file; `notes` what is to be said about them all.
    """

    files: dict[str, Path]
    shown: dict[Path, str]
    names: dict[Path, str]
    refused: list[FileEntry]
    notes: list[Text]


def check_recipe(recipe: Recipe, layer: str) -> None:
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


def read_all(order: Order, sources: Sources, report: Report) -> tuple[list[FileEntry], list[Draft]]:
    """Read every file; one that is refused does not hide what is wrong with the others."""
    recipe, entries, drafts = order.recipe, list(sources.refused), []
    report(Text("Reading {n} files", {"n": len(sources.files)}), 0.1)
    tables = read_files(list(sources.files.values()), recipe, empty=order.covers is not None)
    for (sha256, path), table in zip(sources.files.items(), tables, strict=True):
        entry = FileEntry(sources.shown.get(path, mask_text(str(path))), sha256 if path.is_file() else "", "", "")
        try:
            if isinstance(table, SourceError):
                raise table
            table = replace(table, file=sources.names[path], sheet=mask_text(table.sheet))
            entry = replace(entry, encoding=table.encoding)
            has_shape = table.geometry is not None
            if needs_place(recipe.layer) and (has_shape or {"lon", "x", "wkt"} & set(recipe.columns)):
                datum = source_crs(recipe, table.crs, table.file, order.study, has_geometry=has_shape)
                by = told_by(recipe, table.crs, has_geometry=has_shape)
                entry = replace(entry, datum=_datum_name(datum), datum_by=by)
            # An empty list of JSON names no columns, so none can be missing from it.
            if order.covers is None or len(table.frame.columns):
                drafts.append(draft_rows(table, recipe))
        except SourceError as refused:
            entry = replace(entry, refused=refused)
        entries.append(entry)
    return entries, drafts


def _datum_name(crs: str) -> str:
    """Return a short name of a coordinate system; files may carry a page of text."""
    if len(crs) < 20:
        return crs
    named = CRS.from_user_input(crs)
    return str(named.name if named.name != "unknown" or named.datum is None else named.datum.name)
