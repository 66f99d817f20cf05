"""What is said of an import as a whole: what was assumed, left out, or read in a way that the file does not show."""

import re

from riskmap.language import Text
from riskmap.layers.datum_ledger import datum_notes
from riskmap.layers.mapping import Draft
from riskmap.layers.receipt import note
from riskmap.schema import TIME_COLUMNS
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

MOST_NAMED = 40
"""Names of columns that one sentence may hold."""


def import_notes(study: Study, recipe: Recipe, drafts: list[Draft]) -> list[Text]:
    """Return what was assumed or left out for the import as a whole."""
    notes = []
    personal = sorted({name for draft in drafts for name in draft.personal})
    if personal:
        columns = ", ".join(personal)
        notes.append(note("Personal columns were dropped before anything was written: {columns}.", columns=columns))
    absent = sorted({name for draft in drafts for name in draft.absent})
    if absent:
        columns = ", ".join(absent)
        notes.append(note("Some files lack the columns mapped to {columns}; they are blank there.", columns=columns))
    if recipe.layer in TIME_COLUMNS and "known_on" not in {*recipe.columns, *recipe.join, *recipe.constants}:
        notes.append(
            note("When a record was known is not said; the end of the interval in which it happened is taken.")
        )
    notes += datum_notes(study, recipe, drafts)
    if recipe.timezone == "local":
        notes.append(note("Zone labels of the times were not used; the clock is that of {zone}.", zone=study.timezone))
    return notes + _about_columns(drafts)


def _about_columns(drafts: list[Draft]) -> list[Text]:
    """Say which columns of the files the recipe does not know, and what became of them."""
    notes = []
    others = list(dict.fromkeys(name for draft in drafts for name in draft.others))
    if others:
        columns = ", ".join(others)
        notes.append(
            note("The recipe does not list the columns {columns}; they hold results and were taken.", columns=columns)
        )
    columns = ", ".join(dict.fromkeys(name for draft in drafts for name in _met_twice(draft)))
    if columns:
        notes.append(note("Several columns are called {columns}; the first was read.", columns=columns))
    unused = list(dict.fromkeys(name for draft in drafts for name in draft.unused))
    if unused:
        said = "{n} columns that the recipe does not name were not used, nothing of them is kept: {columns}."
        notes.append(note(said, n=len(unused), columns=", ".join(unused[:MOST_NAMED])))
    return notes


def _met_twice(draft: Draft) -> list[str]:
    """Return the columns that were read and that have a namesake; readers tell those apart by their position."""
    read = {name for names in draft.sources.values() for name in names}
    twice = [re.sub(r" \(\d+\)$", "", name) for name in draft.unused if re.search(r" \(\d+\)$", name)]
    return [name for name in twice if name in read]
