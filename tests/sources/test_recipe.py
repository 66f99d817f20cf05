import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import RecipeError
from riskmap.sources.patterns import match_patterns
from riskmap.sources.recipe import allowed_values
from riskmap.sources.recipe_faults import key_line
from riskmap.sources.recipe_files import load_recipe
from riskmap.study import REPOSITORY

WHOLE = """
name = "trial"
layer = "cases"
crs = "GCJ-02"
[columns]
occurred = ["发案时间", "时间"]
lon = "经度"
lat = "纬度"
[constants]
category = "other"
"""


def write(folder: Path, text: str) -> str:
    path = folder / "trial.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("path", sorted((REPOSITORY / "recipes").glob("*.toml")), ids=lambda path: path.stem)
def test_every_committed_recipe_is_valid_and_named_as_its_file(path: Path) -> None:
    assert load_recipe(path.stem).name == path.stem


def test_a_column_may_have_several_names(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, WHOLE))
    assert recipe.columns["occurred"] == ["发案时间", "时间"]
    assert recipe.columns["lon"] == ["经度"]
    assert recipe.text == WHOLE


FAULTS = [
    (
        "[colums]\nlon = 'x'",
        11,
        "the key colums is not known (did you mean 'columns'?)",
        "无法识别键 colums（是否想写 'columns'？）",
    ),
    (
        "[table]\nsheets = 'x'",
        12,
        "the key table.sheets is not known (did you mean 'sheet'?)",
        "无法识别键 table.sheets",
    ),
    (
        "[fetch]\nadress = 'x'\nurl = 'https://a.example/'\nfile = 'a.csv'",
        12,
        "the key fetch.adress is not known",
        "无法识别",
    ),
    (
        "[units]\n# a comment\ncolour = 'g'",
        13,
        "'colour' is no column of cases; the columns are case_id, ",
        "不是图层 cases 的列",
    ),
    ("[values.categori]\n'*' = 'other'", 11, "'categori' is no column of cases", "是否想写 'category'"),
    ("[dates]\noccurred = '%Q'", 12, "occurred = '%Q' is no date form", "不是日期格式"),
    ("[dates]\noccurred = ['auto',\n  'y-m-d']", 12, "'y-m-d' is no date form; examples are", "例如"),
    ("[wide]\ncolumns = []", 12, "wide.columns is not valid: it must not be empty", "不能为空"),
    ("[wide]\nname = 'x'", 11, "the key wide.columns is missing", "缺少键 wide.columns"),
    ("[table]\nheader_row = 0", 12, "table.header_row is not valid: it must be at least 1", "不得小于 1"),
    ("[table]\nheader_row = 'two'", 12, "it must be a whole number", "须为整数"),
    ("[table]\nheader_row = 1.5", 12, "it must be a whole number", "须为整数"),
    ("[table]\ndelimiter = ';;'", 12, "it must be one character", "须为单个字符"),
    ("[table]\nheader = ['id', 'when', 'id']", 12, "[table] header names 'id' twice", "出现两次"),
    ("[join]\ncase_id = []", 12, "join.case_id is not valid: it must not be empty", "不能为空"),
    ("[units]\ncount = '2'", 12, "[units] count has no unit, so '2' says nothing", "没有单位"),
    ("[table]\nblank = 'NA'", 12, "it must be a list in brackets", "须为方括号中的列表"),
    (
        "[values]\ncategory = 'other'",
        12,
        "values.category is not valid: it must be a section of its own, [values.category]",
        "须单独成节",
    ),
    (
        "[values.category]\n'1' = 'other'\n'2' = 5",
        13,
        "values.category.2 is not valid: it must be text in quotes",
        "带引号的文本",
    ),
    (
        "[values.category]\n'贩卖' = 'trafficking'\n'持有' = 'posession'",
        13,
        "[values.category] '持有' = 'posession' is not allowed in category; allowed are manufacture, trafficking, "
        "transport, possession, use_venue, precursor, other (did you mean 'possession'?)",
        "category 列不能取这个值；可用的有 manufacture",
    ),
    (
        "[values.origin]\n'*' = 'xyz'",
        12,
        "[values.origin] '*' = 'xyz' is not allowed in origin; allowed are reported, patrol, inspection, checkpoint, "
        "intelligence, unknown.",
        "origin 列不能取这个值",
    ),
    ("[values.count]\n'x' = '2'", 12, "'x' = '2' is not allowed in count; allowed are -1, 1", "count 列不能取这个值"),
    ("[values.count]\n'x' = 'two'", 12, "'x' = 'two' is not allowed in count", "count 列不能取这个值"),
    ("[constants]\norigin = []", None, "the section stands there twice", "该节出现了两次"),
]


@pytest.mark.parametrize(("addition", "line", "english", "chinese"), FAULTS)
def test_an_error_names_the_file_the_line_and_the_key(
    tmp_path: Path, addition: str, line: int | None, english: str, chinese: str
) -> None:
    with pytest.raises(RecipeError, match=re.escape(english)) as refused:
        load_recipe(write(tmp_path, WHOLE + addition))
    assert refused.value.text.en.startswith("Recipe trial.toml, line " + (f"{line}: " if line else ""))
    assert refused.value.text.zh.startswith("配方 trial.toml 第 ")
    assert chinese in refused.value.text.zh


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('layer = "cases"', 'layer = "case"', r"line 3: layer 'case' is not known; .* \(did you mean 'cases'\?\)"),
        ('layer = "cases"', "layer = 5", "line 3: layer is not valid: it must be text in quotes"),
        ('name = "trial"', 'name = "-trial"', "line 2: name is not valid: it may hold letters, digits"),
        ('name = "trial"', "", "toml: the key name is missing"),
        ('crs = "GCJ-02"', 'timezone = "Asia/Shangai"', r"line 4: timezone .* is neither .*'Asia/Shanghai'"),
        (
            'category = "other"',
            'category = "oter"',
            r"line 10: \[constants\] 'category' = 'oter' is not allowed in category; .* \(did you mean 'other'\?\)",
        ),
        ('category = "other"', "category = 5", r"line 10: \[constants\] 'category' = 5 is not allowed in category"),
        ('category = "other"', "count = true", r"line 10: \[constants\] 'count' = True is not allowed in count"),
        ('crs = "GCJ-02"', 'outside = "drop"', "line 4: outside is not valid: it must be one of 'quarantine' or"),
        ('layer = "cases"', 'layer = "cases', "line 3 is not valid TOML: the text has no closing quotes"),
        ('lon = "经度"', '经度 = "经度"', "line 7 is not valid TOML: .*put quotes around a key"),
        ('lon = "经度"', "lon = 经度", "line 7 is not valid TOML: the value is none; put quotes around text"),
        ('lon = "经度"', "lon", "line 7 is not valid TOML: a key must be followed by ="),
        ('lon = "经度"', 'lon = "a\\d"', "line 7 is not valid TOML: write"),
        ('lon = "经度"', 'lat = "a"', "line 8 is not valid TOML: the key stands there twice"),
        ('occurred = ["发案时间", "时间"]', 'occurred = ["发案时间"', "is not valid TOML: a list is not closed"),
        ("[columns]", "[columns", "line 5 is not valid TOML: the bracket of the section is not closed"),
        ("[columns]", "[columns]]", "line 5 is not valid TOML: something follows the value"),
    ],
)
def test_a_wrong_key_is_said_in_one_sentence(tmp_path: Path, before: str, after: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as refused:
        load_recipe(write(tmp_path, WHOLE.replace(before, after)))
    assert "\n" not in refused.value.text.zh
    assert not re.search("[a-z]{4,} [a-z]{2,} [a-z]{2,}", refused.value.text.zh)


def test_blanks_and_allowed_values_are_in_order(tmp_path: Path) -> None:
    addition = (
        "count = -1\n[values.category]\n'0' = ''\n'贩卖' = 'trafficking'\n[values.count]\n'a' = '1'\n'b' = '-1.0'\n"
    )
    recipe = load_recipe(write(tmp_path, WHOLE + addition))
    assert recipe.value_maps["category"] == {"0": "", "贩卖": "trafficking"}
    assert allowed_values("cases", "count") == (-1, 1)
    assert allowed_values("incidents", "kind") == allowed_values("cases", "lon") == ()


def test_a_recipe_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "trial.toml"
    path.write_bytes(WHOLE.encode("gb18030"))
    with pytest.raises(RecipeError, match=r"trial\.toml, line 6: this is not UTF-8 text"):
        load_recipe(path)


def test_a_recipe_saved_by_a_plain_editor_of_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "trial.toml"
    path.write_bytes(WHOLE.replace("\n", "\r\n").encode("utf-8-sig"))
    assert load_recipe(path).text == WHOLE


@given(st.integers(1, 11), st.sampled_from(["# 注释", "", "   "]))
def test_a_line_put_in_front_of_a_key_moves_its_line_by_one(at: int, inserted: str) -> None:
    lines = WHOLE.splitlines()
    moved = "\n".join([*lines[:at], inserted, *lines[at:]])
    for key in (("name",), ("columns",), ("columns", "lat"), ("constants", "category")):
        before = key_line(WHOLE, key)
        assert before is not None
        assert key_line(moved, key) == before + (before > at)


def test_a_recipe_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(RecipeError, match=r"There is no recipe nowhere; the recipes here are: .*uk-police"):
        load_recipe("nowhere")
    with pytest.raises(RecipeError, match=r"There is no recipe uk-polce \(did you mean 'uk-police'\?\);"):
        load_recipe("uk-polce")


def test_units_are_factors_to_the_tables_unit(tmp_path: Path) -> None:
    text = (
        WHOLE.replace('"cases"', '"samples"').replace('lon = "经度"\nlat = "纬度"', "").replace("occurred", "sampled")
    )
    text = (
        text.replace('category = "other"', 'analyte = "x"')
        + "[units]\nflow_m3_d = '万m³/天'\nconcentration_ng_l = 'ug/L'\n"
    )
    recipe = load_recipe(write(tmp_path, text))
    assert recipe.factor("flow_m3_d") == 10_000
    assert recipe.factor("concentration_ng_l") == 1000
    assert recipe.factor("lod_ng_l") == 1
    with pytest.raises(RecipeError, match=r"\[units\] flow_m3_d = 'gallons' is not known; known are m3/d"):
        load_recipe(write(tmp_path, text.replace("万m³/天", "gallons")))


def test_question_marks_stand_for_one_character_each_after_blanks_are_taken_off() -> None:
    codes = pd.Series(["181110", " 182250 ", "18111", " 18111", "118111", "1811100", ""])
    assert list(match_patterns(codes, ["18????"])) == [True, True, False, False, False, False, False]


def test_stars_stand_for_any_characters_and_brackets_for_themselves() -> None:
    texts = pd.Series(["drugs [a]", "drugs a", "Drugs", None])
    assert list(match_patterns(texts, ["drugs [*"])) == [True, False, False, False]
    assert list(match_patterns(texts, ["*", "x"])) == [True] * 4
