"""The areas by code, as the pages' pickers ask for them."""

import pandas as pd
import pytest

from riskmap.web.area_tree import AreaTree

ROWS = [
    ("10", "province", None, "省", "Province"),
    ("1001", "prefecture", "10", "甲市", "A"),
    ("1002", "prefecture", "10", None, "B"),
    ("100101", "county", "1001", "甲县", None),
    ("100102", "county", "1001", None, None),
    ("100101", "county", "1002", "旧甲县", "Old A"),  # the same code once more: the first row counts
]
COLUMNS = ["area_code", "level", "parent_code", "name_zh", "name_en"]


@pytest.fixture(scope="module")
def tree():
    return AreaTree.of(pd.DataFrame(ROWS, columns=COLUMNS))


def test_a_lineage_goes_from_the_top_down(tree):
    assert tree.lineage("100101") == ["10", "1001", "100101"]
    assert tree.lineage("nowhere") == tree.lineage("") == []
    assert (tree.level("100101"), tree.level("nowhere")) == ("county", "")


def test_below_the_study_lies_the_topmost_level_it_has(tree):
    assert tree.below("") == ["1001", "1002"]
    assert tree.below("1001") == ["100101", "100102"]
    assert tree.below("1002") == tree.below("nowhere") == []
    counties = pd.DataFrame([row for row in ROWS if row[1] == "county"], columns=COLUMNS)
    assert AreaTree.of(counties).below("") == ["100101", "100102"]
    assert AreaTree.of(counties.iloc[:0]).below("") == []


def test_areas_that_name_no_parent_have_none():
    tree = AreaTree.of(pd.DataFrame(ROWS, columns=COLUMNS).drop(columns="parent_code"))
    assert tree.lineage("100101") == ["100101"]
    assert tree.below("1001") == []


def test_parents_that_go_in_a_circle_end():
    circle = pd.DataFrame([("1", "county", "2"), ("2", "county", "1")], columns=COLUMNS[:3])
    assert AreaTree.of(circle).lineage("1") == ["2", "1"]


def test_names_fall_back_to_the_other_language_then_to_the_code_and_stay_text(tree):
    assert [tree.name(code, "zh") for code in ("1001", "1002", "100101", "100102")] == ["甲市", "B", "甲县", "100102"]
    assert tree.name("100101", "en") == "甲县"
    assert tree.name("@@alert\u202e", "en") == " @@alert"
