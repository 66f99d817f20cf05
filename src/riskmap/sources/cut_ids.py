"""Ids that a spreadsheet cut: it keeps fifteen digits of a number and writes zeros for the rest."""

import numpy as np
import pandas as pd

from riskmap.errors import SourceError
from riskmap.sources.mapped_columns import id_columns
from riskmap.sources.recipe import Recipe

LONG_ID = r"\d{16,}"
CUT_ID = r"\d{13,}000"
EVIDENCE = 2
"""Different ids that all end in three zeros: by chance once in a million files."""
REPEATS = 3
"""Rows of one such id: numbers that follow each other become the same when their last digits are cut."""


def refuse_cut_ids(frame: pd.DataFrame, cut: dict[str, int], rows: np.ndarray, recipe: Recipe, file: str) -> None:
    """Refuse a table whose ids lost digits.

    Parameters
    ----------
    cut
        Column -> first row in which a workbook holds a number too long to be kept.
    rows
        Shape (n_rows,); the number of each row of `frame` in the file.

    Raises
    ------
    SourceError
        Rule `id_cut_by_spreadsheet`, if a column of ids is in `cut`, or all its long numbers end in three zeros.
    """
    for name in id_columns(recipe):
        if name in cut:
            raise cut_id(file, name, cut[name])
        if name not in frame:
            continue
        texts = frame[name].str.strip()
        is_long = texts.str.fullmatch(LONG_ID).to_numpy(bool)
        long = texts[is_long]
        enough = long.nunique() >= EVIDENCE or len(long) >= REPEATS
        if enough and long.str.fullmatch(CUT_ID).all():
            raise cut_id(file, name, int(rows[is_long][0]))


def cut_id(file: str, column: str, row: int) -> SourceError:
    """Return the error for a column of ids that lost digits."""
    return SourceError(
        "id_cut_by_spreadsheet",
        "Column {column} of {file} holds ids whose last digits a spreadsheet replaced by zeros (first in row {row}); "
        "export it again with the column as text.",
        column=column,
        file=file,
        row=row,
    )
