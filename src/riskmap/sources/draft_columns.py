"""Which layer a file looks like, and which of its columns is which of the table's."""

from dataclasses import dataclass, field

import pandas as pd

from riskmap.sources.recipe import target_columns
from riskmap.sources.synonyms import ENOUGH, SYNONYMS, TELLING, plain_name
from riskmap.sources.words import ANALYTES, DRUG_WORDS, WEEKDAYS

LONG_ENOUGH = 8
"""Letters from which a name that only begins with a synonym counts (MonthReportedtoMSHP); three for Chinese."""
CHOSEN_BY_WORDS = {"category", "kind"}


@dataclass(frozen=True)
class Found:
    """The table's columns that a file has, the evidence for its layer, and columns that are rows in truth."""

    layer: str | None
    columns: dict[str, str] = field(default_factory=dict)
    telling: list[str] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)
    by_day: bool = False


def find_columns(frame: pd.DataFrame, layer: str | None = None) -> Found:
    """Return the layer that `frame` looks like (or `layer`) and its columns; layer None where nothing is telling."""
    names = list(frame.columns)
    if layer is not None:
        return _found(frame, layer)
    candidates = [_found(frame, name) for name in TELLING if _telling(names, name)]
    candidates = [found for found in candidates if _has_enough(found)]
    return max(candidates, key=_score, default=Found(None))


def _score(found: Found) -> int:
    return 3 * len(found.telling) + len(found.columns) + 3 * bool(found.wide)


def _telling(names: list[str], layer: str) -> list[str]:
    return [name for name in names if plain_name(name) in TELLING[layer]]


def _has_enough(found: Found) -> bool:
    groups = ENOUGH[found.layer or ""]
    return all(found.columns.keys() & set(group) or ("analyte" in group and found.wide) for group in groups)


def _found(frame: pd.DataFrame, layer: str) -> Found:
    names = list(frame.columns)
    wide, by_day = wide_columns(names) if layer == "samples" else ([], False)
    columns = match_columns(frame.drop(columns=wide), layer)
    return Found(layer, columns, _telling(names, layer), wide, by_day)


def wide_columns(names: list[str]) -> tuple[list[str], bool]:
    """Return the columns that are rows in truth, and whether they are days of the week rather than analytes."""
    days = [name for name in names if plain_name(name) in WEEKDAYS]
    if len(days) >= 5:
        return days, True
    analytes = [name for name in names if ANALYTES.get(plain_name(name), "other") != "other"]
    return (analytes, False) if len(analytes) > 1 else ([], False)


def match_columns(frame: pd.DataFrame, layer: str) -> dict[str, str]:
    """Return target -> source column; each source column once, the table's columns in their own order."""
    free = {name: plain_name(name) for name in frame.columns}
    order = {name: position for position, name in enumerate(target_columns(layer))}
    result: dict[str, str] = {}
    for exact in (True, False):
        for target, synonyms in SYNONYMS[layer].items():
            if target in result or target not in order:
                continue
            hits = [name for synonym in synonyms for name in free if _is_called(free[name], synonym, exact)]
            if hits:
                result[target] = _chosen(frame, target, list(dict.fromkeys(hits)))
                del free[result[target]]
    _name_in_its_language(frame, result)
    return dict(sorted(result.items(), key=lambda item: order[item[0]]))


def _is_called(plain: str, synonym: str, exact: bool) -> bool:
    if exact:
        return plain == synonym
    if synonym.isascii():
        return len(synonym) >= LONG_ENOUGH and plain.startswith(synonym)
    return len(synonym) > 2 and synonym in plain


def _chosen(frame: pd.DataFrame, target: str, hits: list[str]) -> str:
    """Return the first of several columns; of those with words, the first that speaks of drugs."""
    if target in CHOSEN_BY_WORDS:
        for name in hits:
            if drug_values(frame[name]):
                return name
    return hits[0]


def drug_values(texts: pd.Series) -> list[str]:
    """Return the distinct texts that speak of drugs, the most frequent first."""
    counts = texts[texts != ""].value_counts()
    return [str(text) for text in counts.index if any(word in str(text).casefold() for word in DRUG_WORDS)]


def _name_in_its_language(frame: pd.DataFrame, columns: dict[str, str]) -> None:
    """A column called "name" is the Chinese or the English one by what is in it."""
    for here, there in (("name_zh", "name_en"), ("name_en", "name_zh")):
        if here in columns and there not in columns:
            chinese = frame[columns[here]].str.contains("[一-鿿]", regex=True).mean() > 0.5
            if chinese == (here == "name_en"):
                columns[there] = columns.pop(here)
                return


def made_columns(found: Found) -> tuple[str, str]:
    """Return what the name and the value of a wide table's columns are called."""
    return ("weekday", "load") if found.by_day else ("analyte", "result")
