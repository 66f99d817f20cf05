"""Rows of the quarantine: shown, corrected, imported again, or left out for good."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from riskmap.decisions.workbook import write_workbook
from riskmap.errors import TableError
from riskmap.layers.corrections import correct_rows, dismiss_rows, quarantine_table, read_corrections
from riskmap.layers.folders import list_imports, read_quarantine
from riskmap.layers.intake import import_files
from riskmap.layers.store import read_layer
from riskmap.layers.undo import corrections_of, undo_import
from riskmap.study import Study
from tests.bad_inputs.given import COLUMNS, GOOD, only_line, recipe, take, write

BAD = "A2,soon,104.60012,30.50012,510100,1,"


def test_the_quarantine_is_a_table_of_the_files_own_columns(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, BAD))
    (row,) = quarantine_table(square_area, "cases", "zh").to_dict("records")
    assert row["riskmap_row"] == f"{receipt.import_id}/cases.csv:3"
    assert (row["riskmap_rule"], row["riskmap_column"], row["时间"]) == ("date_unreadable", "时间", "soon")
    assert "无法" in row["riskmap_message"]


def test_corrected_rows_come_in_by_the_recipe_they_came_with(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD, BAD), recipe(crs="GCJ-02"))
    table = quarantine_table(square_area, "cases").assign(时间="2024-01-03 09:00")
    (receipt,) = correct_rows(square_area, "cases", table)
    assert (receipt.read, receipt.accepted, receipt.rows) == (1, 1, [])
    assert receipt.files[0]["datum"] == "GCJ-02"
    assert receipt.files[0]["path"] == f"corrected-{table['riskmap_row'][0].split('/')[0]}.csv"
    assert read_layer(square_area, "cases")["case_id"].tolist() == ["A1", "A2"]
    assert read_quarantine(square_area, "cases").empty


def test_a_correction_undone_puts_the_row_back_into_quarantine(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD, BAD))
    table = quarantine_table(square_area, "cases").assign(时间="2024-01-03 09:00")
    (receipt,) = correct_rows(square_area, "cases", table)
    undo_import(square_area, receipt.import_id or "", "guessed")
    assert read_quarantine(square_area, "cases")["rule"].tolist() == ["date_unreadable"]
    assert len(read_layer(square_area, "cases")) == 1


def test_a_correction_that_is_wrong_again_is_in_quarantine_once(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD, BAD))
    table = quarantine_table(square_area, "cases").assign(时间="2124-01-03")
    (receipt,) = correct_rows(square_area, "cases", table)
    assert only_line(receipt)["rule"] == "date_future"
    assert read_quarantine(square_area, "cases")["rule"].tolist() == ["date_future"]


def test_a_row_settled_before_is_not_taken_twice(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD, BAD))
    table = quarantine_table(square_area, "cases").assign(时间="2024-01-03 09:00")
    correct_rows(square_area, "cases", table)
    (receipt,) = correct_rows(square_area, "cases", table.assign(时间="2024-01-04 09:00"))
    line = only_line(receipt)
    assert (line["rule"], line["fate"]) == ("reference_unknown", "quarantined")
    assert "settled before" in line["message_en"]
    assert "已处理" in line["message_zh"]


def test_the_newer_of_two_contradicting_rows_can_be_ruled_right(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD))
    take(square_area, write(tmp_path, GOOD.replace("10:00", "11:00"), name="later.csv"))
    assert read_layer(square_area, "cases").empty
    (receipt,) = correct_rows(square_area, "cases", quarantine_table(square_area, "cases"))
    assert receipt.accepted == 1
    assert read_layer(square_area, "cases")["occurred_from"].astype("str").tolist() == ["2024-01-02 11:00:00"]
    assert read_quarantine(square_area, "cases").empty


def test_the_older_of_two_contradicting_rows_can_be_ruled_right(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD))
    take(square_area, write(tmp_path, GOOD.replace("10:00", "11:00"), name="later.csv"))
    rows = quarantine_table(square_area, "cases")["riskmap_row"].tolist()
    receipt = dismiss_rows(square_area, "cases", rows, "typed by hand")
    assert "typed by hand" in receipt.notes[0]["en"]
    assert "typed by hand" in receipt.notes[0]["zh"]
    assert read_layer(square_area, "cases")["occurred_from"].astype("str").tolist() == ["2024-01-02 10:00:00"]
    assert read_quarantine(square_area, "cases").empty
    undo_import(square_area, receipt.import_id or "", "not so sure")
    assert read_layer(square_area, "cases").empty
    assert len(read_quarantine(square_area, "cases")) == 1


def test_rows_of_a_wide_table_are_corrected_one_by_one(square_area: Study, tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_text("no,plant,day,MET,KET\n1,p,2024-01-02,12,about 3\n")
    columns = {"plant_id": "plant", "sampled": "day", "analyte": "name", "concentration_ng_l": "value"}
    form = recipe(
        name="lab",
        layer="samples",
        crs=None,
        columns=columns,
        join={"sample_id": ["no", "name"]},
        wide={"columns": ["MET", "KET"]},
        constants={"kind": "composite_24h"},
        values={"analyte": {"MET": "methamphetamine", "KET": "ketamine"}},
    )
    receipt = take(square_area, path, form)
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (2, 1, 1)
    table = quarantine_table(square_area, "samples").replace({"about 3": "3"})
    (receipt,) = correct_rows(square_area, "samples", table)
    assert receipt.accepted == 1
    stored = read_layer(square_area, "samples").set_index("analyte")
    assert stored.loc["ketamine", "concentration_ng_l"] == 3
    assert stored.loc["ketamine", "sample_id"] == "1/KET"


def test_the_shape_of_a_quarantined_row_comes_back_with_it(square_area: Study, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"id": ["1"], "kind": ["hotel"]}, geometry=[Point(104.50012, 30.50012)], crs=4326)
    path = tmp_path / "sites.gpkg"
    frame.to_file(path)
    form = recipe(name="sites", layer="sites", crs=None, columns={"site_id": "id", "kind": "kind"}, constants={})
    assert only_line(take(square_area, path, form))["rule"] == "value_unknown"
    table = quarantine_table(square_area, "sites").replace({"hotel": "venue"})
    (receipt,) = correct_rows(square_area, "sites", table)
    assert receipt.accepted == 1
    assert read_layer(square_area, "sites").geometry.iloc[0].equals(Point(104.50012, 30.50012))


def test_an_excel_file_of_the_quarantine_can_be_corrected_and_read_back(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD, BAD))
    path = tmp_path / "quarantine.xlsx"
    write_workbook(path, quarantine_table(square_area, "cases"), {"area": "square"}, "")
    table = read_corrections(path)
    assert table["时间"].tolist() == ["soon"]
    (receipt,) = correct_rows(square_area, "cases", table.assign(时间="2024-01-03"))
    assert receipt.accepted == 1


def test_another_recipe_may_read_the_rows(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD, BAD))
    fixed = recipe(columns=COLUMNS | {"occurred": "备注"})
    table = quarantine_table(square_area, "cases").assign(备注="2024-01-05")
    (receipt,) = correct_rows(square_area, "cases", table, fixed)
    assert receipt.accepted == 1


def test_a_table_must_name_rows_of_an_import_that_is_there(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD, BAD))
    table = quarantine_table(square_area, "cases")
    with pytest.raises(TableError, match="names its rows in the column riskmap_row"):
        correct_rows(square_area, "cases", pd.DataFrame(table.drop(columns="riskmap_row")))
    with pytest.raises(TableError, match="has no import nonsense"):
        correct_rows(square_area, "cases", table.assign(riskmap_row="nonsense/x:1"))
    with pytest.raises(TableError, match=r"has no import \.\."):
        correct_rows(square_area, "cases", table.assign(riskmap_row="../../x"))
    with pytest.raises(TableError, match="left out for a reason"):
        dismiss_rows(square_area, "cases", table["riskmap_row"].tolist(), "")
    with pytest.raises(TableError, match="Not all of these rows"):
        dismiss_rows(square_area, "cases", ["x/y"], "gone")


def test_rows_of_two_files_of_one_name_are_two_rows(square_area: Study, tmp_path: Path) -> None:
    january = write(tmp_path / "jan", GOOD, BAD, name="cases.csv")
    february = write(tmp_path / "feb", GOOD.replace("A1", "A3"), BAD.replace("A2", "A4"), name="cases.csv")
    take(square_area, [january, february])
    table = quarantine_table(square_area, "cases")
    assert sorted(row.split("/", 1)[1] for row in table["riskmap_row"]) == ["feb/cases.csv:3", "jan/cases.csv:3"]
    corrected = table[table["案号"] == "A4"].assign(时间="2024-01-03 09:00")
    correct_rows(square_area, "cases", corrected)
    assert sorted(read_layer(square_area, "cases")["case_id"]) == ["A1", "A3", "A4"]
    assert quarantine_table(square_area, "cases")["案号"].tolist() == ["A2"]


def test_corrections_go_with_the_import_that_they_correct(square_area: Study, tmp_path: Path) -> None:
    origin = take(square_area, write(tmp_path, GOOD, BAD))
    table = quarantine_table(square_area, "cases").assign(时间="2024-01-03 09:00")
    correct_rows(square_area, "cases", table)
    assert [one.accepted for one in corrections_of(square_area, origin.import_id or "")] == [1]
    undo_import(square_area, origin.import_id or "", "the wrong month")
    assert read_layer(square_area, "cases").empty
    assert read_quarantine(square_area, "cases").empty
    assert list_imports(square_area, "cases") == []
    take(square_area, write(tmp_path, GOOD, BAD))
    assert len(read_layer(square_area, "cases")) == 2


def test_corrections_do_not_stand_beside_the_import_that_took_the_place_of_theirs(
    square_area: Study, tmp_path: Path
) -> None:
    form = recipe(columns={name: column for name, column in COLUMNS.items() if name != "case_id"})
    origin = take(square_area, write(tmp_path, GOOD, BAD), form)
    correct_rows(square_area, "cases", quarantine_table(square_area, "cases").assign(时间="2024-01-03 09:00"))
    better = write(tmp_path, GOOD, BAD.replace("soon", "2024-01-03 09:00"), name="better.csv")
    replaced = import_files(square_area, "cases", [better], form, replace=origin.import_id)
    assert len(read_layer(square_area, "cases")) == replaced.accepted == 2
    again = import_files(square_area, "cases", [better], form, replace=origin.import_id)
    assert again.import_id == replaced.import_id
    other = write(tmp_path, GOOD, name="other.csv")
    with pytest.raises(TableError, match="stands in the stead of"):
        import_files(square_area, "cases", [other], form, replace=origin.import_id)


def test_only_rows_that_were_changed_are_read_again(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD, BAD, BAD.replace("A2", "A3")))
    table = quarantine_table(square_area, "cases")
    table.loc[table["案号"] == "A3", "时间"] = "2024-01-03 09:00"
    (receipt,) = correct_rows(square_area, "cases", table)
    assert (receipt.read, receipt.accepted) == (1, 1)
    assert quarantine_table(square_area, "cases")["案号"].tolist() == ["A2"]
    # A table returned as it was is read again as a whole: something else may have changed.
    (receipt,) = correct_rows(square_area, "cases", quarantine_table(square_area, "cases"))
    assert (receipt.read, receipt.quarantined) == (1, 1)


def test_an_id_that_the_exit_masks_comes_back_as_it_was(square_area: Study, tmp_path: Path) -> None:
    form = recipe(columns={**COLUMNS, "case_id": "流水"})
    path = write(
        tmp_path, BAD.replace("A2", "13812345679"), header=",".join(["流水", *list(COLUMNS.values())[1:], "备注"])
    )
    take(square_area, path, form)
    write_workbook(tmp_path / "q.xlsx", quarantine_table(square_area, "cases"), {}, "")
    table = read_corrections(tmp_path / "q.xlsx").assign(时间="2024-01-03 09:00")
    assert table["流水"].tolist() == ["***"]
    correct_rows(square_area, "cases", table)
    assert read_layer(square_area, "cases")["case_id"].tolist() == ["13812345679"]
