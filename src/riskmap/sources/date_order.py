"""Which part of dates like 3/5/2023 and 23-03-05 is the day, which the month, which the year: the column decides."""

from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

Order = Literal["", "day_first", "month_first", "year_first", "undecided", "mixed"]
FIRST_YEAR = 1990
"""Two digits are no year before it where another reading is possible, nor one that has not come yet."""


def decide_order(parts: pd.DataFrame) -> tuple[pd.DataFrame, Order, float]:
    """Tell day, month and year apart over the whole column: the reading that is possible in every row, if it is one.

    Parameters
    ----------
    parts
        Texts `first`, `other` and `year`, as they stand from left to right.

    Returns
    -------
    The parts with numbers `year`, `month`, `day`; the order; the share of rows that rule the likeliest other order
    out. Rows stay unreadable (month 13) where nothing decides, or the evidence points both ways.
    """
    first, other = parts["first"].astype("int64"), parts["other"].astype("int64")
    last, short = parts["year"].astype("int64"), parts["year"].str.len() == 2
    full = last.mask(short, _full_year(last))
    may_lead = short & (parts["first"].str.len() == 2)
    readings: dict[Order, tuple[pd.Series, pd.Series, pd.Series]] = {
        "day_first": (full, other, first),
        "month_first": (full, first, other),
        "year_first": (_full_year(first), other, last),
    }
    possible = pd.DataFrame(
        {order: (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) for order, (_, month, day) in readings.items()}
    )
    possible["year_first"] &= may_lead
    likely = possible & pd.DataFrame(
        {
            order: ~short | ((year >= FIRST_YEAR) & (year <= date.today().year))
            for order, (year, _, _) in readings.items()
        }
    )
    possible = likely.where(likely.any(axis=1), possible)
    possible = possible[possible.any(axis=1)]
    left = [order for order in readings if len(possible) and possible[order].all()]
    if len(left) == 1:
        year, month, day = readings[left[0]]
        against = (~possible.drop(columns=left[0])).sum().min()
        return parts.assign(year=year, month=month, day=day), left[0], float(against) / len(parts)
    undecided = bool(left) or possible.empty
    share = 0.0 if undecided else float((possible.sum(axis=1) == 1).sum()) / len(parts)
    return parts.assign(year=full, month=13, day=1), "undecided" if undecided else "mixed", share


def _full_year(two_digits: pd.Series) -> pd.Series:
    """00-69 are 2000-2069, as strptime has it."""
    return two_digits + np.where(two_digits < 70, 2000, 1900)
