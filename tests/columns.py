"""Properties of single values, tried on whole columns: a column of 100 costs little more to read than one of one.

Every value of every column is compared with what is expected of it, so `MANY` examples are more than 2,000 values.
"""

from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st

VALUES, COLUMNS = 100, 25
"""Hypothesis begins with its simplest column, all of one value; the others alone are 2,400."""
MANY = settings(max_examples=COLUMNS, deadline=None)
Value = TypeVar("Value")


def column(values: st.SearchStrategy[Value]) -> st.SearchStrategy[list[Value]]:
    """Return columns of as many values."""
    return st.lists(values, min_size=VALUES, max_size=VALUES)
