"""Section "Identity" of the bad inputs: the same record twice, contradicted, cancelled, linked, or with a spoilt id."""

from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import Point

from riskmap.layers.folders import read_quarantine
from riskmap.layers.incidents import read_events
from riskmap.layers.store import read_layer
from riskmap.sources.recipe import Recipe
from riskmap.study import Study
from tests.bad_inputs.given import COLUMNS, GOOD, HEADER, fates, only_line, only_refusal, recipe, take, write


def test_duplicate_id_with_the_same_content_is_counted_once(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, GOOD))
    assert (receipt.read, receipt.accepted, receipt.repaired, receipt.net_count) == (2, 2, 1, 1)
    line = only_line(receipt)
    assert (line["row"], line["rule"], line["fate"]) == (3, "duplicate_same", "repaired")
    assert "counted once" in line["message_en"]
    assert "只计一次" in line["message_zh"]
    assert len(read_layer(square_area, "cases")) == 1


def test_a_row_that_comes_again_in_other_company_is_the_same_row(square_area: Study, tmp_path: Path) -> None:
    # Alone the first place is close enough after fewer steps of the way back from GCJ-02 than beside the second.
    first, second = (
        f"{row},510100,1," for row in ("A1,2024-01-02,104.744,30.45884", "A2,2024-01-02,104.49442,30.29211")
    )
    form = recipe(crs="GCJ-02")
    take(square_area, write(tmp_path, first, second, name="week-1.csv"), form)
    receipt = take(square_area, write(tmp_path, first, name="week-2.csv"), form)
    assert fates(receipt) == [(2, "duplicate_same", "repaired")]


def test_duplicate_id_with_other_content_quarantines_both_and_shows_the_difference(
    square_area: Study, tmp_path: Path
) -> None:
    other = GOOD.replace("510100", "510104")
    receipt = take(square_area, write(tmp_path, GOOD, other, GOOD.replace("A1", "A2")))
    assert fates(receipt) == [(2, "duplicate_conflict", "quarantined"), (3, "duplicate_conflict", "quarantined")]
    for line in receipt.rows:
        assert line["column"] == "区划"
        assert "510100 | 510104" in line["message_en"]
        assert "510100 | 510104" in line["message_zh"]
    assert read_layer(square_area, "cases")["case_id"].tolist() == ["A2"]


def test_a_difference_to_an_earlier_import_is_shown_too(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD))
    receipt = take(square_area, write(tmp_path, GOOD.replace("10:00", "11:00"), name="later.csv"))
    line = only_line(receipt)
    assert (line["rule"], line["column"]) == ("duplicate_conflict", "时间")
    assert "2024-01-02 11:00:00 | 2024-01-02 10:00:00" in line["message_en"]
    assert read_layer(square_area, "cases").empty


@pytest.mark.parametrize(
    "cut", ["5.10107E+17", "5.10107E17", "5.10107e17", "5E+17", "5E17", "5.1E-5", "1234567890123456.0"]
)
def test_ids_in_scientific_notation_are_quarantined(square_area: Study, tmp_path: Path, cut: str) -> None:
    receipt = take(square_area, write(tmp_path, GOOD.replace("A1", cut)))
    line = only_line(receipt)
    assert (line["rule"], line["fate"], line["original"]) == ("id_scientific", "quarantined", cut)
    assert "scientific notation" in line["message_en"]
    assert "科学计数法" in line["message_zh"]


@pytest.mark.parametrize("code", ["2E5", "5e1234567890", "E17", "A5E17", "5101.07", "510107202401050012"])
def test_codes_with_an_e_are_ids(square_area: Study, tmp_path: Path, code: str) -> None:
    assert take(square_area, write(tmp_path, GOOD.replace("A1", code))).accepted == 1
    assert read_layer(square_area, "cases")["case_id"].tolist() == [code]


WHOLE = [510107202401050012, 9007199254740993, None]


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.fgb", "a.shp", "a.json", "a.parquet", "geo.parquet"])
def test_long_whole_numbers_beside_a_blank_stay_whole(square_area: Study, tmp_path: Path, name: str) -> None:
    table = {"案号": pd.array(WHOLE, dtype="Int64"), "时间": ["2024-01-02"] * 3}
    frame = gpd.GeoDataFrame(table, geometry=[Point(104.50012, 30.50012)] * 3, crs=4326)
    plain = pd.DataFrame(table).assign(经度=104.50012, 纬度=30.50012)
    if name == "a.json":
        (tmp_path / name).write_text(plain.to_json(orient="records"))
    elif name == "a.parquet":
        plain.to_parquet(tmp_path / name)
    elif name == "geo.parquet":
        frame.to_parquet(tmp_path / name)
    else:
        frame.to_file(tmp_path / name, encoding="utf-8")
    columns = {"case_id": "案号", "occurred": "时间"}
    if name in ("a.json", "a.parquet"):
        columns |= {"lon": "经度", "lat": "纬度"}
    receipt = take(square_area, tmp_path / name, recipe(columns=columns))
    assert (receipt.read, receipt.accepted) == (3, 3)
    assert receipt.quarantined == 0
    ids = set(read_layer(square_area, "cases")["case_id"])
    assert {str(number) for number in WHOLE[:2]} < ids


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_ids_of_18_digits_cut_by_excel_refuse_the_column(square_area: Study, tmp_path: Path, kind: str) -> None:
    ids = [510107202401050000 + 1000 * n for n in range(1, 5)]
    if kind == "csv":
        path = write(tmp_path, *(GOOD.replace("A1", str(number)) for number in ids))
    else:
        path = tmp_path / "cases.xlsx"
        book = openpyxl.Workbook()
        book.active.append(HEADER.split(","))
        for number in ids:
            book.active.append([float(number), *GOOD.split(",")[1:]])
        book.save(path)
    refused = only_refusal(take(square_area, path))
    assert refused["rule"] == "id_cut_by_spreadsheet"
    assert "案号" in refused["message_en"]
    assert "案号" in refused["message_zh"]


def test_one_event_in_the_case_and_the_seizure_layer_is_linked_and_counted_once(
    square_area: Study, tmp_path: Path
) -> None:
    take(square_area, write(tmp_path, GOOD))
    columns = {"seizure_id": "号", "seized": "日", "case_id": "案", "amount_g": "克", "lon": "经", "lat": "纬"}
    form = recipe(name="s", layer="seizures", columns=columns, constants={"substance": "methamphetamine"})
    rows = ("S1,2024-01-02,A1,5,104.50012,30.50012", "S2,2024-01-03,A7,5,104.50012,30.50012")
    receipt = take(square_area, write(tmp_path, *rows, name="s.csv", header="号,日,案,克,经,纬"), form)
    assert (receipt.accepted, receipt.rows) == (2, [])
    (said,) = [note for note in receipt.notes if "counted once" in note["en"]]
    assert said["en"].startswith("1 seizures belong to cases")
    assert said["zh"].startswith("1 次缴获")
    seizures = read_events(square_area, "seizures").set_index("id")
    assert seizures["linked"].to_dict() == {"S1": True, "S2": False}
    assert len(read_events(square_area, "cases")) == 1


def test_rows_that_cancel_earlier_rows_are_netted_and_both_kept(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD))
    receipt = take(square_area, write(tmp_path, GOOD.replace(",1,", ",-1,"), name="later.csv"))
    assert (receipt.accepted, receipt.net_count, receipt.rows) == (1, -1, [])
    assert read_layer(square_area, "cases")["count"].tolist() == [-1, 1]
    assert read_events(square_area, "cases")["count"].sum() == 0


def test_personal_columns_are_dropped_at_the_door(square_area: Study, tmp_path: Path) -> None:
    header = HEADER.replace("备注", "嫌疑人姓名,身份证号,手机,车牌号")
    path = write(tmp_path, GOOD + "李四光,11010519491231002X,13912345678,川A12345", header=header)
    receipt = take(square_area, path)
    assert receipt.accepted == 1
    (said,) = [note for note in receipt.notes if "Personal" in note["en"]]
    for name in ("嫌疑人姓名", "身份证号", "手机", "车牌号"):
        assert name in said["en"]
        assert name in said["zh"]
    written = b"".join(file.read_bytes() for file in square_area.folder.rglob("*") if file.is_file())
    for secret in ("李四光", "11010519491231002X", "13912345678", "川A12345"):
        assert secret.encode() not in written


def test_personal_numbers_in_free_text_are_masked_before_anything_is_written(
    square_area: Study, tmp_path: Path
) -> None:
    bad = "A2,,104.50012,30.50012,身份证11010519491231002X，电话 139-1234-5678,1,身份证11010519491231002X"
    receipt = take(square_area, write(tmp_path, GOOD, bad))
    assert only_line(receipt)["rule"] == "date_blank"
    assert "***" in read_quarantine(square_area, "cases")["content"][0]
    written = b"".join(file.read_bytes() for file in square_area.folder.rglob("*") if file.is_file())
    assert b"11010519491231002X" not in written
    assert b"139-1234-5678" not in written


def test_a_personal_number_in_place_of_an_id_is_masked_and_said(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD.replace("A1", "11010519491231002X")))
    line = only_line(receipt)
    assert (line["rule"], line["fate"]) == ("personal_number_masked", "repaired")
    assert "masked" in line["message_en"]
    assert "遮盖" in line["message_zh"]
    assert "11010519491231002X" not in read_layer(square_area, "cases")["case_id"][0]


def test_a_recipe_may_name_the_column_it_needs(square_area: Study, tmp_path: Path) -> None:
    form = Recipe.model_validate(recipe().model_dump(by_alias=True) | {"columns": {**COLUMNS, "case_id": "编号"}})
    refused = only_refusal(take(square_area, write(tmp_path, GOOD), form))
    assert refused["rule"] == "missing_column"
    assert "'编号'" in refused["message_en"]
    assert "案号" in refused["message_zh"]
