"""Cells that do not say what they seem to: formulas never computed, numbers that may be two months."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

Rows = Sequence[Sequence[object]]

UNCOMPUTED, YEAR_MONTH = "formula_uncomputed", "date_year_month"
DOUBT_COLUMNS = {"row": "int64", "column": "str", "rule": "str", "original": "str"}
NO_DOUBTS = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in DOUBT_COLUMNS.items()})
_TWO_MONTHS = re.compile(r"(19|20)\d\d\.1")
"""January or October: a number keeps 2024.10 as 2024.1. All other months are told apart."""
_YEARS = (1900, 2100)


class Formula(str):
    """A formula in the place of its value."""

    __slots__ = ()


def no_doubts() -> pd.DataFrame:
    """Return the doubts of a table without any."""
    return NO_DOUBTS.copy()


def with_formulas(cells: Rows, formulas: dict[tuple[int, int], str]) -> Rows:
    """Return the cells with `formulas` (by row and column, from 1) in their places."""
    changed = {row: list(cells[row - 1]) if row <= len(cells) else [] for row, _ in formulas}
    for (row, column), formula in formulas.items():
        line = changed[row]
        line += [None] * (column - len(line))
        line[column - 1] = Formula(formula)
    last = max([len(cells), *changed])
    return [changed.get(row) or (cells[row - 1] if row <= len(cells) else ()) for row in range(1, last + 1)]


def doubtful_cells(cells: Rows, names: list[str], first: int) -> pd.DataFrame:
    """Return the doubtful cells from row `first` on, whose columns are called `names`: row, column, rule, original."""
    found = [
        (number, name, UNCOMPUTED if isinstance(value, Formula) else YEAR_MONTH, str(value))
        for number, row in enumerate(cells[first - 1 :], start=first)
        for name, value in zip(names, row, strict=False)
        if isinstance(value, Formula) or (type(value) is float and _TWO_MONTHS.fullmatch(str(value)))
    ]
    return pd.DataFrame(found, columns=list(DOUBT_COLUMNS)).astype(DOUBT_COLUMNS)


def doubtful_numbers(values: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the numbers that may be two months, in rows counted from 1: row, column, rule, original.

    Parameters
    ----------
    values
        As the file holds them, before they are made texts.
    names
        What its columns are called, in their order.
    """
    found = []
    for at, name in enumerate(names):
        column = values.iloc[:, at].reset_index(drop=True)
        if column.dtype == object:
            column = column[column.map(type).isin((float, np.float32, np.float64))]
        elif not pd.api.types.is_float_dtype(column):
            continue
        texts = column[(column >= _YEARS[0]) & (column < _YEARS[1])].astype("str")
        rows = texts.index.to_numpy("int64") + 1
        found += [
            (int(row), name, YEAR_MONTH, text)
            for row, text in zip(rows, texts, strict=True)
            if _TWO_MONTHS.fullmatch(text)
        ]
    return pd.DataFrame(found, columns=list(DOUBT_COLUMNS)).astype(DOUBT_COLUMNS)
