"""Encodings, headers and ids of text tables and workbooks."""

from datetime import datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from riskmap.errors import SourceError
from riskmap.sources.cell_texts import cell_text
from riskmap.sources.cut_ids import refuse_cut_ids
from riskmap.sources.encodings import decode
from riskmap.sources.files import SourceTable, gather_sources, read_file
from riskmap.sources.headers import find_header, unique_names
from riskmap.sources.recipe import Recipe
from riskmap.sources.workbook import _read_careful, _read_fast, read_workbook

CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=30)


def recipe(**changes: object) -> Recipe:
    return Recipe.model_validate({"name": "trial", "layer": "cases", "crs": "WGS84", **changes})


def read(path: Path, content: bytes, **changes: object) -> SourceTable:
    path.write_bytes(content)
    return read_file(path, recipe(**changes))


@given(st.lists(CHINESE, min_size=1), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]))
def test_what_is_written_in_one_encoding_comes_back_whole(lines: list[str], encoding: str) -> None:
    # Two or more common characters: fewer may be valid bytes of both encodings.
    text = "\n".join(["编号,地点,时间,备注", *lines])
    decoded = decode(text.encode(encoding), ["auto"], "a.csv")
    assert decoded.text == text or decoded.strays
    if encoding != "gb18030":
        assert (decoded.text, decoded.strays) == (text, {})


def test_most_lines_decide_the_encoding_and_the_rest_are_strays() -> None:
    raw = "编号\n甲甲\n乙乙\n".encode() + "丙丙丙\n".encode("gbk")
    decoded = decode(raw, ["auto"], "a.csv")
    assert decoded.encoding == "utf-8"
    # GBK has 丙 as B1 FB.
    assert decoded.strays == {4: "\\xb1\\xfb\\xb1\\xfb\\xb1\\xfb"}
    assert decoded.text.splitlines()[:3] == ["编号", "甲甲", "乙乙"]


def test_a_utf8_line_in_a_gbk_file_is_a_stray_even_where_its_bytes_are_valid_gbk() -> None:
    raw = "\n".join(["编号地点"] + ["成都市锦江区"] * 9).encode("gbk") + "\n北京\n".encode()
    assert "北京".encode().decode("gb18030") == "鍖椾含"
    decoded = decode(raw, ["auto"], "a.csv")
    assert (decoded.encoding, list(decoded.strays)) == ("gb18030", [11])


def test_stray_rows_keep_their_line_and_leave_the_frame(tmp_path: Path) -> None:
    good = 'id,名称\n1,甲\n2,"乙\n第二行"\n'.encode()
    stray = 'A,"丙\n丁"\n'.encode("gbk")
    table = read(tmp_path / "a.csv", good + stray + "4,戊\n5,己,6\n".encode())
    assert (list(table.rows), list(table.frame["id"])) == ([2, 3, 7], ["1", "2", "4"])
    assert table.undecodable.to_dict("list") == {"row": [5], "original": ['A,"\\xb1\\xfb \\xb6\\xa1"']}
    assert table.misfits["row"].tolist() == [8]


def test_a_header_of_another_encoding_refuses_the_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.csv is not valid utf-8 \(line 1\)"):
        read(tmp_path / "a.csv", "丙丙丙,乙乙乙\n".encode("gbk") + "甲,乙\n".encode() * 5)


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Encoding 'klingon' is not known"):
        read(tmp_path / "a.csv", b"a\n1\n", encoding="klingon")


def test_the_row_with_most_of_the_names_is_the_header() -> None:
    rows = [["案号 统计"], ["案号", ""], ["案号 ", "时间"], ["案号", "时间"]]
    assert find_header(rows, ["案号", "时间", "地点"]) == 3
    assert find_header(rows, ["other"]) == 1
    assert find_header([], ["案号"]) == 1
    assert find_header([["x"]] * 20 + [["案号"]], ["案号"]) == 1


def test_a_header_with_several_matches_is_found_below_other_delimiters(tmp_path: Path) -> None:
    content = 'Report, 2024, "all"\n\n案号;时间\n1;2024-01-02\n'.encode()
    table = read(tmp_path / "a.csv", content, columns={"case_id": "案号"}, keep={"时间 | 日期": "*"})
    assert table.frame.to_dict("list") == {"案号": ["1"], "时间": ["2024-01-02"]}
    assert list(table.rows) == [4]


def test_a_given_header_row_is_not_searched(tmp_path: Path) -> None:
    content = "a,b\n案号,时间\n".encode()
    table = read(tmp_path / "a.csv", content, columns={"case_id": "案号"}, table={"header_row": 1})
    assert list(table.frame.columns) == ["a", "b"]


def test_names_are_made_unique_by_position() -> None:
    assert unique_names(["a", "a", "", ""]) == ["a", "a (2)", "column (3)", "column (4)"]


CUT = {
    "two ids that end in zeros": (["110000202401001000", "110000202401002000", "B7"], True),
    "one id in three rows": (["110000202401001000"] * 3, True),
    "one id in two rows": (["110000202401001000"] * 2, False),
    "one id that does not": (["110000202401001000", "110000202401002000", "110000202401002001"], False),
    "short ids": (["202401001000", "202401002000"], False),
    "no ids": ([""] * 3, False),
}


@pytest.mark.parametrize("case", CUT)
def test_long_ids_that_all_end_in_zeros_were_cut(case: str) -> None:
    ids, was_cut = CUT[case]
    frame = pd.DataFrame({"案号": pd.Series(ids, dtype="str")})
    form = recipe(columns={"case_id": "案号"})
    if not was_cut:
        refuse_cut_ids(frame, {"other": 1}, np.arange(2, 2 + len(ids)), form, "a.csv")
        return
    with pytest.raises(SourceError, match=r"Column 案号 of a\.csv holds ids .* \(first in row 2\)"):
        refuse_cut_ids(frame, {}, np.arange(2, 2 + len(ids)), form, "a.csv")


def old_workbook(path: Path, *, from_1904: bool = False) -> Path:
    book = xlwt.Workbook()
    book.dates_1904 = from_1904
    sheet = book.add_sheet("表")
    sheet.write(0, 0, "统计表")
    moment = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS")
    for row, values in enumerate([["案号", "时间", "值", "真"], ["A1", datetime(2024, 1, 2, 3, 4, 5), 0.5, True]], 2):
        for column, value in enumerate(values):
            sheet.write(row, column, value, *([moment] if isinstance(value, datetime) else []))
    sheet.row(4).set_cell_error(0, 0x2A)  # #N/A
    book.save(str(path))
    return path


@pytest.mark.parametrize("from_1904", [False, True])
def test_an_old_workbook_gives_texts_as_typed(tmp_path: Path, from_1904: bool) -> None:
    form = recipe(columns={"case_id": "案号", "occurred": "时间"})
    table = read_file(old_workbook(tmp_path / "a.xls", from_1904=from_1904), form)
    assert table.frame.to_dict("list") == {
        "案号": ["A1", "#N/A"],
        "时间": ["2024-01-02 03:04:05", ""],
        "值": ["0.5", ""],
        "真": ["true", ""],
    }
    assert (list(table.rows), table.sheet) == ([4, 5], "表")


def test_an_old_workbook_names_its_sheets(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"has no sheet 'Other'; it has 表"):
        read_file(old_workbook(tmp_path / "a.xls"), recipe(table={"sheet": "Other"}))


def test_an_empty_worksheet_has_no_header(tmp_path: Path) -> None:
    Workbook().save(tmp_path / "a.xlsx")
    with pytest.raises(SourceError, match=r"a\.xlsx is empty: it has no header"):
        read_file(tmp_path / "a.xlsx", recipe())


def test_both_readers_of_workbooks_give_the_same_texts(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    book = Workbook()
    book.active.append(["整数", "小数", "时间", "钟点", "时长", "真假", "文字", "空"])
    for number in range(300):
        moment = datetime(2000, 1, 1) + timedelta(seconds=int(random.integers(0, 10**9)))
        clock = time(int(random.integers(0, 24)), int(random.integers(0, 60)), int(random.integers(0, 60)))
        words = [" 甲 ", "00123", "line\nbreak", "=1+1"][number % 3]
        value = float(np.round(random.normal() * 10.0 ** random.integers(-6, 12), 6))
        book.active.append([int(random.integers(0, 10**12)), value, moment, clock, None, bool(number % 2), words, None])
    book.save(tmp_path / "a.xlsx")
    slow = _read_careful(tmp_path / "a.xlsx", "Sheet")
    fast = _read_fast(tmp_path / "a.xlsx", "Sheet")
    assert [[cell_text(value) for value in row][:7] for row in fast] == [
        [cell_text(value) for value in row][:7] for row in slow
    ]


def test_long_numbers_of_a_workbook_are_told_by_column_and_row(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["a", "b"], [1, "x"], [2, 1e15], [10**17, 1e16]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    sheet = read_workbook(tmp_path / "a.xlsx", recipe().table, [], [], "a.xlsx")
    assert sheet.cut == {"b": 3, "a": 4}


def test_a_folder_stands_for_what_can_be_read_in_it(tmp_path: Path) -> None:
    for name in ("b/2024-02.csv", "a/2024-01.csv", "a/x.shp", "a/x.dbf", "a/x.shx", "a/notes.pdf", "a/.hidden.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = gather_sources([tmp_path, tmp_path / "a" / "x.shp"], recipe(), tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in found] == ["a/2024-01.csv", "a/x.shp", "b/2024-02.csv"]
    assert gather_sources([tmp_path / "b" / "*.csv"], recipe(), tmp_path) == [tmp_path / "b" / "2024-02.csv"]
    assert gather_sources(["none.csv"], recipe(), tmp_path) == [Path("none.csv")]


@pytest.mark.parametrize("source", ["empty", "*.csv"])
def test_a_folder_or_pattern_with_nothing_to_read_is_refused(tmp_path: Path, source: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="There is no file to read in") as refused:
        gather_sources([tmp_path / source], recipe(), tmp_path)
    assert refused.value.rule == "nothing_to_read"
