"""Excel files that hold what they show: no text from data ever becomes a formula."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from riskmap.sources.persons import mask_frame, mask_text


def write_workbook(path: Path, table: pd.DataFrame, about: Mapping[str, object], notice: str) -> dict[str, int]:
    """Write `table` to the first sheet and `about`, a name and a value a row, to the second; personal data masked.

    Parameters
    ----------
    notice
        Shown in the first row of both sheets, such as the mark of simulated data; nothing where it is empty.

    Returns
    -------
    How many values of which column were masked or left out; empty as a rule, because the door masks first.
    """
    table, masked = mask_frame(table)
    workbook = Workbook(write_only=True)
    lead = [[notice]] if notice else []
    _fill(workbook.create_sheet("list"), [*lead, list(table.columns), *table.itertuples(index=False, name=None)])
    _fill(workbook.create_sheet("about"), [*lead, *((key, mask_text(str(value))) for key, value in about.items())])
    workbook.save(path)
    return masked


def _fill(sheet: WriteOnlyWorksheet, rows: list[object]) -> None:
    for row in rows:
        sheet.append([_plain_cell(sheet, value) for value in row])  # type: ignore[attr-defined]


def _plain_cell(sheet: WriteOnlyWorksheet, value: object) -> WriteOnlyCell:
    missing = value is None or value != value
    cell = WriteOnlyCell(sheet, value=None if missing else value)
    if isinstance(value, str) and not missing:
        cell.data_type = "s"  # text stays text even where it begins with '='
    return cell
