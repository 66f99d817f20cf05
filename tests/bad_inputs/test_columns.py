"""Columns that a recipe does not know, lacks or meets twice; and rows that must not get lost between them."""

import json
from pathlib import Path

import pandas as pd
import pytest

from riskmap.errors import SnapshotError
from riskmap.layers import mapping
from riskmap.layers.folders import read_quarantine
from riskmap.layers.selection import Unfolded, unfold
from riskmap.layers.store import read_layer
from riskmap.sources.recipe import Recipe
from riskmap.sources.recipe_files import load_recipe
from riskmap.sources.source_table import SourceTable
from riskmap.study import Study
from tests.bad_inputs.given import GOOD, HEADER, fates, only_refusal, recipe, take, write

LABORATORY = "样本编号,厂名,采样时间,服务人口(万人),流量(万m³/天),甲基苯丙胺,氯胺酮"
SAMPLE = "S1,甲厂,2024-03-04,12.5,3.2,120.5,ND"


def said(receipt, part: str) -> str:
    """Return the one note of the receipt that holds `part`."""
    (found,) = [note["en"] for note in receipt.notes if part in note["en"]]
    return found


def test_a_laboratory_table_with_some_of_the_analytes_is_taken(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, SAMPLE, header=LABORATORY), load_recipe("cn-laboratory"))
    assert (receipt.read, receipt.accepted) == (2, 2)
    assert set(read_layer(square_area, "samples")["analyte"]) == {"methamphetamine", "ketamine"}


def test_a_laboratory_table_without_any_result_is_refused(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, "S1,甲厂,2024-03-04,好", header="样本编号,厂名,采样时间,结论")
    refused = only_refusal(take(square_area, path, load_recipe("cn-laboratory")))
    assert refused["rule"] == "missing_column"
    assert "甲基苯丙胺" in refused["message_en"]


def test_analytes_that_the_recipe_does_not_list_are_taken_and_named(square_area: Study, tmp_path: Path) -> None:
    # 美沙酮 is on the list of substances, 尼秦类 is not; 结论 holds words and 服务人口 is declared to be no analyte.
    path = write(tmp_path, SAMPLE + ",77,<5,合格", header=LABORATORY + ",美沙酮,尼秦类,结论")
    receipt = take(square_area, path, load_recipe("cn-laboratory"))
    assert (receipt.read, receipt.accepted) == (4, 4)
    assert fates(receipt) == [(2, "substance_unmapped", "warned"), (2, "substance_named", "repaired")]
    samples = read_layer(square_area, "samples").set_index("analyte")
    assert samples.loc["methadone", "concentration_ng_l"] == 77
    assert (samples.loc["尼秦类", "qualifier"], samples.loc["尼秦类", "lod_ng_l"]) == ("<LOD", 5)
    assert "美沙酮, 尼秦类" in said(receipt, "hold results")
    assert "服务人口(万人), 结论" in said(receipt, "were not used")


def test_other_columns_of_a_wide_table_stay_where_the_recipe_does_not_ask_for_them(
    square_area: Study, tmp_path: Path
) -> None:
    form = load_recipe("cn-laboratory").model_dump(by_alias=True)
    plain = Recipe.model_validate(
        form | {"wide": form["wide"] | {"others": False, "columns": ["甲基苯丙胺", "氯胺酮"]}}
    )
    receipt = take(square_area, write(tmp_path, SAMPLE + ",77", header=LABORATORY + ",美沙酮"), plain)
    assert receipt.accepted == 2
    assert "美沙酮" in said(receipt, "were not used")


def test_columns_that_are_not_used_are_named_and_kept_nowhere(square_area: Study, tmp_path: Path) -> None:
    rows = (GOOD + "甲", "A2,,104.50012,30.50012,,1,秘密")
    receipt = take(square_area, write(tmp_path, *rows))
    assert said(receipt, "were not used").endswith("备注.")
    content = json.loads(read_quarantine(square_area, "cases")["content"][0])
    assert set(content) == {"案号", "时间", "经度", "纬度", "区划", "计数"}


def test_personal_columns_are_not_among_those_that_are_not_used(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD + ",李四", header=HEADER + ",姓名"))
    assert "姓名" not in said(receipt, "were not used")


@pytest.mark.parametrize("lost", ["first", "last"])
def test_a_row_that_gets_lost_makes_the_import_fail(
    square_area: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    def losing(frame: pd.DataFrame, table: SourceTable, form: Recipe) -> Unfolded:
        whole = unfold(frame, table, form)
        kept = slice(1, None) if lost == "first" else slice(None, -1)
        parts = (part.iloc[kept].reset_index(drop=True) for part in (whole.frame, whole.rows))
        return Unfolded(*parts, None, [], 1)

    monkeypatch.setattr(mapping, "unfold", losing)
    with pytest.raises(SnapshotError, match="does not add up: 2 rows read, 1 accounted for"):
        take(square_area, write(tmp_path, GOOD, GOOD.replace("A1", "A2")))
    assert read_layer(square_area, "cases").empty


TOTALS = (
    ",合计,,,,1,",
    "合计：3,,,,,1,",
    "总计（件）,,,,,3,",
    "合  计,,,,,1,",
    "Grand Total,,,,,1,",
    "本页小计,,,,,1,",
    "成都市合计,,,,,1,",
)


@pytest.mark.parametrize("row", TOTALS)
def test_a_total_is_rejected_wherever_it_says_so(square_area: Study, tmp_path: Path, row: str) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, row))
    assert (receipt.accepted, receipt.rejected) == (1, 1)
    assert fates(receipt) == [(3, "totals_row", "rejected")]


def test_a_total_in_the_column_of_areas_is_rejected(square_area: Study, tmp_path: Path) -> None:
    form = recipe(layer="population", columns={"area_code": "区划", "residents": "人口"}, constants={}, crs=None)
    path = write(tmp_path, "1,510104,1000", "2,总计（人）,3000", "3,成都市合计,3000", header="序号,区划,人口")
    receipt = take(square_area, path, form)
    assert (receipt.accepted, receipt.rejected) == (1, 2)


@pytest.mark.parametrize("name", ["合计镇", "总计庙村", "Total Wine", "小计山", "全州县", "summit"])
def test_places_with_such_names_are_no_totals(square_area: Study, tmp_path: Path, name: str) -> None:
    assert take(square_area, write(tmp_path, f"{name},2024-01-02,104.50012,30.50012,,1,")).rejected == 0
    noted = take(square_area, write(tmp_path, GOOD.replace("A1", "A2") + "合计", name="noted.csv"))
    assert noted.accepted == 1  # a remark is no name


def test_a_pattern_may_hold_several_stars(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + "涉毒案件甲", GOOD.replace("A1", "A2") + "其他")
    receipt = take(square_area, path, recipe(keep={"备注": "*毒*"}))
    assert (receipt.accepted, receipt.not_selected) == (1, 1)


def test_of_two_columns_of_one_name_the_first_is_read_and_that_is_said(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD + ",104.9", header=HEADER + ",经度"))
    assert "Several columns are called 经度" in said(receipt, "Several columns")
    assert read_layer(square_area, "cases").geometry.x.tolist() == [104.50012]


def test_ids_that_were_made_up_are_counted(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, GOOD.replace("A1", ""), GOOD.replace("A1", "")))
    assert said(receipt, "no id") == "2 rows have no id in column 案号; one was made from file and row."
    assert receipt.accepted == 3
