"""The sections of a proposed recipe, from the columns that were found."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pandas as pd

from riskmap.language import Text
from riskmap.schema import COLUMNS, ID_COLUMN, TIME_COLUMNS
from riskmap.sources.dates import parse_intervals
from riskmap.sources.draft_columns import Found, drug_values, made_columns
from riskmap.sources.draft_lines import Line, quoted
from riskmap.sources.draft_units import Measure, in_order, unit_rows
from riskmap.sources.draft_values import Guess, guess_date_form, guess_words
from riskmap.sources.synonyms import plain_name
from riskmap.sources.words import ALLOWED, WORDS

MOSTLY = 0.9
"""A register in which a larger share of the rows speaks of drugs is taken whole."""
CONSTANTS = {
    ("cases", "category"): "other",
    ("incidents", "kind"): "other",
    ("plants", "level"): "plant",
    ("samples", "kind"): "composite_24h",
    ("areas", "level"): "county",
    ("effort", "kind"): "other",
}
"""What is proposed, as a question, where no column says it."""
FILLED_ELSEWHERE = {"geometry", "count", "origin", "qualifier", "known_on", "code"}
DATED_SHARE = 0.95
"""A column of which fewer values are dates is not proposed for one."""
_NUMBER = r"\d{1,7}|\d+\.\d+"
"""Numbers that could be serial numbers or years of dates, and are as a rule something else."""
_DAY_OR_MONTH_FIRST = r"\d{1,2}([/.-])\d{1,2}\1\d{2,4}( .*)?"


def without_undated(frame: pd.DataFrame, found: Found) -> Found:
    """Return what was found without a `known_on` of which no value is a date ("Reported by")."""
    texts = frame[found.columns["known_on"]].str.strip() if "known_on" in found.columns else pd.Series(dtype="str")
    if (texts == "").all():
        return found
    intervals = parse_intervals(texts, ["auto"], ZoneInfo("UTC"))
    if intervals.order or intervals.start.notna().any():
        return found
    return replace(found, columns={target: name for target, name in found.columns.items() if target != "known_on"})


def with_only_dates(frame: pd.DataFrame, found: Found) -> tuple[Found, str]:
    """Return what was found, the only column of dates as the layer's date where no name says it; and that target."""
    start = TIME_COLUMNS.get(found.layer or "", ("", ""))[0]
    stem = start.removesuffix("_from")
    if not start or {start, stem} & found.columns.keys():
        return found, ""
    used = {*found.columns.values(), *found.wide}
    dated = [name for name in frame.columns if name not in used and _holds_dates(frame[name])]
    if len(dated) != 1:
        return found, ""
    return replace(found, columns=in_order(found, {**found.columns, stem: dated[0]})), stem


def _holds_dates(texts: pd.Series) -> bool:
    """Return whether most rows are filled, and nearly all of these with dates; plain numbers are none."""
    filled = texts.str.strip()
    filled = filled[filled != ""]
    if 2 * len(filled) < len(texts) or filled.empty:
        return False
    filled = filled.mask(filled.str.fullmatch(_NUMBER), "")
    intervals = parse_intervals(filled, ["auto"], ZoneInfo("UTC"))
    read = intervals.start.notna()
    if intervals.order in ("undecided", "mixed"):
        read |= filled.str.fullmatch(_DAY_OR_MONTH_FIRST)
    return float(read.mean()) >= DATED_SHARE


def column_lines(columns: dict[str, str], by_dates: str, measure: Measure | None) -> list[Line]:
    """Return the section on which column is which, with what its names do not say."""
    lines = [Line(""), Line("[columns]")]
    for target, name in columns.items():
        if target == by_dates:
            said = Text("{column}: {source} is the only column of dates; is it the right one?",
                        {"column": target, "source": name})  # fmt: skip
            lines.append(Line(f"{target} = {quoted(name)}", said, open=True))
        else:
            lines.append(Line(f"{target} = {quoted(name)}"))
    if measure is not None and not measure.words:
        values = {"column": measure.target, "source": measure.column, "listed": measure.listed}
        said = Text("{column}: {source} holds {listed}, of which no unit is known; keep the rows of one unit", values)
        lines.append(Line(f"# {measure.target} = {quoted(measure.amount)}", said, open=True))
    return lines


def asked(column: str, guess: Guess | None) -> Text | None:
    """Return why a guess was made; where it is a question, with the column that it is about."""
    if guess is None or not guess.open:
        return guess.why if guess is not None else None
    return Text("{column}: {said}", {"column": column, "said": guess.why})


def unfolded_columns(found: Found, columns: dict[str, str]) -> dict[str, str]:
    """Return the columns with those that a wide table makes; the id of its rows is joined from several."""
    if not found.wide:
        return columns
    name, value = made_columns(found)
    kept = {target: column for target, column in columns.items() if target != "sample_id"}
    if found.by_day:
        return kept | {"load_mg_d_per_1000": value, "qualifier": value}
    return kept | {"analyte": name, "concentration_ng_l": value}


def wide_lines(found: Found) -> list[Line]:
    """Return the section on columns that are rows in truth."""
    if not found.wide:
        return []
    name, value = made_columns(found)
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
            lines.append(
                Line(f'# {shown} = ""', Text("{column}: which column holds it?", {"column": shown}), open=True)
            )
    if "geometry" in COLUMNS[layer] and not has_place and not {"lon", "x", "wkt", "area_code", "cell"} & columns.keys():
        lines.append(Line('# lon = ""', Text("lon and lat, or area_code: which columns hold them?"), open=True))
    return lines


def join_lines(found: Found) -> list[Line]:
    """Return an id for each row of a wide table: one sample has many of them."""
    if not found.wide:
        return []
    own = found.columns.get("sample_id")
    parts = (
        [own] if own else [found.columns[name] for name in ("sampled", "analyte", "plant_id") if name in found.columns]
    )
    listed = ", ".join(quoted(part) for part in [*parts, made_columns(found)[0]])
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
        lines.append(Line(f"{target} = {quoted(guess.value)}", asked(target, guess), guess.open))
    return [Line(""), Line("[dates]"), *lines] if lines else []


def _drug_rows(frame: pd.DataFrame, found: Found, columns: dict[str, str]) -> tuple[str, list[str]]:
    """Return the column and the words by which a register of all crimes tells drug records; nothing where all are."""
    column = columns.get("category", "")
    if found.layer != "cases" or not column:
        return "", []
    words = drug_values(frame[column])
    if words:
        known = {plain_name(word) for word in WORDS[("cases", "category")]} - {plain_name("其他")}
        words += [text for text in frame[column].unique() if plain_name(text) in known and text not in words]
    few = bool(words) and float(frame[column].isin(words).mean()) <= MOSTLY
    return (column, words) if few else ("", [])


def kept_rows(
    frame: pd.DataFrame, found: Found, columns: dict[str, str], measure: Measure | None = None
) -> pd.DataFrame:
    """Return the rows that the proposed recipe keeps."""
    column, words = _drug_rows(frame, found, columns)
    if column:
        frame = frame[frame[column].isin(words)]
    if measure is not None and measure.words:
        frame = frame[frame[measure.column].str.strip().isin(measure.words)]
    return frame


def keep_lines(
    frame: pd.DataFrame, found: Found, columns: dict[str, str], measure: Measure | None = None
) -> list[Line]:
    """Return the rows to keep: drug records of a register of all crimes, amounts in one unit."""
    lines = []
    column, words = _drug_rows(frame, found, columns)
    if column:
        listed = ", ".join(quoted(word) for word in words)
        values = {"n": int(frame[column].isin(words).sum()), "total": len(frame)}
        lines.append(Line(f"{quoted(column)} = [{listed}]", Text("{n} of {total} rows speak of drugs", values)))
    if measure is not None and measure.words:
        lines.append(unit_rows(measure))
    return [Line(""), Line("[keep]"), *lines] if lines else []


def word_lines(frame: pd.DataFrame, found: Found, columns: dict[str, str]) -> list[Line]:
    """Return the words of each column whose words the table knows."""
    lines: list[Line] = []
    for target, column in columns.items():
        if column in frame:
            lines += _words_of(found.layer or "", target, frame[column].str.strip())
        elif target == "analyte":
            lines += _words_of("samples", target, pd.Series(found.wide, dtype="str"))
        elif target == "qualifier":
            zero = Line('"0" = "<LOD"', Text("qualifier: is 0 published for what was not detected?"), open=True)
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
        said = Text("{column}: which of these words is it? {known}", {"column": target, "known": ", ".join(allowed)})
        unknown[0] = Line(unknown[0].code, said, open=True)
    lines += unknown
    if rest is not None:
        unknown_rows = int((~texts.isin([*known, ""])).sum())
        distinct = texts[~texts.isin([*known, ""])].nunique()
        said = Text(
            "{column}: {n} words in {rows} rows are not known and become {value}; is that right?",
            {"column": target, "n": distinct, "rows": unknown_rows, "value": quoted(rest.value)},
        )
        lines.append(Line(f'"*" = {quoted(rest.value)}', said if left else rest.why, open=bool(left)))
    return lines


def constant_lines(found: Found, columns: dict[str, str]) -> list[Line]:
    """Return what is proposed for all rows where no column says it."""
    lines = [
        Line(
            f"{target} = {quoted(value)}",
            Text("{column}: no column holds it; is it the same for all rows?", {"column": target}),
            open=True,
        )
        for (layer, target), value in CONSTANTS.items()
        if layer == found.layer and target not in columns
    ]
    return [Line(""), Line("[constants]"), *lines] if lines else []
