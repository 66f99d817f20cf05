"""Which rows of a file are records that the recipe takes: wide tables unfolded, totals and misfits set aside."""

import geopandas as gpd
import numpy as np
import pandas as pd

from riskmap.errors import SourceError
from riskmap.sources.numbers import normalise
from riskmap.sources.patterns import alternatives, match_patterns
from riskmap.sources.persons import mask_lines
from riskmap.sources.recipe import Recipe
from riskmap.sources.source_table import SourceTable

TOTALS = {"合计", "总计", "小计", "共计", "total", "totals", "subtotal", "grandtotal", "sum"}


def unfold(
    frame: pd.DataFrame, table: SourceTable, recipe: Recipe
) -> tuple[pd.DataFrame, pd.DataFrame, gpd.GeoSeries | None]:
    """Return the frame with a wide table's columns as rows, and where each row stood."""
    rows = pd.DataFrame(
        {"row": np.asarray(table.rows, dtype="int64"), "part": pd.Series("", index=frame.index, dtype="str")}
    )
    if recipe.wide is None:
        return frame, rows, table.geometry
    missing = [name for name in recipe.wide.columns if name not in frame.columns]
    if missing:
        raise missing_column(missing[0], frame, table.file)
    wide = recipe.wide
    rest = [name for name in frame.columns if name not in wide.columns]
    n_columns, n_rows = len(wide.columns), len(frame)
    order = np.repeat(np.arange(n_rows), n_columns)
    names = pd.Series(np.tile(np.array(wide.columns, dtype=object), n_rows), dtype="str")
    values = pd.Series(frame[wide.columns].to_numpy(dtype=object).ravel(), dtype="str")
    long = frame[rest].iloc[order].reset_index(drop=True).assign(**{wide.name: names, wide.value: values})
    geometry = table.geometry.iloc[order].reset_index(drop=True) if table.geometry is not None else None
    return long, rows.iloc[order].reset_index(drop=True).assign(part=names), geometry


def selected_rows(frame: pd.DataFrame, file: str, recipe: Recipe) -> np.ndarray:
    """Return which rows `keep`, `leave_out` and a wide table's blank cells leave."""
    chosen = np.ones(len(frame), dtype=bool)
    for conditions, wanted in ((recipe.keep, True), (recipe.leave_out, False)):
        for column, patterns in conditions.items():
            present = [name for name in alternatives(column) if name in frame.columns]
            if not present:
                raise missing_column(column, frame, file)
            chosen &= match_patterns(frame[present[0]], patterns).to_numpy(bool) == wanted
    if recipe.wide is not None:
        chosen &= (frame[recipe.wide.value].str.strip() != "").to_numpy(bool)
    return chosen


def totals_rows(frame: pd.DataFrame) -> np.ndarray:
    """Return which rows add up others: the first column says so in place of a value."""
    codes, distinct = pd.factorize(frame.iloc[:, 0])
    plain = normalise(pd.Series(distinct, dtype="str")).str.replace(r"[\s:]", "", regex=True).str.casefold()
    return plain.isin(TOTALS).to_numpy(bool)[codes]


def rejected_rows(table: SourceTable, rows: pd.Series, names: pd.Series) -> pd.DataFrame:
    """Return the rows that are no records: row, original, rule."""
    totals = pd.DataFrame({"row": rows, "original": names, "rule": "totals_row"})
    original = mask_lines(table.misfits["original"], list(table.frame.columns))
    misfits = table.misfits.assign(original=original, rule="field_count")
    return pd.concat([part for part in (misfits, totals) if len(part)] or [misfits], ignore_index=True)


def missing_column(column: str, frame: pd.DataFrame, file: str) -> SourceError:
    return SourceError(
        "missing_column",
        "{file} has no column {column!r}; its columns are {columns}. Correct the recipe or the file.",
        file=file,
        column=column,
        columns=", ".join(frame.columns[:40]),
    )
