"""Bad inputs: line ends, blank lines and separators of text tables."""

import gzip
from pathlib import Path

import pytest

from riskmap.layers.incidents import read_events
from riskmap.study import Study
from tests.bad_inputs.given import GOOD, HEADER, fates, only_line, only_refusal, recipe, take, write

SECOND = GOOD.replace("A1", "A2")
BAD = GOOD.replace("A1", "A3").replace("2024-01-02 10:00", "soon")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("other", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_lines_may_end_in_several_ways(square_area: Study, tmp_path: Path, end: str, other: str, encoding: str) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(f"{HEADER}{end}{GOOD}{other}{SECOND}{end}{BAD}{end}".encode(encoding))
    receipt = take(square_area, path)
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (3, 2, 1)
    assert sorted(read_events(square_area, "cases")["id"]) == ["A1", "A2"]
    line = only_line(receipt)
    assert (line["rule"], line["original"]) == ("date_unreadable", "soon")


def test_a_lone_return_inside_quotes_is_text(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, f'{GOOD}"one\rtwo"', SECOND))
    assert (receipt.read, receipt.accepted, receipt.rows) == (2, 2, [])


def test_rows_of_another_encoding_are_found_behind_lone_returns(square_area: Study, tmp_path: Path) -> None:
    rows = [f"{GOOD.replace('A1', f'B{number}')}锦江区" for number in range(8)]
    path = tmp_path / "cases.csv"
    path.write_bytes("\r".join([HEADER, *rows]).encode() + b"\n" + f"{SECOND}锦江区\n".encode("gbk"))
    receipt = take(square_area, path)
    assert (receipt.read, receipt.accepted) == (9, 8)
    assert fates(receipt) == [(10, "encoding_mixed", "quarantined")]


@pytest.mark.parametrize("remark", ["", '"two\nlines"'], ids=["quick reading", "careful reading"])
@pytest.mark.parametrize("blank", ["", ",,,,,,", "  ,,, ,,,", "   "])
def test_wholly_blank_lines_are_no_rows(square_area: Study, tmp_path: Path, remark: str, blank: str) -> None:
    receipt = take(square_area, write(tmp_path, GOOD + remark, blank, SECOND, BAD, blank, blank))
    assert (receipt.read, receipt.accepted) == (3, 2)
    assert fates(receipt) == [(6 if remark else 5, "date_unreadable", "quarantined")]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_a_tsv_is_read_by_its_real_separator(square_area: Study, tmp_path: Path, separator: str) -> None:
    header, row = (text.replace(",", separator) for text in (HEADER, GOOD))
    receipt = take(square_area, write(tmp_path, row, name="cases.tsv", header=header))
    assert (receipt.accepted, receipt.rows) == (1, [])


@pytest.mark.parametrize("name", ["a.geojson.gz", "a.json.gz", "a.xlsx.gz"])
def test_what_is_no_text_is_not_read_from_gzip(square_area: Study, tmp_path: Path, name: str) -> None:
    content = b'{"type": "FeatureCollection", "features": []}' if "json" in name else b"PK\x03\x04..."
    (tmp_path / name).write_bytes(gzip.compress(content))
    refused = only_refusal(take(square_area, tmp_path / name, recipe()))
    assert refused["rule"] == "gzip_kind"
    assert f"unpack it and send {name.removesuffix('.gz')} as it is" in refused["message_en"]
    assert "解压" in refused["message_zh"]
