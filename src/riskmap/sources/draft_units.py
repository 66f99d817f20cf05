"""The unit of each row of a proposed recipe: a column beside the amounts, or the column's own name."""

from dataclasses import dataclass, replace
from functools import cache

import pandas as pd

from riskmap.language import Text
from riskmap.sources.draft_columns import Found, made_columns
from riskmap.sources.draft_lines import Line, quoted
from riskmap.sources.draft_values import LISTED, Guess, guess_unit
from riskmap.sources.recipe import target_columns
from riskmap.sources.synonyms import UNIT_COLUMNS, UNIT_OR_OFFICE, plain_name
from riskmap.sources.unit_words import COUNTED_WORDS, OTHER_UNITS, UNIT_NAMES, UNIT_WORDS
from riskmap.sources.units import COLUMN_UNITS, known_units

AMOUNTS = ("amount_g", "amount_units", "concentration_ng_l", "flow_m3_d")
"""Columns beside which a source may say the unit of each row."""
WEIGHED_OR_COUNTED = ("amount_g", "amount_units")
"""What one column of amounts may fill, by the unit of its rows."""


@dataclass(frozen=True)
class Measure:
    """A column that says in which unit the amount of each row is, and the rows that are taken.

    The column `amount` fills the table's `target` in `unit` where `column` holds one of `words`; no words where none of
    its units is known. `counts` are the rows of each text in `column`.
    """

    column: str
    amount: str
    target: str
    unit: str
    words: list[str]
    counts: pd.Series

    @property
    def listed(self) -> str:
        """The texts of the column and their rows, the most frequent first."""
        shown = [f"{quoted(str(text))} ({n})" for text, n in self.counts.head(LISTED).items()]
        return ", ".join([*shown, "..."] if len(self.counts) > LISTED else shown)


def find_measure(frame: pd.DataFrame, found: Found) -> Measure | None:
    """Return the column that says the unit of each amount; None where there is none."""
    columns = dict(found.columns)
    # "units" may head numbers of pills, and names of units.
    if "amount_units" in columns and _are_units(frame, columns["amount_units"]):
        del columns["amount_units"]
    amounts = {name: columns[name] for name in AMOUNTS if name in columns}
    if found.wide or not amounts or frame.empty:
        return None
    free = [name for name in frame.columns if name not in columns.values()]
    unnamed = {target: column for target, column in amounts.items() if _names_no_unit(target, column)}
    named = [name for name in free if _is_unit_column(frame, name)]
    if named:
        return _measure(frame, named[0], unnamed or amounts, amounts)
    spoken = [name for name in free if _are_units(frame, name)]
    return _measure(frame, spoken[0], unnamed, amounts) if spoken and unnamed else None


def _names_no_unit(target: str, column: str) -> bool:
    guess = guess_unit(target, column)
    return guess is None or guess.open


def _is_unit_column(frame: pd.DataFrame, name: str) -> bool:
    plain = plain_name(name)
    if plain in UNIT_OR_OFFICE:
        return any(_is_unit(text) for text in frame[name].unique())
    return plain in UNIT_COLUMNS


def _are_units(frame: pd.DataFrame, name: str) -> bool:
    """Return whether a column holds nothing but units; a t or an l alone may stand for anything."""
    texts = [text for text in frame[name].unique() if text.strip()]
    return all(_is_unit(text) for text in texts) and any(plain_name(text) not in ("t", "l") for text in texts)


def _is_unit(text: str) -> bool:
    return plain_name(text) in OTHER_UNITS or any(_unit_in(target, text) for target in AMOUNTS)


def _unit_in(target: str, text: str) -> str:
    """Return the unit of the table's `target` that `text` names, one for all its names; "" for none."""
    plain = plain_name(text)
    if target == "amount_units":
        return COUNTED_WORDS.get(plain, "")
    return _unit_names(target).get(plain, "")


@cache
def _unit_names(target: str) -> dict[str, str]:
    """Return name -> unit of the table's `target`; of units that are the same, the first."""
    factors = known_units(target)
    first = {factor: unit for unit, factor in reversed(factors.items())}
    names = {name: unit for name, unit in (UNIT_NAMES | UNIT_WORDS).items() if unit in factors}
    names |= {unit: unit for unit in factors}
    return {plain_name(name): first[factors[unit]] for name, unit in names.items()}


def _measure(frame: pd.DataFrame, column: str, amounts: dict[str, str], given: dict[str, str]) -> Measure:
    """Return that of `amounts`, the table's column and the unit that most rows of `column` speak for.

    Grams become pieces, or the other way round, where no other column is `given` for these.
    """
    counts = frame[column].str.strip().value_counts()
    order = {name: position for position, name in enumerate(frame.columns)}
    options = []
    for amount, source in amounts.items():
        others = [name for name in WEIGHED_OR_COUNTED if amount in WEIGHED_OR_COUNTED and name not in given]
        for target in (amount, *others):
            # What fnmatch would take for a wildcard cannot be kept alone.
            units = {text: _unit_in(target, text) for text in counts.index if not {"*", "?"} & set(text)}
            for unit in dict.fromkeys(["", *filter(None, units.values())]):
                words = [text for text in units if unit and units[text] == unit]
                near = -abs(order[source] - order[column])
                options.append((int(counts[words].sum()), near, Measure(column, source, target, unit, words, counts)))
    return max(options, key=lambda option: option[:2])[2]


def with_measure(found: Found, measure: Measure | None) -> Found:
    """Return what was found with the amount under the table's column of its unit; left out where that is not known."""
    if measure is None:
        return found
    taken = (measure.amount, measure.column)
    columns = {target: column for target, column in found.columns.items() if column not in taken}
    if measure.words:
        columns[measure.target] = measure.amount
    return replace(found, columns=in_order(found, columns))


def in_order(found: Found, columns: dict[str, str]) -> dict[str, str]:
    return {target: columns[target] for target in target_columns(found.layer or "") if target in columns}


def unit_rows(measure: Measure) -> Line:
    """Return the line that keeps the rows of one unit; a question where there are others."""
    listed = ", ".join(quoted(word) for word in measure.words)
    code = f"{quoted(measure.column)} = [{listed}]"
    if len(measure.words) == len(measure.counts):
        return Line(code, Text("{source}: every row is in {unit}", {"source": measure.column, "unit": measure.unit}))
    values = {
        "column": measure.target,
        "source": measure.column,
        "listed": measure.listed,
        "kept": ", ".join(measure.words),
        "n": int(measure.counts[measure.words].sum()),
    }
    said = Text(
        "{column}: {source} holds {listed}; only the {n} rows in {kept} are kept, so that no other unit is mixed in; "
        "do the others need a recipe of their own?",
        values,
    )
    return Line(code, said, open=True)


def unit_lines(found: Found, columns: dict[str, str], measure: Measure | None = None) -> list[Line]:
    """Return the unit of each column that has one."""
    lines = []
    for target, column in columns.items():
        named = found.wide[0] if found.wide and column == made_columns(found)[1] else column
        guess = guess_unit(target, named)
        if guess is None:
            continue
        said: Text = guess.why
        if measure is not None and measure.words and target == measure.target:
            guess = Guess(measure.unit, Text("by the column {name}", {"name": measure.column}))
            said = guess.why
        elif guess.open:
            values = {"column": target, "said": guess.why, "unit": COLUMN_UNITS[target]}
            said = Text("{column}: {said}; is it {unit}?", values)
        lines.append(Line(f"{target} = {quoted(guess.value)}", said, guess.open))
    return [Line(""), Line("[units]"), *lines] if lines else []
