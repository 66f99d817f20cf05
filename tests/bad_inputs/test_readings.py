"""What is read otherwise than it is written stands in the receipt: row by row, or as a number where there are many."""

from pathlib import Path

import pytest

from riskmap.layers import readings
from riskmap.layers.store import read_layer
from riskmap.study import Study
from tests.bad_inputs.given import GOOD, only_line, recipe, take, write

DATES = [
    ("2023年3月5日", "2023-03-05"),
    ("2023.3.5", "2023-03-05"),
    ("20230305", "2023-03-05"),
    ("44990", "2023-03-05"),
    ("二〇二三年三月五日", "2023-03-05"),
    ("２０２３－０３－０５", "2023-03-05"),
]


@pytest.mark.parametrize(("written", "read"), DATES)
def test_a_date_in_another_form_is_logged(square_area: Study, tmp_path: Path, written: str, read: str) -> None:
    receipt = take(square_area, write(tmp_path, f"A1,{written},104.50012,30.50012,,1,"))
    line = only_line(receipt)
    assert (line["rule"], line["fate"], line["column"], receipt.repaired) == ("value_read", "repaired", "时间", 1)
    assert (line["original"], line["repaired"]) == (written, read)


@pytest.mark.parametrize("written", ["2023-03-05", "2023/3/5", "2023-03-05 10:20", "2023-03-05T10:20:30+08:00"])
def test_a_plain_date_is_no_repair(square_area: Study, tmp_path: Path, written: str) -> None:
    receipt = take(square_area, write(tmp_path, f"A1,{written},104.50012,30.50012,,1,"))
    assert (receipt.accepted, receipt.repaired, receipt.rows) == (1, 0, [])


@pytest.mark.parametrize("written", ["E104.50012", "１０４.５００１２", "104°30′0.432″", "104.50012°"])
def test_degrees_in_another_form_are_logged(square_area: Study, tmp_path: Path, written: str) -> None:
    receipt = take(square_area, write(tmp_path, f'A1,2024-01-02,"{written}",30.50012,,1,'))
    line = only_line(receipt)
    assert (line["rule"], line["column"], line["original"], line["repaired"]) == (
        "value_read",
        "经度",
        written,
        "104.50012",
    )
    assert read_layer(square_area, "cases")["x_original"].tolist() == [written]


@pytest.mark.parametrize(("written", "read"), [("1.2万", "12000"), ("１２０", "120"), ('"1,200"', "1200")])
def test_a_number_in_another_form_is_logged(square_area: Study, tmp_path: Path, written: str, read: str) -> None:
    columns = {"area_code": "区划", "residents": "人口"}
    form = recipe(layer="population", columns=columns, constants={}, crs=None)
    receipt = take(square_area, write(tmp_path, f"510104,{written}", header="区划,人口"), form)
    line = only_line(receipt)
    assert (line["rule"], line["column"], line["repaired"], receipt.repaired) == ("value_read", "人口", read, 1)


def test_a_code_in_full_width_digits_is_logged(square_area: Study, tmp_path: Path) -> None:
    line = only_line(take(square_area, write(tmp_path, GOOD.replace("510100", "５１０１００"))))
    assert (line["rule"], line["column"], line["repaired"]) == ("value_read", "区划", "510100")


def test_many_values_in_another_form_are_counted_in_one_sentence(
    square_area: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "MOST_LISTED", 2)
    rows = [f"A{n},2024年1月{n}日,104.50012,30.50012,,1," for n in range(1, 5)]
    receipt = take(square_area, write(tmp_path, *rows, "A9,2024年1月9日,120.5,30.5,,1,"))
    assert (receipt.accepted, receipt.repaired) == (4, 4)
    (said,) = [note["en"] for note in receipt.notes if "not written plainly" in note["en"]]
    assert said.startswith("5 values of column 时间 are not written plainly")
    assert said.endswith("the first, 2024年1月1日, as 2024-01-01.")


def test_dates_of_a_declared_form_are_no_repairs(square_area: Study, tmp_path: Path) -> None:
    form = recipe(dates={"occurred": "%Y年%m月%d日"})
    receipt = take(square_area, write(tmp_path, "A1,2024年01月02日,104.50012,30.50012,,1,"), form)
    assert (receipt.accepted, receipt.rows) == (1, [])
