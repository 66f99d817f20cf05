"""A recipe proposed from a file: every guess with its evidence, what is not known left to fill in."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from riskmap.errors import RecipeError, SourceError
from riskmap.language import Text
from riskmap.schema import LAYERS
from riskmap.sources.draft_columns import Found, find_columns
from riskmap.sources.draft_lines import Line, quoted, written
from riskmap.sources.draft_place import Places, guess_places
from riskmap.sources.draft_sections import (
    asked,
    column_lines,
    constant_lines,
    date_lines,
    join_lines,
    keep_lines,
    kept_rows,
    missing_lines,
    unfolded_columns,
    wide_lines,
    with_only_dates,
    without_undated,
    word_lines,
)
from riskmap.sources.draft_units import Measure, find_measure, unit_lines, with_measure
from riskmap.sources.draft_values import Guess
from riskmap.sources.files import SourceTable, read_file
from riskmap.sources.persons import personal_columns
from riskmap.sources.recipe import Recipe, TableForm, parse_recipe
from riskmap.sources.synonyms import known_names
from riskmap.study import Study


@dataclass(frozen=True)
class Draft:
    """A proposed recipe; `invalid` says why it cannot be loaded yet."""

    layer: str | None
    lines: list[Line]
    invalid: Text | None = None

    @property
    def open_questions(self) -> list[Text]:
        """What an analyst must answer."""
        return [line.why for line in self.lines if line.open and line.why is not None]

    @property
    def text(self) -> str:
        """The recipe, TOML, its comments in English."""
        return self.in_language("en")

    def in_language(self, language: str) -> str:
        """Return the recipe with its comments in `language`; "# ?" stands before what an analyst must answer."""
        return "\n".join(written(line, language) for line in self.lines) + "\n"


def draft_recipe(path: Path, *, layer: str | None = None, study: Study | None = None) -> Draft:
    """Propose a recipe for the file at `path`.

    Parameters
    ----------
    layer
        The layer, where it is known; else the one that the column names speak for.
    study
        The area, where it is known: its boundary tells datums apart.

    Raises
    ------
    SourceError, RecipeError
        If the file cannot be read, or there is no such layer.
    """
    if layer is not None and layer not in LAYERS:
        raise RecipeError("There is no layer {layer}; the layers are {known}.", layer=layer, known=", ".join(LAYERS))
    table, encoding = _read(Path(path), Recipe(name="draft", layer="cases", table=TableForm(header_row=1)))
    personal, frame, found = _look(table, layer)
    if not found.columns:
        # The header may stand below a title: then it is the row with most of the names that sources use.
        table, encoding = _read(Path(path), Recipe(name="draft", layer="cases", columns={"category": known_names()}))
        personal, frame, found = _look(table, layer)
    measure = find_measure(frame, found)
    found, by_dates = with_only_dates(frame, without_undated(frame, with_measure(found, measure)))
    lines = _head(path, table, found, encoding, named=layer is not None)
    if found.layer is not None:
        lines += _body(frame, table, found, study, by_dates=by_dates, measure=measure)
    lines += _rest(frame, found, personal, measure)
    try:
        parse_recipe(Draft(found.layer, lines).text, Path(path).with_suffix(".toml"))
    except RecipeError as invalid:
        return Draft(found.layer, lines, invalid.text)
    return Draft(found.layer, lines)


def _read(path: Path, form: Recipe) -> tuple[SourceTable, Guess]:
    """Return the table, and the encoding: single-byte ones fit anything, so they are only proposed."""
    try:
        table = read_file(path, form)
    except SourceError as refused:
        if refused.rule != "encoding":
            raise
        table = read_file(path, form.model_copy(update={"encoding": ["cp1252"]}))
        said = Text("encoding: neither UTF-8 nor GB18030; are accented letters right?")
        return table, Guess('["utf-8", "cp1252"]', said, open=True)
    return table, Guess(quoted(table.encoding), Text("found in the file")) if table.encoding else Guess("", Text(""))


def _look(table: SourceTable, layer: str | None) -> tuple[list[str], pd.DataFrame, Found]:
    """Return the personal columns, the rest, and what is found in it."""
    personal = personal_columns(list(table.frame.columns))
    frame = table.frame.drop(columns=personal)
    return personal, frame, find_columns(frame, layer)


def _head(path: Path, table: SourceTable, found: Found, encoding: Guess, *, named: bool) -> list[Line]:
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", Path(path).name.split(".")[0]).strip("-._")[:64]
    lines = [
        Line("", Text("Draft from {file}, {n} rows. Check every line; answer what is marked with a question mark.",
                      {"file": path.name, "n": len(table.frame)})),
        Line(f"name = {quoted(stem or 'draft')}"),
    ]  # fmt: skip
    if found.layer is None:
        said = Text("layer: no column is telling; which is it of {known}?", {"known": ", ".join(LAYERS)})
        lines.append(Line('layer = ""', said, open=True))
    elif named:
        lines.append(Line(f"layer = {quoted(found.layer)}"))
    else:
        said = Text("by the columns {names}", {"names": ", ".join(found.telling)})
        lines.append(Line(f"layer = {quoted(found.layer)}", said))
    lines.append(Line('publisher = ""', Text("publisher: who made the file?"), open=True))
    lines.append(Line('licence = ""'))
    if encoding.value:
        lines.append(Line(f"encoding = {encoding.value}", encoding.why, encoding.open))
    return lines


def _body(
    frame: pd.DataFrame,
    table: SourceTable,
    found: Found,
    study: Study | None,
    *,
    by_dates: str,
    measure: Measure | None,
) -> list[Line]:
    columns = dict(found.columns)
    places = Places()
    if table.geometry is None and {"lon", "lat"} <= columns.keys():
        boundary = study.boundary() if study is not None else None
        places = guess_places(frame, columns.pop("lon"), columns.pop("lat"), boundary)
    elif table.geometry is not None:
        for name in ("lon", "lat", "wkt"):
            columns.pop(name, None)
    columns = unfolded_columns(found, columns | places.columns)
    has_place = table.geometry is not None
    return [
        *_crs(table, places),
        *_table(table),
        *wide_lines(found),
        *column_lines(columns, by_dates, measure),
        *missing_lines(found, columns, has_place=has_place),
        *join_lines(found),
        *date_lines(frame, found, columns),
        *keep_lines(frame, found, columns, measure),
        *word_lines(kept_rows(frame, found, columns, measure), found, columns),
        *constant_lines(found, columns),
        *unit_lines(found, columns, measure),
    ]


def _crs(table: SourceTable, places: Places) -> list[Line]:
    if table.geometry is not None:
        if table.crs is not None:
            return [Line("", Text("the file names its own coordinate system"))]
        return [Line('# crs = ""', Text("crs: the file names no coordinate system; which is it?"), open=True)]
    if places.crs is None:
        return []
    code = f"crs = {quoted(places.crs.value)}"
    return [Line(code if places.crs.value else f"# {code}", asked("crs", places.crs), places.crs.open)]


def _table(table: SourceTable) -> list[Line]:
    return [Line(""), Line("[table]"), Line(f"sheet = {quoted(table.sheet)}")] if table.sheet else []


def _rest(frame: pd.DataFrame, found: Found, personal: list[str], measure: Measure | None) -> list[Line]:
    used = {*found.columns.values(), *found.wide}
    if measure is not None:
        used |= {measure.amount, measure.column}
    unused = [name for name in frame.columns if name not in used]
    lines = []
    if personal:
        lines.append(Line("", Text("dropped, as they hold personal data: {names}", {"names": ", ".join(personal)})))
    if unused:
        lines.append(Line("", Text("not used: {names}", {"names": ", ".join(unused)})))
    return [Line(""), *lines] if lines else []
