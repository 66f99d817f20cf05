"""Bad inputs: encodings, byte order marks, quotes, headers and ids that a spreadsheet cut."""

from datetime import date, datetime
from pathlib import Path

import geopandas as gpd
import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from shapely.geometry import box

from riskmap.layers.incidents import read_events
from riskmap.layers.store import read_layer
from riskmap.sources.files import read_shapes
from riskmap.study import Study
from tests.bad_inputs.given import COLUMNS, GOOD, HEADER, fates, only_line, only_refusal, recipe, take, write

NAMED = "A2,2024-01-03,104.50012,30.50012,510100,1,锦江区"


def encodings(receipt: object) -> list[str]:
    return [entry["encoding"] for entry in receipt.data["files"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
def test_a_gbk_file_is_read_and_its_encoding_is_told(square_area: Study, tmp_path: Path, encoding: str) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, NAMED, encoding=encoding))
    assert (receipt.read, receipt.accepted, receipt.rows) == (2, 2, [])
    assert encodings(receipt) == ["gb18030"]


def test_a_byte_order_mark_is_taken_off(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, encoding="utf-8-sig"))
    assert (receipt.accepted, encodings(receipt)) == (1, ["utf-8"])


@pytest.mark.parametrize(("header", "line"), [("gbk", 1), ("utf-8", 2)])
def test_a_utf_8_mark_before_other_text_is_refused(square_area: Study, tmp_path: Path, header: str, line: int) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\n".encode(header) + f"{NAMED}\n{NAMED}\n".encode("gbk"))
    refused = only_refusal(take(square_area, path))
    assert refused["rule"] == "encoding"
    assert f"the mark of UTF-8 (BOM), but its text is not UTF-8 from line {line} on" in refused["message_en"]
    assert f"从第 {line} 行起并非 UTF-8" in refused["message_zh"]


def test_a_single_byte_encoding_is_never_assumed(square_area: Study, tmp_path: Path) -> None:
    header = "case,occurred,lon,lat,note"
    form = recipe(columns={"case_id": "case", "occurred": "occurred", "lon": "lon", "lat": "lat"})
    path = write(tmp_path, "A1,2024-01-02,104.50012,30.50012,caf\xe9 x", header=header, encoding="latin-1")
    refused = only_refusal(take(square_area, path, form))
    assert refused["rule"] == "encoding"
    assert "cases.csv is not valid utf-8 / gb18030 (line 2)" in refused["message_en"]
    assert "编码" in refused["message_zh"]


def test_a_header_that_does_not_match_is_asked_about(square_area: Study, tmp_path: Path) -> None:
    refused = only_refusal(
        take(square_area, write(tmp_path, GOOD, header=HEADER.replace("案号", "编码"), encoding="gbk"))
    )
    assert refused["rule"] == "missing_column"
    assert "no column '案号'; its columns are 编码, 时间" in refused["message_en"]
    assert "案号" in refused["message_zh"]


@pytest.mark.parametrize(("most", "stray"), [("utf-8", "gbk"), ("gbk", "utf-8")])
def test_rows_of_another_encoding_are_quarantined(square_area: Study, tmp_path: Path, most: str, stray: str) -> None:
    path = write(tmp_path, *[NAMED.replace("A2", f"B{n}") for n in range(8)], encoding=most)
    path.write_bytes(path.read_bytes() + (NAMED + "\n").encode(stray))
    receipt = take(square_area, path)
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (9, 8, 1)
    assert fates(receipt) == [(10, "encoding_mixed", "quarantined")]
    line = only_line(receipt)
    assert line["original"].startswith("A2,2024-01-03,104.50012,30.50012,510100,1,\\x")
    assert "not of the file's encoding" in line["message_en"]
    assert "编码" in line["message_zh"]


def test_a_file_of_no_encoding_is_refused(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.write_bytes(b"\x81\xff,\x81\xff\n\xff\xff,\xff\n")
    refused = only_refusal(take(square_area, path))
    assert refused["rule"] == "encoding"
    assert "(line 1)" in refused["message_en"]
    assert "第 1 行" in refused["message_zh"]


def test_quotes_delimiters_and_line_breaks_inside_cells_are_text(square_area: Study, tmp_path: Path) -> None:
    rows = [f'{GOOD}"one,\ntwo ""quoted"""', 'A2,"2024-01-03",104.50012,30.50012,510100,1,']
    receipt = take(square_area, write(tmp_path, *rows))
    assert (receipt.read, receipt.accepted, receipt.rows) == (2, 2, [])


def test_a_row_of_other_width_is_rejected_with_its_line(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, "A2,2024-01-03,104.5"))
    assert fates(receipt) == [(3, "field_count", "rejected")]
    assert "A2,2024-01-03,104.5" in only_line(receipt)["message_en"]
    assert "A2,2024-01-03,104.5" in only_line(receipt)["message_zh"]


def test_a_header_on_row_3_is_found_and_rows_keep_their_numbers(square_area: Study, tmp_path: Path) -> None:
    rows = ["单位：公安局,,,,,,", HEADER, GOOD, "A2,,104.50012,30.50012,,1,"]
    path = write(tmp_path, *rows, header="2024年案件统计表,,,,,,")
    receipt = take(square_area, path)
    assert (receipt.read, receipt.accepted) == (2, 1)
    assert fates(receipt) == [(5, "date_blank", "quarantined")]


def workbook(path: Path, *rows: list[object], from_1904: bool = False, merged: tuple[str, ...] = ()) -> Path:
    book = Workbook()
    if from_1904:
        book.epoch = CALENDAR_MAC_1904
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(path)
    return path


def test_a_workbook_with_merged_cells_above_its_header_is_read(square_area: Study, tmp_path: Path) -> None:
    rows = [
        ["2024年案件统计表"],
        ["单位：公安局", None, None, "制表"],
        [*HEADER.split(","), None],
        ["A1", datetime(2024, 1, 2, 10), 104.50012, 30.50012, 510100, 1, "甲"],
        ["合计", None, None, None, None, 1, None],
    ]
    receipt = take(square_area, workbook(tmp_path / "cases.xlsx", *rows, merged=("A1:G1", "G3:H3")))
    assert (receipt.read, receipt.accepted, receipt.rejected) == (2, 1, 1)
    assert fates(receipt) == [(5, "totals_row", "rejected")]
    assert "合计" in only_line(receipt)["message_zh"]
    assert "total of other rows" in only_line(receipt)["message_en"]


def test_dates_of_a_workbook_that_counts_from_1904_are_those_that_it_shows(square_area: Study, tmp_path: Path) -> None:
    rows = [
        HEADER.split(","),
        ["A1", date(2024, 1, 2), 104.50012, 30.50012, None, 1, None],
        # 43831 days after 1904-01-01 is 2024-01-02; counted from 1900 it would be 2020.
        ["A2", 43831, 104.50012, 30.50012, None, 1, None],
    ]
    receipt = take(square_area, workbook(tmp_path / "cases.xlsx", *rows, from_1904=True))
    assert (receipt.accepted, receipt.rows) == (2, [])
    assert set(read_events(square_area, "cases")["occurred_from"].astype("str").str[:10]) == {"2024-01-02"}


def test_an_error_value_of_a_workbook_is_no_blank(square_area: Study, tmp_path: Path) -> None:
    rows = [HEADER.split(","), ["A1", date(2024, 1, 2), 104.50012, 30.50012, None, "#N/A", None]]
    receipt = take(square_area, workbook(tmp_path / "cases.xlsx", *rows))
    assert (receipt.accepted, receipt.quarantined) == (0, 1)
    assert only_line(receipt)["original"] == "#N/A"


def test_ids_stored_as_numbers_of_18_digits_refuse_the_workbook(square_area: Study, tmp_path: Path) -> None:
    rows = [
        HEADER.split(","),
        ["A1", date(2024, 1, 2), 104.50012, 30.50012, None, 1, None],
        [110000202401000123.0, date(2024, 1, 2), 104.50012, 30.50012, None, 1, None],
    ]
    refused = only_refusal(take(square_area, workbook(tmp_path / "cases.xlsx", *rows)))
    assert refused["rule"] == "id_cut_by_spreadsheet"
    assert "Column 案号 of cases.xlsx holds ids whose last digits" in refused["message_en"]
    assert "first in row 3" in refused["message_en"]
    assert "首见于第 3 行" in refused["message_zh"]


def test_ids_of_18_digits_that_end_in_zeros_refuse_the_csv(square_area: Study, tmp_path: Path) -> None:
    cut = [GOOD.replace("A1", f"1100002024010{number}000") for number in ("01", "02")]
    refused = only_refusal(take(square_area, write(tmp_path, GOOD, *cut)))
    assert refused["rule"] == "id_cut_by_spreadsheet"
    assert "first in row 3" in refused["message_en"]
    assert "电子表格" in refused["message_zh"]
    assert COLUMNS["case_id"] in refused["message_zh"]


def test_ids_of_18_digits_as_text_are_kept_whole(square_area: Study, tmp_path: Path) -> None:
    whole = [GOOD.replace("A1", f"1100002024010{number}") for number in ("01000", "01001")]
    take(square_area, write(tmp_path, *whole))
    assert sorted(read_events(square_area, "cases")["id"]) == ["110000202401001000", "110000202401001001"]


def shapefile(folder: Path, encoding: str, name: str, mark: int = 0) -> Path:
    """Write a Shapefile of one county without .cpg, whose .dbf has `mark` where it may name its encoding."""
    frame = gpd.GeoDataFrame({"code": ["510104"], "name": [name]}, geometry=[box(104.1, 30.1, 104.3, 30.3)], crs=4326)
    frame.to_file(folder / "areas.shp", encoding=encoding)
    (folder / "areas.cpg").unlink()
    dbf = bytearray((folder / "areas.dbf").read_bytes())
    dbf[29] = mark
    (folder / "areas.dbf").write_bytes(dbf)
    return folder / "areas.shp"


AREAS = {
    "layer": "areas",
    "crs": None,
    "columns": {"area_code": "code", "name_zh": "name"},
    "constants": {"level": "county"},
}


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", 0), ("gb18030", 0), ("gb18030", 0x03), ("gb18030", 0x57)])
def test_a_shapefile_without_cpg_is_utf_8_or_gb18030(
    square_area: Study, tmp_path: Path, encoding: str, mark: int
) -> None:
    receipt = take(square_area, shapefile(tmp_path, encoding, "锦江区", mark), recipe(**AREAS))
    assert (receipt.accepted, receipt.rows, encodings(receipt)) == (1, [], [encoding])
    assert list(read_layer(square_area, "areas")["name_zh"]) == ["锦江区"]


def test_a_shapefile_of_no_such_encoding_is_refused(square_area: Study, tmp_path: Path) -> None:
    path = shapefile(tmp_path, "ISO-8859-1", "caf\xe9 x")
    refused = only_refusal(take(square_area, path, recipe(**AREAS)))
    assert refused["rule"] == "encoding"
    assert "areas.shp are not valid utf-8 / gb18030" in refused["message_en"]
    assert "编码" in refused["message_zh"]
    receipt = take(square_area, path, recipe(**AREAS, encoding="latin-1"))
    assert (receipt.accepted, encodings(receipt)) == (1, ["latin-1"])


@pytest.mark.parametrize(
    ("cpg", "written", "read"),
    [
        ("936", "gb18030", "gbk"),
        ("ANSI 936", "gb18030", "gbk"),
        ("Big5", "big5", "big5"),
        ("UTF-8", "gb18030", "gb18030"),
        ("GBK", "utf-8", "utf-8"),
        ("klingon", "gb18030", "gb18030"),
    ],
)
def test_the_encoding_that_a_shapefile_names_holds_where_it_fits(
    square_area: Study, tmp_path: Path, cpg: str, written: str, read: str
) -> None:
    path = shapefile(tmp_path, "utf-8", "錦江區")
    texts = (tmp_path / "areas.dbf").read_bytes()
    (tmp_path / "areas.dbf").write_bytes(texts.replace("錦江區   ".encode(), "錦江區".encode(written).ljust(12)))
    (tmp_path / "areas.cpg").write_text(cpg)
    receipt = take(square_area, path, recipe(**AREAS))
    assert encodings(receipt) == [read]
    assert list(read_layer(square_area, "areas")["name_zh"]) == ["錦江區"]


def test_shapes_alone_need_no_encoding(tmp_path: Path) -> None:
    shapes = read_shapes(shapefile(tmp_path, "ISO-8859-1", "caf\xe9 x"))
    assert shapes is not None
    assert len(shapes) == 1
