"""The sections of a proposed recipe, from the columns that were found."""

import pandas as pd

from riskmap.language import Text
from riskmap.schema import COLUMNS, ID_COLUMN, TIME_COLUMNS
from riskmap.sources.draft_columns import Found, drug_values
from riskmap.sources.draft_lines import Line, quoted
from riskmap.sources.draft_values import guess_date_form, guess_unit, guess_words
from riskmap.sources.words import ALLOWED

MOSTLY = 0.9
"""A register in which a larger share of the rows speaks of drugs is taken whole."""
CONSTANTS = {
    ("cases", "category"): "other",
    ("incidents", "kind"): "other",
    ("plants", "level"): "plant",
    ("samples", "kind"): "composite_24h",
    ("areas", "level"): "county",
}
"""What is proposed, as a question, where no column says it."""
FILLED_ELSEWHERE = {"geometry", "count", "origin", "qualifier", "known_on", "code"}


def _made(found: Found) -> tuple[str, str]:
    """Return what the name and the value of a wide table's columns are called."""
    return ("weekday", "load") if found.by_day else ("analyte", "result")


def unfolded_columns(found: Found, columns: dict[str, str]) -> dict[str, str]:
    """Return the columns with those that a wide table makes; the id of its rows is joined from several."""
    if not found.wide:
        return columns
    name, value = _made(found)
    kept = {target: column for target, column in columns.items() if target != "sample_id"}
    if found.by_day:
        return kept | {"load_mg_d_per_1000": value, "qualifier": value}
    return kept | {"analyte": name, "concentration_ng_l": value}


def wide_lines(found: Found) -> list[Line]:
    """Return the section on columns that are rows in truth."""
    if not found.wide:
        return []
    name, value = _made(found)
    listed = ", ".join(quoted(column) for column in found.wide)
    return [
        Line(""),
        Line("[wide]"),
        Line(f"columns = [{listed}]", Text("{n} columns that are rows in truth", {"n": len(found.wide)})),
        Line(f"name = {quoted(name)}"),
        Line(f"value = {quoted(value)}"),
    ]


def missing_lines(found: Found, columns: dict[str, str], *, has_place: bool) -> list[Line]:
    """Return a line to fill in for each column that the table needs and nothing gives."""
    layer = found.layer or ""
    start, end = TIME_COLUMNS.get(layer, ("", ""))
    stem = start.removesuffix("_from")
    given = {*columns, *FILLED_ELSEWHERE, end, *(target for own, target in CONSTANTS if own == layer)}
    if layer in TIME_COLUMNS:
        given |= {ID_COLUMN[layer], *([start] if stem in columns else [])}
    lines = []
    for name, column in COLUMNS[layer].items():
        if column.required and name not in given:
            shown = stem if name == start else name
            lines.append(Line(f'# {shown} = ""', Text("which column is {column}?", {"column": shown}), open=True))
    if "geometry" in COLUMNS[layer] and not has_place and not {"lon", "x", "wkt", "area_code", "cell"} & columns.keys():
        lines.append(Line('# lon = ""', Text("which columns say where it was?"), open=True))
    return lines


def join_lines(found: Found) -> list[Line]:
    """Return an id for each row of a wide table: one sample has many of them."""
    if not found.wide:
        return []
    own = found.columns.get("sample_id")
    parts = (
        [own] if own else [found.columns[name] for name in ("sampled", "analyte", "plant_id") if name in found.columns]
    )
    listed = ", ".join(quoted(part) for part in [*parts, _made(found)[0]])
    said = Text("one sample has several rows; its id tells them apart")
    return [Line(""), Line("[join]"), Line(f"sample_id = [{listed}]", said)]


def date_lines(frame: pd.DataFrame, found: Found, columns: dict[str, str]) -> list[Line]:
    """Return the form of each column of dates."""
    kinds = COLUMNS[found.layer or ""]
    stem = TIME_COLUMNS.get(found.layer or "", ("", ""))[0].removesuffix("_from")
    dated = {stem, *(name for name, column in kinds.items() if str(column.dtype).startswith("datetime"))}
    lines = []
    for target in (target for target in columns if target in dated):
        guess = guess_date_form(frame[columns[target]])
        lines.append(Line(f"{target} = {quoted(guess.value)}", guess.why, guess.open))
    return [Line(""), Line("[dates]"), *lines] if lines else []


def _drug_rows(frame: pd.DataFrame, found: Found, columns: dict[str, str]) -> tuple[str, list[str]]:
    """Return the column and the words by which a register of all crimes tells drug records; nothing where all are."""
    column = columns.get("category", "")
    if found.layer != "cases" or not column:
        return "", []
    words = drug_values(frame[column])
    few = bool(words) and float(frame[column].isin(words).mean()) <= MOSTLY
    return (column, words) if few else ("", [])


def kept_rows(frame: pd.DataFrame, found: Found, columns: dict[str, str]) -> pd.DataFrame:
    """Return the rows that the proposed recipe keeps."""
    column, words = _drug_rows(frame, found, columns)
    return frame[frame[column].isin(words)] if column else frame


def keep_lines(frame: pd.DataFrame, found: Found, columns: dict[str, str]) -> list[Line]:
    """Return the rows to keep where a register of all crimes holds drug records among others."""
    column, words = _drug_rows(frame, found, columns)
    if not column:
        return []
    listed = ", ".join(quoted(word) for word in words)
    values = {"n": int(frame[column].isin(words).sum()), "total": len(frame)}
    said = Text("{n} of {total} rows speak of drugs", values)
    return [Line(""), Line("[keep]"), Line(f"{quoted(column)} = [{listed}]", said)]


def word_lines(frame: pd.DataFrame, found: Found, columns: dict[str, str]) -> list[Line]:
    """Return the words of each column whose words the table knows."""
    lines: list[Line] = []
    for target, column in columns.items():
        if column in frame:
            lines += _words_of(found.layer or "", target, frame[column].str.strip())
        elif target == "analyte":
            lines += _words_of("samples", target, pd.Series(found.wide, dtype="str"))
        elif target == "qualifier":
            zero = Line('"0" = "<LOD"', Text("is 0 published for what was not detected?"), open=True)
            lines += [Line(""), Line("[values.qualifier]"), zero, Line('"*" = "="')]
    return lines


def _words_of(layer: str, target: str, texts: pd.Series) -> list[Line]:
    known, left, rest = guess_words(layer, target, texts)
    if not known and not left:
        return []
    lines = [Line(""), Line(f"[values.{target}]")]
    lines += [Line(f"{quoted(word)} = {quoted(value)}") for word, value in known.items()]
    unknown = [Line(f'# {quoted(word)} = ""') for word in left]
    allowed = ALLOWED.get((layer, target))
    if unknown and allowed:
        said = Text("the table's words are {known}", {"known": ", ".join(allowed)})
        unknown[0] = Line(unknown[0].code, said, open=True)
    lines += unknown
    if rest is not None:
        lines.append(Line(f'"*" = {quoted(rest.value)}', rest.why, open=bool(left)))
    return lines


def constant_lines(found: Found, columns: dict[str, str]) -> list[Line]:
    """Return what is proposed for all rows where no column says it."""
    lines = [
        Line(f"{target} = {quoted(value)}", Text("no column says so; is it the same for all rows?"), open=True)
        for (layer, target), value in CONSTANTS.items()
        if layer == found.layer and target not in columns
    ]
    return [Line(""), Line("[constants]"), *lines] if lines else []


def unit_lines(found: Found, columns: dict[str, str]) -> list[Line]:
    """Return the unit of each column that has one."""
    lines = []
    for target, column in columns.items():
        named = found.wide[0] if found.wide and column == _made(found)[1] else column
        guess = guess_unit(target, named)
        if guess is not None:
            lines.append(Line(f"{target} = {quoted(guess.value)}", guess.why, guess.open))
    return [Line(""), Line("[units]"), *lines] if lines else []
