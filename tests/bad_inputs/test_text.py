"""The section "Text" but for encodings and header rows, and personal numbers in text: one test a case."""

import csv
import json
from html import unescape
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import pandas as pd
import pytest
from openpyxl import load_workbook

from riskmap.decisions.workbook import write_workbook
from riskmap.layers.corrections import quarantine_table
from riskmap.layers.folders import read_quarantine
from riskmap.layers.incidents import read_events
from riskmap.layers.store import read_layer
from riskmap.sources.recipe import Recipe
from riskmap.study import Study
from riskmap.surface.export import export_table, write_export
from tests.bad_inputs.given import COLUMNS, GOOD, HEADER, fates, only_line, only_refusal, recipe, take, write

PLACE = "104.50012,30.50012"
ATTACK = "=cmd|' /C calc'!A0"
MARKUP = "<img onerror=alert(1)>"


def seizures() -> Recipe:
    """A recipe of seizures with an amount in grams."""
    columns = {
        "seizure_id": "编号",
        "seized": "时间",
        "amount_g": "重量",
        "place_type": "场所",
        "lon": "经度",
        "lat": "纬度",
    }
    return recipe(layer="seizures", columns=columns, constants={"substance": "methamphetamine"})


def weighed(tmp_path: Path, *weights: str) -> Path:
    rows = [f'S{number},2024-01-02,"{text}",路边,{PLACE}' for number, text in enumerate(weights, start=1)]
    return write(tmp_path, *rows, header="编号,时间,重量,场所,经度,纬度")


def sites() -> Recipe:
    """A recipe of sites with a Chinese name."""
    columns = {"site_id": "编号", "name_zh": "名称", "lon": "经度", "lat": "纬度"}
    return recipe(layer="sites", columns=columns, constants={"kind": "warehouse"})


def test_full_width_digits_and_commas_in_codes_and_numbers_are_read(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, weighed(tmp_path, "１，２３４．５", "1,234.5", "１２"), seizures())
    assert (receipt.accepted, receipt.repaired) == (3, 3)
    assert [line["repaired"] for line in receipt.rows] == ["1234.5", "1234.5", "12"]
    rows = read_layer(square_area, "seizures").sort_values("seizure_id")
    assert rows["amount_g"].tolist() == [1234.5, 1234.5, 12.0]
    assert (
        take(square_area, write(tmp_path, GOOD.replace("A1", "Ａ１").replace("510100", "５１０１００"))).accepted == 1
    )
    event = read_events(square_area, "cases").iloc[0]
    assert (event["id"], event["area_code"]) == ("A1", "510100")


def test_names_are_kept_as_they_are_written(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, f"W1,（西区）１号仓库　ＡＢ,{PLACE}", header="编号,名称,经度,纬度")
    assert take(square_area, path, sites()).accepted == 1
    assert read_layer(square_area, "sites")["name_zh"].tolist() == ["（西区）１号仓库　ＡＢ"]


def test_ten_thousands_are_read(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, weighed(tmp_path, "1.2万", "3万", "0.5亿"), seizures())
    assert (receipt.accepted, receipt.repaired) == (3, 3)
    assert [(line["rule"], line["repaired"]) for line in receipt.rows] == [
        ("value_read", "12000"),
        ("value_read", "30000"),
        ("value_read", "50000000"),
    ]
    rows = read_layer(square_area, "seizures").sort_values("seizure_id")
    assert rows["amount_g"].tolist() == [12_000.0, 30_000.0, 5e7]


@pytest.mark.parametrize("text", ["约30", "30左右", "30-40", "1,5", "12,34", "三十", "30克"])
def test_numbers_that_need_a_guess_are_kept_aside(square_area: Study, tmp_path: Path, text: str) -> None:
    line = only_line(take(square_area, weighed(tmp_path, "30", text), seizures()))
    assert (line["row"], line["column"], line["original"]) == (3, "重量", text)
    assert (line["rule"], line["fate"]) == ("number_unreadable", "quarantined")
    assert f"{text} in column 重量 is no number that can be read without a guess" in line["message_en"]
    assert text in line["message_zh"]


def test_quotes_and_line_breaks_inside_cells_are_part_of_them(square_area: Study, tmp_path: Path) -> None:
    cell = '"第一行\n第二行，""引号"",逗号"'
    path = write(tmp_path, f"W1,{cell},{PLACE}", f"W2,平常,{PLACE}", header="编号,名称,经度,纬度")
    receipt = take(square_area, path, sites())
    assert (receipt.read, receipt.accepted) == (2, 2)
    names = read_layer(square_area, "sites").sort_values("site_id")["name_zh"].tolist()
    assert names == ['第一行\n第二行，"引号",逗号', "平常"]


@pytest.mark.parametrize("word", ["合计", "总 计", "TOTAL", "Total", "小计"])
def test_rows_of_totals_are_rejected_by_name(square_area: Study, tmp_path: Path, word: str) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, f"{word},,,,,1,"))
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"], line["original"]) == (3, "totals_row", "rejected", word)
    assert (receipt.read, receipt.accepted, receipt.rejected) == (2, 1, 1)
    assert f"total of other rows ({word})" in line["message_en"]
    assert "合计行" in line["message_zh"]


def attacked(study: Study, tmp_path: Path) -> None:
    """Import one case whose id is a formula and whose area is markup."""
    assert take(study, write(tmp_path, f'"{ATTACK}",2024-01-02,{PLACE},{MARKUP},1,')).accepted == 1


def test_formulas_and_markup_are_stored_as_they_are(square_area: Study, tmp_path: Path) -> None:
    attacked(square_area, tmp_path)
    row = read_layer(square_area, "cases").iloc[0]
    assert (row["case_id"], row["area_code"]) == (ATTACK, MARKUP)


def test_formulas_leave_as_text_in_csv_and_excel(square_area: Study, tmp_path: Path) -> None:
    attacked(square_area, tmp_path)
    table = export_table(square_area, "cases")
    assert write_export(table, tmp_path / "out.csv", "csv", _workbook) == []
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["case_id"], row["area_code"]) == ("'" + ATTACK, MARKUP)
    assert write_export(table, tmp_path / "out.xlsx", "xlsx", _workbook) == []
    cells = [cell for line in load_workbook(tmp_path / "out.xlsx")["list"].iter_rows() for cell in line]
    (cell,) = [cell for cell in cells if cell.value == ATTACK]
    assert cell.data_type == "s"


def _workbook(path: Path, table: pd.DataFrame) -> None:
    write_workbook(path, table, {}, "")


# GB 11643-1999, annex; Visa's number for trials.
NUMBERS = {
    "identity number": "11010519491231002X",
    "old identity number": "110105491231002",
    "identity number in full width": "１１０１０５１９４９１２３１００２Ｘ",
    "identity number with blanks": "110105 19491231 002X",
    "mobile number": "13912345678",
    "mobile number with hyphens": "139-1234-5678",
    "plate": "川A12345",
    "plate with a dot": "川A·12345",
    "plate of a new-energy car": "川AD12345",
    "bank card": "4111 1111 1111 1111",
}


@pytest.mark.parametrize("case", NUMBERS)
def test_personal_numbers_in_free_text_reach_no_file(square_area: Study, tmp_path: Path, case: str) -> None:
    number = NUMBERS[case]
    path = write(
        tmp_path, f"W1,库房（见{number}）,{PLACE}", f"W2,库房（见{number}）,110,30", header="编号,名称,经度,纬度"
    )
    receipt = take(square_area, path, sites())
    assert sorted(fates(receipt)) == [
        (2, "personal_number_masked", "repaired"),
        (3, "outside_area", "quarantined"),
    ]
    masked = receipt.rows[0]
    assert "was masked before anything was written" in masked["message_en"]
    assert "已遮盖" in masked["message_zh"]
    assert read_layer(square_area, "sites")["name_zh"].tolist() == ["库房（见***）"]
    assert json.loads(read_quarantine(square_area, "sites")["content"][0])["名称"] == "库房（见***）"
    for file in square_area.folder.rglob("*"):
        assert not file.is_file() or number.encode() not in file.read_bytes(), file


def test_personal_columns_are_dropped_with_a_notice(square_area: Study, tmp_path: Path) -> None:
    header = HEADER.replace("备注", "嫌疑人姓名,车牌号")
    receipt = take(square_area, write(tmp_path, GOOD + "李四光,川A12345", header=header))
    assert receipt.accepted == 1
    assert any(
        "Personal columns were dropped" in note["en"] and "嫌疑人姓名, 车牌号" in note["en"] for note in receipt.notes
    )
    written = b"".join(file.read_bytes() for file in square_area.folder.rglob("*") if file.is_file())
    assert "李四光".encode() not in written


def test_ids_that_look_like_personal_numbers_are_not_lost(square_area: Study, tmp_path: Path) -> None:
    ids = ["A510107202401050012", "5101072024010500123", "13912345678", *(f"51010720240105{n:04d}" for n in range(40))]
    receipt = take(square_area, write(tmp_path, *(f"{name},2024-01-02,{PLACE},510100,1," for name in ids)))
    assert (receipt.accepted, receipt.repaired) == (43, 0)
    assert sorted(read_layer(square_area, "cases")["case_id"]) == sorted(ids)


def content_of(path: Path) -> bytes:
    """What a file says, unpacked where it is packed."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv().encode()
    if is_zipfile(path):
        with ZipFile(path) as archive:
            # XML may write any letter as its number, and with some libraries does.
            return unescape(b"".join(archive.read(name) for name in archive.namelist()).decode()).encode()
    return path.read_bytes()


@pytest.mark.parametrize("form", ["csv", "xlsx", "geojson", "gpkg", "parquet"])
def test_exports_are_scanned_again_at_the_exit(square_area: Study, tmp_path: Path, form: str) -> None:
    # A layer written before the door knew plates: put in behind its back.
    take(square_area, write(tmp_path, f"W1,库房,{PLACE}", header="编号,名称,经度,纬度"), sites())
    table = export_table(square_area, "sites").assign(name_zh="司机13912345678", 手机="1")
    (dropped, masked) = write_export(table, tmp_path / f"out.{form}", form, _workbook)
    assert dropped.en == "1 values of column 手机 held personal data and were masked or left out of the file."
    assert "name_zh 列有 1 个值含个人信息" in masked.zh
    content = content_of(tmp_path / f"out.{form}")
    assert b"13912345678" not in content
    assert "司机***".encode() in content
    assert table["name_zh"].tolist() == ["司机13912345678"]


def test_a_quote_that_is_not_closed_refuses_the_file(square_area: Study, tmp_path: Path) -> None:
    rows = [GOOD.replace("A1", f"A{number}") for number in range(1, 8)]
    rows[1] += '"oops'
    refused = only_refusal(take(square_area, write(tmp_path, *rows)))
    assert refused["rule"] == "open_quote"
    assert "in row 3" in refused["message_en"]
    assert "第 3 行" in refused["message_zh"]
    # The same where a later quote closes it, or seems to.
    rows[4] += '"note"'
    assert only_refusal(take(square_area, write(tmp_path, *rows)))["rule"] == "open_quote"
    rows[4] = rows[4].removesuffix('"note"') + 'note"'
    assert only_refusal(take(square_area, write(tmp_path, *rows)))["rule"] == "open_quote"


def test_a_line_of_free_text_that_looks_like_little_is_no_row(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + '"first, second\nthird, fourth\nfifth"', GOOD.replace("A1", "A2"))
    receipt = take(square_area, path)
    assert (receipt.read, receipt.accepted, receipt.rows) == (2, 2, [])


def test_more_columns_than_any_table_has_are_refused_at_once(square_area: Study, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("a," * 2_000_000 + "\n")
    assert only_refusal(take(square_area, path))["rule"] == "too_many_columns"


def test_several_sheets_are_asked_about_and_hidden_ones_are_not_read(square_area: Study, tmp_path: Path) -> None:
    path = tmp_path / "months.xlsx"
    row = GOOD.split(",")
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        pd.DataFrame([["A0", *row[1:]]], columns=HEADER.split(",")).to_excel(book, sheet_name="旧", index=False)
        pd.DataFrame([row], columns=HEADER.split(",")).to_excel(book, sheet_name="一月", index=False)
        pd.DataFrame().to_excel(book, sheet_name="空", index=False)
        book.book["旧"].sheet_state = "hidden"
        book.book.active = 1
    assert take(square_area, path).accepted == 1
    assert read_layer(square_area, "cases")["case_id"].tolist() == ["A1"]
    book_of_two = load_workbook(path)
    book_of_two["旧"].sheet_state = "visible"
    book_of_two.save(path)
    refused = only_refusal(take(square_area, path))
    assert (refused["rule"], "旧, 一月" in refused["message_en"]) == ("which_sheet", True)
    assert take(square_area, path, recipe(table={"sheet": "旧"})).accepted == 1


def test_names_of_people_are_kept_nowhere_whatever_the_column_is_called(square_area: Study, tmp_path: Path) -> None:
    headers = ["姓 名", "犯罪嫌疑人", "驾驶员", "姓名（涉案）", "name of suspect", "suspect.name", "姓名", "姓名"]
    header = HEADER + "," + ",".join(headers)
    bad = GOOD.replace("2024-01-02 10:00", "soon")
    rows = [GOOD + "," + ",".join(["赵六七"] * 8), bad + "," + ",".join(["赵六七"] * 8), GOOD + ",赵六七"]
    receipt = take(square_area, write(tmp_path, *rows, header=header))
    assert (receipt.accepted, receipt.quarantined, receipt.rejected) == (1, 1, 1)
    assert "赵六七" not in receipt.to_json()
    kept = [path for path in square_area.folder.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if "赵六七".encode() in path.read_bytes()]
    assert "赵六七" not in read_quarantine(square_area, "cases").to_csv()


def test_a_number_of_a_person_in_a_file_name_is_masked(square_area: Study, tmp_path: Path) -> None:
    bad = GOOD.replace("2024-01-02 10:00", "soon").replace("A1", "A2")
    receipt = take(square_area, write(tmp_path, GOOD, bad, name="11010519491231002X-13812345678.csv"))
    assert receipt.accepted == 1
    for text in (
        receipt.to_json(),
        read_quarantine(square_area, "cases").to_csv(),
        read_layer(square_area, "cases").to_csv(),
    ):
        assert "13812345678" not in text
        assert "11010519491231002X" not in text


def test_ids_that_look_like_mobile_numbers_are_whole_in_the_quarantine(square_area: Study, tmp_path: Path) -> None:
    bad = GOOD.replace("2024-01-02 10:00", "soon")
    rows = [bad.replace("A1", "13812345679"), bad.replace("A1", "13812345680")]
    take(square_area, write(tmp_path, *rows))
    assert quarantine_table(square_area, "cases")["案号"].tolist() == ["13812345679", "13812345680"]


def test_a_file_of_which_no_row_fits_the_header_is_no_accident(square_area: Study, tmp_path: Path) -> None:
    form = recipe(columns={name: column for name, column in COLUMNS.items() if name != "case_id"})
    receipt = take(square_area, write(tmp_path, "one,two", "three"), form)
    assert (receipt.read, receipt.accepted, receipt.rejected) == (2, 0, 2)
