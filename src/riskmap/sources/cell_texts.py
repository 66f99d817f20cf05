"""Values of workbooks, vector files and databases as the texts that a person would have typed."""

from datetime import date, datetime, time
from decimal import Decimal

import numpy as np
import pandas as pd


def cell_text(value: object) -> str:
    """Return a cell's value as the text a person would have typed."""
    if isinstance(value, str):
        return value
    if value is None or value != value:  # NaN differs from itself
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every column as strings; whole numbers without a decimal point, times as ISO texts, nothing for null."""
    return pd.DataFrame({str(name): _column_text(frame[name]) for name in frame.columns}, index=range(len(frame)))


def _column_text(column: pd.Series) -> pd.Series:
    column = column.reset_index(drop=True)
    if pd.api.types.is_bool_dtype(column):
        text = column.map({True: "true", False: "false"})
    elif pd.api.types.is_float_dtype(column):
        whole = np.isfinite(column) & (column == column.round()) & (column.abs() < 2**53)
        text = column.astype("str").where(~whole, column.where(whole, 0).astype("int64").astype("str"))
        text = text.where(column.notna(), "")
    elif pd.api.types.is_datetime64_any_dtype(column):
        text = column.map(str, na_action="ignore") if column.dt.tz is not None else column.astype("str")
    elif column.dtype == object:
        text = column.map(cell_text)
    else:
        text = column.astype("str")
    return text.where(column.notna(), "").fillna("").astype("str")
