"""Columns of dates: read as intervals, asked about where it would be a guess, checked against now and each other."""

from datetime import datetime

import numpy as np
import pandas as pd

from riskmap.errors import SourceError
from riskmap.language import Text
from riskmap.layers.findings import Findings
from riskmap.layers.readings import log_dates
from riskmap.layers.receipt import note
from riskmap.schema import TIME_COLUMNS
from riskmap.sources.dates import Intervals, parse_intervals
from riskmap.sources.mapped_columns import own_column
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

EARLIEST = np.datetime64("1990-01-01", "us")
"""Records before it are typing errors or placeholders; the time axis does not stretch for them."""
ANY_LENGTH = ("samples", "effort")
"""Layers whose rows may last longer than a period of the area; hours are spread over the periods they cover."""
LONGEST_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92}
ORDERS = {
    "day_first": Text("the day comes first"),
    "month_first": Text("the month comes first"),
    "year_first": Text("the year comes first"),
    "undecided": Text("nothing decides"),
    "mixed": Text("the rows contradict each other"),
}
ZONE_SENTENCE = (
    "{n} times in column {column} name another zone and were put on the clock of {zone}; the first, {original}, became "
    "{converted}."
)


def read_intervals(texts: pd.Series, target: str, recipe: Recipe, study: Study, *, accept: bool = False) -> Intervals:
    """Return the intervals of one date column in the form that the recipe gives, else any form.

    Raises
    ------
    SourceError
        If day and month can be told apart only by evidence, or not at all, and nobody has agreed to that.
    """
    forms = recipe.dates.get(target, ["auto"])
    found = parse_intervals(texts, forms, study.zone, recipe.timezone)
    if found.order and not (accept and found.order in ("day_first", "month_first", "year_first")):
        raise SourceError(
            "date_order",
            "The dates of column {column} look like 3/5/2023 or 23-03-05; {share} of them decide which part is the day "
            "({order}). Give their form under [dates] of the recipe, or agree (--yes at a terminal) where it is "
            "decided.",
            column=own_column(recipe, target),
            share=f"{found.deciding_share:.0%}",
            order=ORDERS[found.order],
        )
    return found


def read_column(
    texts: pd.Series, name: str, recipe: Recipe, study: Study, findings: Findings, *, accept: bool
) -> Intervals:
    """Return the intervals of one date column; what was agreed to is said."""
    found = read_intervals(texts, name, recipe, study, accept=accept)
    if found.order:
        column, share = own_column(recipe, name), f"{found.deciding_share:.0%}"
        said = "The dates of column {column} were read as agreed: {order}, as {share} of them decide."
        findings.say(note(said, column=column, order=ORDERS[found.order], share=share))
    if found.converted is not None and found.converted.any():
        first = int(found.converted.to_numpy(bool).argmax())
        values: dict[str, object] = {"n": int(found.converted.sum()), "column": own_column(recipe, name)}
        values |= {"zone": study.timezone, "original": texts.iloc[first], "converted": str(found.start.iloc[first])}
        findings.say(Text(ZONE_SENTENCE, values))
    if recipe.dates.get(name, ["auto"]) == ["auto"]:
        log_dates(texts, found.start, name, own_column(recipe, name), findings)
    return found


def read_happened(
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
    happened = read_column(texts[first], first, recipe, study, findings, accept=accept)
    start, end = happened.start, happened.end
    _check_dates(texts[first], start, first, study, findings)
    if end_name in texts:
        last = read_column(texts[end_name], end_name, recipe, study, findings, accept=accept)
        findings.add("date_unreadable", last.end.isna() & (texts[end_name] != ""), end_name, texts[end_name])
        # "until 08:00" ends at 08:00; "until 5 May" ends with that day.
        moment = ((last.end - last.start) < np.timedelta64(1, "D")) & (last.start > start)
        end = last.end.mask(moment, last.start).fillna(end)
        findings.add("interval_reversed", end <= start, end_name, texts[first] + " .. " + texts[end_name])
    if recipe.layer not in ANY_LENGTH:
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
    known = read_column(texts["known_on"], "known_on", recipe, study, findings, accept=accept)
    _check_dates(texts["known_on"], known.start, "known_on", study, findings)
    findings.add("known_before_event", known.end <= start, "known_on", texts["known_on"])
    return known.end


def _check_dates(texts: pd.Series, start: pd.Series, column: str, study: Study, findings: Findings) -> None:
    now = np.datetime64(datetime.now(study.zone).replace(tzinfo=None), "us")
    findings.add("date_blank", texts == "", column)
    findings.add("date_unreadable", start.isna(), column, texts)
    findings.add("date_before_1990", start < EARLIEST, column, texts)
    findings.add("date_future", start > now, column, texts)


def read_moments(
    texts: pd.Series, name: str, recipe: Recipe, study: Study, findings: Findings, *, accept: bool
) -> pd.Series:
    """Return the first moment of optional dates (opened_on, valid_from); far past and future are allowed there."""
    found = read_column(texts, name, recipe, study, findings, accept=accept)
    findings.add("date_unreadable", found.start.isna() & (texts != ""), name, texts)
    return found.start
