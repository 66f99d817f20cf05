"""Excel workbooks as frames of strings."""

import warnings
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from riskmap.errors import SourceError
from riskmap.sources.archives import zip_members
from riskmap.sources.recipe import TableForm
from riskmap.sources.text import unique_names


def read_workbook(path: Path, form: TableForm) -> tuple[pd.DataFrame, np.ndarray, str]:
    """Return the rows of one worksheet, the row number of each, and the sheet's name.

    Formulas are read as the values last computed. Numbers keep the digits that the file holds; dates are ISO texts.

    Raises
    ------
    SourceError
        If the workbook is damaged, the sheet is not there, or there is no header.
    """
    zip_members(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(path, read_only=True, data_only=True)
            names = list(book.sheetnames)
            sheet = form.sheet if form.sheet is not None else names[0]
            if sheet not in names:
                raise SourceError(
                    "no_sheet",
                    "{file} has no sheet {sheet!r}; it has {names}.",
                    file=path.name,
                    sheet=sheet,
                    names=", ".join(names),
                )
            # Some writers declare a sheet of one cell, whatever it holds.
            book[sheet].reset_dimensions()
            cells = list(book[sheet].iter_rows(values_only=True))
            book.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, EOFError, IndexError):
        raise SourceError(
            "broken_workbook", "{file} is damaged or no Excel workbook; save it again as .xlsx.", file=path.name
        ) from None
    return (*_rows(cells, form, path.name), sheet)


def _rows(cells: list[tuple[object, ...]], form: TableForm, file: str) -> tuple[pd.DataFrame, np.ndarray]:
    skipped = 0 if form.header is not None else form.header_row
    header = form.header or [
        cell_text(value).strip() for value in (cells[skipped - 1] if len(cells) >= skipped else ())
    ]
    if not any(header):
        raise SourceError("empty_file", "{file} is empty: it has no header and no rows.", file=file)
    width = max(position for position, name in enumerate(header, start=1) if name)
    header = unique_names(list(header[:width]))
    padded = [(*row[:width], *(None,) * (width - len(row))) for row in cells[skipped:]]
    body = pd.DataFrame(padded, columns=range(width), dtype=object)
    frame = pd.DataFrame({name: body[position].map(cell_text).astype("str") for position, name in enumerate(header)})
    filled = (frame != "").any(axis=1).to_numpy(bool) if len(frame) else np.zeros(0, bool)
    return frame[filled].reset_index(drop=True), (np.arange(len(frame)) + skipped + 1)[filled]


def cell_text(value: object) -> str:
    """Return a cell's value as the text a person would have typed."""
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
    return str(value)
