"""What a file's values say: the form of its dates, the units of its numbers, the words of its lists."""

import re
from dataclasses import dataclass
from itertools import product
from zoneinfo import ZoneInfo

import pandas as pd

from riskmap.language import Text
from riskmap.sources.dates import parse_intervals
from riskmap.sources.synonyms import plain_name
from riskmap.sources.unit_words import UNIT_NAMES
from riskmap.sources.units import COLUMN_UNITS, known_units
from riskmap.sources.words import ALLOWED, REST, WORDS

YEAR_FIRST = [
    *(f"%Y{sep}%m{sep}%d{time}" for sep, time in product("-/.", ("", " %H:%M", " %H:%M:%S"))),
    "%Y-%m",
    "%Y%m%d",
    "%Y年%m月%d日",
    "%Y",
]
YEAR_LAST = [
    f"{{0}}{sep}{{1}}{sep}{year}{time}"
    for sep, year, time in product("/-.", ("%Y", "%y"), ("", " %H:%M", " %H:%M:%S", " %I:%M:%S %p", " %I:%M %p"))
]
READABLE_SHARE = 0.9
"""A form that reads fewer of the values is not the column's."""
LISTED = 24
"""Distinct words that a draft lists; more are read by an analyst nowhere."""
_UNIT_AT_END = re.compile(
    r"[(（\[【]\s*([^)）\]】]+?)\s*[)）\]】]\s*$|[/_ ]([A-Za-zµμ]+(?:/[A-Za-z0-9³]+)?|[克吨人亩万]+)$"
)


@dataclass(frozen=True)
class Guess:
    """A value for a recipe, why, and whether an analyst must look at it."""

    value: str
    why: Text
    open: bool = False


def guess_date_form(texts: pd.Series) -> Guess:
    """Return the form of a column of dates; open where day and month cannot be told apart, or much is unreadable."""
    filled = texts[texts.str.strip() != ""]
    if filled.empty:
        return Guess("auto", Text("every row is blank"), open=True)
    intervals = parse_intervals(filled, ["auto"], ZoneInfo("UTC"))
    share = f"{intervals.deciding_share:.0%}"
    if intervals.order in ("undecided", "mixed"):
        undecided = {"example": str(filled.iloc[0]), "share": share}
        if intervals.order == "mixed":
            return Guess(
                "auto", Text("{example}: the rows contradict each other ({share} decide)", undecided), open=True
            )
        return Guess("auto", Text("{example}: no row tells the day from the month", undecided), open=True)
    forms = YEAR_FIRST
    if intervals.order == "year_first":
        forms = [form.replace("%Y", "%y") for form in YEAR_FIRST if form.count("%") > 2]
    elif intervals.order:
        first, second = ("%d", "%m") if intervals.order == "day_first" else ("%m", "%d")
        forms = [form.format(first, second) for form in YEAR_LAST]
    form, read = _best_form(filled, forms)
    if read < READABLE_SHARE:
        form, read = "auto", float(intervals.start.notna().mean())
    values: dict[str, object] = {"n": round((1 - read) * len(filled)), "example": str(filled.iloc[0]), "share": share}
    if read < READABLE_SHARE:
        return Guess("auto", Text("{n} rows cannot be read as dates, such as {example}", values), open=True)
    if intervals.order:
        return Guess(form, Text("day and month told apart by {share} of the values", values))
    return Guess(form, Text("{n} rows do not fit", values) if values["n"] else Text("every row fits"))


def _best_form(texts: pd.Series, forms: list[str]) -> tuple[str, float]:
    counts = texts.str.strip().value_counts()
    distinct = pd.Series(counts.index, dtype="str")
    shares = {}
    for form in forms:
        read = pd.to_datetime(distinct, format=form, errors="coerce").notna().to_numpy()
        shares[form] = float(counts.to_numpy()[read].sum() / counts.sum())
        if shares[form] == 1.0:
            break
    best = max(shares, key=lambda form: shares[form])
    return best, shares[best]


def guess_unit(target: str, column: str) -> Guess | None:
    """Return the unit that the name of `column` gives; None where the table's `target` has no unit."""
    known = known_units(target)
    if not known:
        return None
    found = _UNIT_AT_END.search(column)
    written = next((part for part in found.groups() if part), "") if found else ""
    unit = next((unit for unit in known if unit.casefold() == written.casefold()), UNIT_NAMES.get(written, ""))
    if unit in known:
        return Guess(unit, Text("the column's name says so"))
    own = COLUMN_UNITS[target]
    if written and found and found[1]:
        return Guess(own, Text("the column's name says {unit!r}, which is not known", {"unit": written}), open=True)
    return Guess(own, Text("the column's name gives no unit"), open=True)


def guess_words(layer: str, target: str, texts: pd.Series) -> tuple[dict[str, str], list[str], Guess | None]:
    """Return source word -> table's word, words that no table word is known for, and what "*" may stand for."""
    key = (layer, target)
    if key not in WORDS and key not in ALLOWED and key not in REST:
        return {}, [], None
    counts = texts[texts != ""].value_counts()
    words = WORDS.get(key, {}) | {word: word for word in ALLOWED.get(key, ())}
    plain = {plain_name(word): value for word, value in words.items()}
    found = {str(text): plain[plain_name(str(text))] for text in counts.index if plain_name(str(text)) in plain}
    left = [str(text) for text in counts.index if str(text) not in found]
    rest = None
    if key in REST:
        values = {"n": len(left), "rows": int(counts[left].sum())}
        rest = Guess(REST[key], Text("the rest: {n} words in {rows} rows", values))
    return found, left[:LISTED], rest
