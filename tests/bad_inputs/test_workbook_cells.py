"""Bad inputs: cells of a workbook that do not say what they seem to."""

import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from riskmap.layers.areas import create_area
from riskmap.layers.incidents import read_events
from riskmap.study import Study
from tests.bad_inputs.given import COLUMNS, HEADER, fates, recipe, take

DAY = date(2024, 1, 2)
PLACE = [104.50012, 30.50012, None]


def workbook(path: Path, *rows: list[object], header: str = HEADER) -> Path:
    book = Workbook()
    for row in [header.split(","), *rows]:
        book.active.append(row)
    book.save(path)
    return path


def with_sheet(path: Path, old: str, new: str, part: str = "xl/worksheets/sheet1.xml") -> Path:
    """Replace text in one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    # How an empty element is written depends on the library behind openpyxl.
    old = old if old.encode() in parts[part] else old.replace("<v />", "<v></v>")
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


FORMULAS = [
    ["A1", DAY, *PLACE, "=0-1", None],
    ['="A"&2', DAY, *PLACE, 1, None],
    ["A3", DAY, "=100+4.50012", 30.50012, None, 1, None],
    ["A4", DAY, *PLACE, 1, "=1+1"],
    ["A5", DAY, *PLACE, 1, None],
    ["A6", "=DATE(2024,1,2)", *PLACE, 1, None],
]


@pytest.mark.parametrize("remark", [None, "#N/A"], ids=["fast reading", "careful reading"])
def test_a_formula_that_was_never_computed_is_no_blank(square_area: Study, tmp_path: Path, remark: str | None) -> None:
    receipt = take(square_area, workbook(tmp_path / "a.xlsx", *FORMULAS, ["A7", DAY, *PLACE, 1, remark]))
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (7, 3, 4)
    assert fates(receipt) == [(row, "formula_uncomputed", "quarantined") for row in (2, 3, 4, 7)]
    assert [(line["column"], line["original"]) for line in receipt.rows] == [
        ("计数", "=0-1"),
        ("案号", '="A"&2'),
        ("经度", "=100+4.50012"),
        ("时间", "=DATE(2024,1,2)"),
    ]
    assert "never computed (=0-1)" in receipt.rows[0]["message_en"]
    assert "公式" in receipt.rows[0]["message_zh"]
    assert sorted(read_events(square_area, "cases")["id"]) == ["A4", "A5", "A7"]


def test_a_formula_in_a_column_that_chooses_rows_is_in_doubt(square_area: Study, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        ["A1", DAY, *PLACE, 1, '="毒"&"品"'],
        ["A2", DAY, *PLACE, 1, "盗窃"],
        ["A3", DAY, *PLACE, 1, "毒品"],
    )
    receipt = take(square_area, path, recipe(keep={"备注": "毒品"}))
    assert (receipt.accepted, receipt.quarantined, receipt.data["not_selected"]) == (1, 1, 1)
    assert fates(receipt) == [(2, "formula_uncomputed", "quarantined")]


def test_a_formula_that_was_computed_is_its_value(square_area: Study, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["A1", DAY, *PLACE, "=2-1", '=""'])
    with_sheet(path, "<f>2-1</f><v />", "<f>2-1</f><v>1</v>")
    with_sheet(path, '<c r="G2"><f>""</f><v />', '<c r="G2" t="str"><f>""</f><v></v>')
    receipt = take(square_area, path)
    assert (receipt.accepted, receipt.rows) == (1, [])


def test_a_zero_is_no_value_where_the_workbook_is_still_to_be_computed(square_area: Study, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["A1", DAY, "=100+4.50012", 30.50012, None, 1, None])
    with_sheet(path, "<f>100+4.50012</f><v />", "<f>100+4.50012</f><v>0</v>")
    assert fates(take(square_area, path)) == [(2, "formula_uncomputed", "quarantined")]
    with_sheet(path, 'fullCalcOnLoad="1"', "", "xl/workbook.xml")
    assert fates(take(square_area, path)) == [(2, "outside_area", "quarantined")]


def test_the_formula_of_a_totals_row_says_nothing_of_records(square_area: Study, tmp_path: Path) -> None:
    rows = [["A1", DAY, *PLACE, 1, None], ["合计", None, None, None, None, "=SUM(F2:F2)", None]]
    receipt = take(square_area, workbook(tmp_path / "a.xlsx", *rows))
    assert (receipt.accepted, fates(receipt)) == (1, [(3, "totals_row", "rejected")])


@pytest.mark.parametrize("dates", [{}, {"occurred": "%Y.%m"}])
def test_a_month_stored_as_a_number_is_january_or_october(
    home: Path, square_file: Path, tmp_path: Path, dates: dict[str, str]
) -> None:
    study = create_area(home, "months", square_file, resolution=8, period="month", timezone="Asia/Shanghai")
    months = [2024.01, 2024.10, 2024.11, 2024.12, "2024.10"]
    rows = [[f"A{number}", month, *PLACE, 1, 2024.1] for number, month in enumerate(months)]
    path = workbook(tmp_path / "a.xlsx", *rows)
    receipt = take(study, path, recipe(dates=dates))
    assert (receipt.read, receipt.accepted) == (5, 4)
    (kept_aside,) = [entry for entry in receipt.rows if entry["rule"] != "value_read"]
    assert (kept_aside["row"], kept_aside["rule"], kept_aside["fate"]) == (3, "date_year_month", "quarantined")
    assert receipt.repaired == (0 if dates else 4)  # read by the declared form, or told apart and said
    assert kept_aside["column"] == COLUMNS["occurred"]
    assert "2024.1 in column 时间 may be January or October" in kept_aside["message_en"]
    assert "10 月" in kept_aside["message_zh"]
    assert list(read_events(study, "cases")["occurred_from"].astype("str").str[:7]) == [
        "2024-01", "2024-11", "2024-12", "2024-10",
    ]  # fmt: skip
