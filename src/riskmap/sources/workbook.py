"""Excel workbooks as frames of strings.

The readers here run in the reading process only (reader.py); files.py asks it.
"""

import re
import warnings
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import xlrd
from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904, from_excel
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum
from xlrd.biffh import error_text_from_code

from riskmap.errors import SourceError
from riskmap.sources.archives import zip_members
from riskmap.sources.cell_texts import cell_text
from riskmap.sources.doubts import doubtful_cells, with_formulas
from riskmap.sources.formulas import uncomputed_cells
from riskmap.sources.headers import find_header, unique_names
from riskmap.sources.recipe import TableForm
from riskmap.sources.sheet import Sheet

Rows = Sequence[Sequence[object]]

CERTAIN_DIGITS = 10**15
"""A spreadsheet keeps 15 digits of a number; what it wrote beyond them is lost."""
SERIAL_DAYS = (20_000, 80_000)
"""Numbers of a column of dates that are days since an epoch (1954 to 2119)."""


def read_workbook(path: Path, form: TableForm, wanted: list[str], dates: list[str], file: str) -> Sheet:
    """Return the rows of one worksheet of an .xlsx or .xls workbook.

    Formulas are read as the values last computed; those that never were are doubts of the sheet. Numbers keep the
    digits that the file holds; dates are ISO texts.

    Parameters
    ----------
    wanted
        Columns that the recipe names; they tell the header row where the recipe does not.
    dates
        Columns of dates: where the workbook counts days from 1904, plain numbers in them are made dates.

    Raises
    ------
    SourceError
        If the workbook is damaged, the sheet is not there, or there is no header.
    """
    if path.suffix.lower() == ".xls":
        cells, sheet, from_1904 = _read_xls(path, form.sheet, file)
    else:
        zip_members(path)
        sheet = _choose_xlsx(path, form.sheet, file)
        read = _read_careful if _has_errors(path) else _read_fast
        cells = with_formulas(read(path, sheet), uncomputed_cells(path, sheet))
        from_1904 = _counts_from_1904(path)
    if from_1904:
        cells = _dated_from_1904(cells, form, wanted, dates)
    frame, rows = _rows(cells, form, wanted, file)
    doubts = doubtful_cells(cells, list(frame.columns), int(rows[0]) if len(rows) else len(cells) + 1)
    return Sheet(frame, rows, name=sheet, cut=_cut_columns(cells, frame, rows), doubts=doubts)


def _choose(names: list[str], filled: Sequence[str], wanted: str | None, file: str) -> str:
    """Return the sheet to read: the one named, else the only one that is visible and not empty."""
    if wanted is not None and wanted not in names:
        raise SourceError(
            "no_sheet",
            "{file} has no sheet {sheet!r}; it has {names}.",
            file=file,
            sheet=wanted,
            names=", ".join(names),
        )
    if wanted is None and len(filled) > 1:
        raise SourceError(
            "which_sheet",
            "{file} has several sheets ({names}); say under [table] which one holds the rows: sheet = {first!r}.",
            file=file,
            names=", ".join(filled),
            first=filled[0],
        )
    return wanted or next(iter(filled), names[0])


def _choose_xlsx(path: Path, wanted: str | None, file: str) -> str:
    with CalamineWorkbook.from_path(path) as book:
        visible = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        if wanted is not None or len(visible) < 2:
            return _choose(book.sheet_names, visible, wanted, file)
        filled = [name for name in visible if book.get_sheet_by_name(name).total_height]
        return _choose(book.sheet_names, filled or visible[:1], wanted, file)


def _read_fast(path: Path, sheet: str) -> Rows:
    with CalamineWorkbook.from_path(path) as book:
        return book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def _read_careful(path: Path, sheet: str) -> Rows:
    """Ten times slower, and it keeps #N/A apart from an empty cell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(path, read_only=True, data_only=True)
        # Some writers declare a sheet of one cell, whatever it holds.
        book[sheet].reset_dimensions()
        cells = list(book[sheet].iter_rows(values_only=True))
        book.close()
    return cells


def _has_errors(path: Path) -> bool:
    """Return whether any worksheet holds an error value (#N/A, #DIV/0! ...)."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and b't="e"' in archive.read(name):
                return True
    return False


def _counts_from_1904(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return re.search(rb'date1904="(1|true)"', archive.read("xl/workbook.xml")) is not None


def _read_xls(path: Path, sheet: str | None, file: str) -> tuple[Rows, str, bool]:
    with xlrd.open_workbook(path, on_demand=True, logfile=_Silence()) as book:
        sheets = [book.sheet_by_index(number) for number in range(book.nsheets)]
        visible = [one.name for one in sheets if not one.visibility]
        filled = [one.name for one in sheets if not one.visibility and one.nrows]
        name = _choose(book.sheet_names(), filled or visible[:1], sheet, file)
        cells = [[_xls_value(cell, book.datemode) for cell in row] for row in book.sheet_by_name(name).get_rows()]
        return cells, name, book.datemode == 1


class _Silence:
    """xlrd writes what it finds odd to a file."""

    def write(self, text: str) -> None:
        """Leave it unsaid."""


def _xls_value(cell: xlrd.sheet.Cell, datemode: int) -> object:
    if cell.ctype == xlrd.XL_CELL_DATE:
        moment = from_excel(cell.value, CALENDAR_MAC_1904) if datemode else from_excel(cell.value)
        return moment.replace(microsecond=0) if isinstance(moment, datetime) else moment
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return error_text_from_code.get(cell.value, "#ERROR")
    return cell.value


def _dated_from_1904(cells: Rows, form: TableForm, wanted: list[str], dates: list[str]) -> Rows:
    """Return the cells with plain numbers in columns of dates as the dates that they stand for in this workbook."""
    header, skipped = _header(cells, form, wanted)
    columns = {position for position, name in enumerate(header) if name in dates}
    first, last = SERIAL_DAYS
    return [
        [
            from_excel(value, CALENDAR_MAC_1904)
            if at in columns and number >= skipped and type(value) in (int, float) and first <= value <= last  # type: ignore[operator]
            else value
            for at, value in enumerate(row)
        ]
        for number, row in enumerate(cells)
    ]


def _header(cells: Rows, form: TableForm, wanted: list[str]) -> tuple[list[str], int]:
    """Return the column names and how many rows lie before the first row of data."""
    if form.header is not None:
        return form.header, 0
    first = form.header_row or find_header([[cell_text(value) for value in row] for row in cells[:20]], wanted)
    return [cell_text(value).strip() for value in (cells[first - 1] if len(cells) >= first else ())], first


def _rows(cells: Rows, form: TableForm, wanted: list[str], file: str) -> tuple[pd.DataFrame, np.ndarray]:
    header, skipped = _header(cells, form, wanted)
    if not any(header):
        raise SourceError("empty_file", "{file} is empty: it has no header and no rows.", file=file)
    width = max(position for position, name in enumerate(header, start=1) if name)
    header = unique_names(list(header[:width]))
    padded = [(*row[:width], *(None,) * (width - len(row))) for row in cells[skipped:]]
    body = pd.DataFrame(padded, columns=range(width), dtype=object)
    frame = pd.DataFrame({name: body[position].map(cell_text).astype("str") for position, name in enumerate(header)})
    filled = (frame != "").any(axis=1).to_numpy(bool) if len(frame) else np.zeros(0, bool)
    return frame[filled].reset_index(drop=True), (np.arange(len(frame)) + skipped + 1)[filled]


def _cut_columns(cells: Rows, frame: pd.DataFrame, rows: np.ndarray) -> dict[str, int]:
    """Return the columns in which a whole number has more digits than a spreadsheet keeps, and the first such row."""
    found: dict[str, int] = {}
    names, first = list(frame.columns), int(rows[0]) if len(rows) else len(cells) + 1
    for number, row in enumerate(cells[first - 1 :], start=first):
        for name, value in zip(names, row, strict=False):
            if type(value) in (int, float) and abs(value) >= CERTAIN_DIGITS:  # type: ignore[arg-type]
                found.setdefault(str(name), number)
    return found
