"""From texts to values: dates as intervals, numbers in the table's units, words that the table knows."""

from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
from h3ronpy import cells_parse
from pandera.api.checks import Check

from riskmap.errors import SourceError
from riskmap.language import Text
from riskmap.layers.findings import Findings
from riskmap.layers.readings import log_codes, log_dates, log_numbers
from riskmap.layers.receipt import note
from riskmap.schema import COLUMNS, ID_COLUMN, TIME_COLUMNS
from riskmap.sources.dates import Intervals, parse_intervals
from riskmap.sources.mapped_columns import own_column
from riskmap.sources.numbers import normalise, parse_numbers
from riskmap.sources.persons import mask_column
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

EARLIEST = np.datetime64("1990-01-01", "us")
"""Records before it are typing errors or placeholders; the time axis does not stretch for them."""
LONGEST_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92}
SCIENTIFIC = r"^[+-]?\d(?:\.\d+)?[eE]\+\d+$"
ORDERS = {
    "day_first": Text("the day comes first"),
    "month_first": Text("the month comes first"),
    "undecided": Text("nothing decides"),
    "mixed": Text("the rows contradict each other"),
}
DATED = ("occurred", "seized", "sampled")
LABELLED = r"(?:Z|UTC|GMT|GMT[+-]\d+|[+-]\d{2}:?\d{2}|北京时间.?)\s*$"
ZONE_SENTENCE = (
    "{n} times in column {column} name another zone and were put on the clock of {zone}; the first, {original}, became "
    "{converted}."
)
TRUE = {"true", "1", "yes", "y", "是", "有"}
FALSE = {"false", "0", "no", "n", "否", "无", ""}


def parse_texts(texts: pd.DataFrame, recipe: Recipe, study: Study, findings: Findings, *, accept: bool) -> pd.DataFrame:
    """Return the table's columns, typed, for rows of texts; what cannot be read is written into `findings`."""
    parsed = _dates(texts, recipe, study, findings, accept=accept)
    for name, column in COLUMNS[recipe.layer].items():
        if name == "geometry" or name in parsed or name not in texts:
            continue
        kind = str(column.dtype)
        if name == ID_COLUMN.get(recipe.layer):
            parsed[name] = _identity(texts[name], name, recipe, findings)
        elif kind.startswith("str"):
            parsed[name] = _words(texts[name], name, recipe, column, findings)
        elif kind == "boolean":
            parsed[name] = _truth(texts[name], name, findings)
        elif kind == "uint64":
            parsed[name] = _cells(texts[name], study, findings)
        elif kind.startswith("datetime"):
            parsed[name] = _moment(texts[name], name, recipe, study, findings, accept=accept)
        else:
            parsed[name] = _numbers(texts[name], name, recipe, column, findings)
    return pd.DataFrame(parsed, index=texts.index)


def read_intervals(texts: pd.Series, target: str, recipe: Recipe, study: Study, *, accept: bool = False) -> Intervals:
    """Return the intervals of one date column in the form that the recipe gives, else any form.

    Raises
    ------
    SourceError
        If day and month can be told apart only by evidence, or not at all, and nobody has agreed to that.
    """
    forms = recipe.dates.get(target, ["auto"])
    found = parse_intervals(texts, forms, study.zone, recipe.timezone)
    if found.order and not (accept and found.order in ("day_first", "month_first")):
        raise SourceError(
            "date_order",
            "The dates of column {column} look like 3/5/2023; {share} of them decide which part is the day ({order}). "
            "Give their form under [dates] of the recipe, or agree (--yes at a terminal) where it is decided.",
            column=own_column(recipe, target),
            share=f"{found.deciding_share:.0%}",
            order=ORDERS[found.order],
        )
    return found


def _read_column(
    texts: pd.Series, name: str, recipe: Recipe, study: Study, findings: Findings, *, accept: bool
) -> Intervals:
    """Return the intervals of one date column; what was agreed to is said."""
    found = read_intervals(texts, name, recipe, study, accept=accept)
    if found.order:
        column, share = own_column(recipe, name), f"{found.deciding_share:.0%}"
        said = "The dates of column {column} were read as agreed: {order}, as {share} of them decide."
        findings.say(note(said, column=column, order=ORDERS[found.order], share=share))
    if recipe.dates.get(name, ["auto"]) == ["auto"]:
        log_dates(texts, found.start, name, own_column(recipe, name), findings)
    return found


def zone_notes(texts: pd.DataFrame, recipe: Recipe, study: Study) -> list[Text]:
    """Return one sentence for each date column in which times of another zone were put on the study's clock."""
    notes = []
    for name in [name for name in texts if name == "known_on" or str(name).startswith(DATED)]:
        labelled = texts[name][texts[name].str.contains(LABELLED, regex=True)]
        if labelled.empty:
            continue
        found = read_intervals(labelled, str(name), recipe, study, accept=True)
        if found.converted is not None and found.converted.any():
            first = int(found.converted.to_numpy(bool).argmax())
            said = {"n": int(found.converted.sum()), "column": name, "zone": study.timezone}
            shown = {"original": labelled.iloc[first], "converted": str(found.start.iloc[first])}
            notes.append(Text(ZONE_SENTENCE, said | shown))
    return notes


def _dates(
    texts: pd.DataFrame, recipe: Recipe, study: Study, findings: Findings, *, accept: bool
) -> dict[str, pd.Series]:
    """Return the interval in which dated rows happened, and when they were known."""
    if recipe.layer not in TIME_COLUMNS:
        return {}
    start_name, end_name = TIME_COLUMNS[recipe.layer]
    stem = start_name.removesuffix("_from")
    first = stem if stem in texts else start_name
    if first not in texts:
        raise SourceError("no_date", "Recipe {name} maps no column to {column}.", name=recipe.name, column=stem)
    happened = _read_column(texts[first], first, recipe, study, findings, accept=accept)
    start, end = happened.start, happened.end
    _check_dates(texts[first], start, first, study, findings)
    if end_name in texts:
        last = _read_column(texts[end_name], end_name, recipe, study, findings, accept=accept)
        findings.add("date_unreadable", last.end.isna() & (texts[end_name] != ""), end_name, texts[end_name])
        # "until 08:00" ends at 08:00; "until 5 May" ends with that day.
        moment = ((last.end - last.start) < np.timedelta64(1, "D")) & (last.start > start)
        end = last.end.mask(moment, last.start).fillna(end)
        findings.add("interval_reversed", end <= start, end_name, texts[first] + " .. " + texts[end_name])
    if recipe.layer != "samples":
        longest = np.timedelta64(LONGEST_DAYS[study.period], "D")
        findings.add("interval_exceeds_period", (end - start) > longest, first, texts[first])
    return {
        start_name: start,
        end_name: end,
        "known_on": _known(texts, start, end, recipe, study, findings, accept=accept),
    }


def _known(
    texts: pd.DataFrame,
    start: pd.Series,
    end: pd.Series,
    recipe: Recipe,
    study: Study,
    findings: Findings,
    *,
    accept: bool,
) -> pd.Series:
    """Return when each row was known: the end of what its column says, else of the interval in which it happened."""
    if "known_on" not in texts:
        return end
    known = _read_column(texts["known_on"], "known_on", recipe, study, findings, accept=accept)
    _check_dates(texts["known_on"], known.start, "known_on", study, findings)
    findings.add("known_before_event", known.end <= start, "known_on", texts["known_on"])
    return known.end


def _check_dates(texts: pd.Series, start: pd.Series, column: str, study: Study, findings: Findings) -> None:
    now = np.datetime64(datetime.now(study.zone).replace(tzinfo=None), "us")
    findings.add("date_blank", texts == "", column)
    findings.add("date_unreadable", start.isna(), column, texts)
    findings.add("date_before_1990", start < EARLIEST, column, texts)
    findings.add("date_future", start > now, column, texts)


def _moment(
    texts: pd.Series, name: str, recipe: Recipe, study: Study, findings: Findings, *, accept: bool
) -> pd.Series:
    """Return the first moment of optional dates (opened_on, valid_from); far past and future are allowed there."""
    found = _read_column(texts, name, recipe, study, findings, accept=accept)
    findings.add("date_unreadable", found.start.isna() & (texts != ""), name, texts)
    return found.start


def _identity(texts: pd.Series, name: str, recipe: Recipe, findings: Findings) -> pd.Series:
    ids = _ascii(texts)
    log_codes(texts, ids, name, own_column(recipe, name), findings)
    findings.add("id_scientific", ids.str.match(SCIENTIFIC), name, ids)
    masked = mask_column(ids, ids=True)
    findings.add("personal_number_masked", masked != ids, name)
    return masked.mask(masked != ids, "")


def _words(texts: pd.Series, name: str, recipe: Recipe, column: object, findings: Findings) -> pd.Series:
    codes = _ascii(texts) if name.endswith(("_code", "_id", "code")) else texts
    log_codes(texts, codes, name, own_column(recipe, name), findings)
    allowed = _allowed(column)
    if allowed:
        findings.add("value_unknown", ~codes.isin(allowed) & (codes != ""), name, codes)
    words = mask_column(codes)
    findings.add("personal_number_masked", words != codes, name)
    if column.nullable:  # type: ignore[attr-defined]
        return words.mask(words == "")
    findings.add("value_missing", words == "", name)
    return words


def _ascii(texts: pd.Series) -> pd.Series:
    """Return codes with full-width digits and letters as ASCII; plain ones untouched."""
    wide = texts.str.contains(r"[^\x00-\x7f]", regex=True, na=False)
    return texts.where(~wide, normalise(texts[wide]).reindex(texts.index)) if wide.any() else texts


def _allowed(column: object) -> list[str]:
    checks: list[Check] = column.checks  # type: ignore[attr-defined]
    return [str(value) for check in checks for value in (check.statistics or {}).get("allowed_values", ())]


def _numbers(texts: pd.Series, name: str, recipe: Recipe, column: object, findings: Findings) -> pd.Series:
    numbers = parse_numbers(texts)
    log_numbers(texts, numbers, name, own_column(recipe, name), findings)
    findings.add("number_unreadable", numbers.isna() & (texts != ""), name, texts)
    numbers = numbers * recipe.factor(name)
    allowed = _allowed(column)
    if allowed:
        findings.add("value_unknown", numbers.notna() & ~numbers.isin([float(value) for value in allowed]), name, texts)
    bounds = {check.name for check in column.checks}  # type: ignore[attr-defined]
    if "greater_than" in bounds:
        findings.add("number_negative", numbers < 0, name, texts)
        findings.add("number_zero", numbers == 0, name, texts)
    if "greater_than_or_equal_to" in bounds:
        findings.add("number_negative", numbers < 0, name, texts)
    if not column.nullable:  # type: ignore[attr-defined]
        findings.add("value_missing", numbers.isna(), name)
    return numbers


def _truth(texts: pd.Series, name: str, findings: Findings) -> pd.Series:
    lower = texts.str.lower()
    findings.add("value_unknown", ~lower.isin(TRUE | FALSE), name, texts)
    return lower.isin(TRUE).astype("boolean").mask(texts == "")


def _cells(texts: pd.Series, study: Study, findings: Findings) -> pd.Series:
    """Return H3 cells of hexadecimal (or decimal) names, at the study's resolution; 0 where there is none."""
    parsed = pa.array(cells_parse(texts.tolist(), set_failing_to_invalid=True)).fill_null(0).to_numpy()
    resolution = (parsed >> np.uint64(52)) & np.uint64(15)
    findings.add("cell_invalid", (texts != "") & ((parsed == 0) | (resolution != study.resolution)), "cell", texts)
    return pd.Series(parsed, index=texts.index)
