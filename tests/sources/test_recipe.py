from pathlib import Path

import pandas as pd
import pytest

from riskmap.errors import RecipeError
from riskmap.sources.recipe import load_recipe, match_patterns
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


@pytest.mark.parametrize(
    ("addition", "message"),
    [
        ("[colums]\nlon = 'x'", r"trial\.toml: the key colums is not known"),
        ("[table]\nsheets = 'x'", r"trial\.toml: the key table\.sheets is not known"),
        ("[units]\ncolour = 'g'", r"trial\.toml: .*'colour' is no column of cases; the columns are case_id, "),
        ("[dates]\noccurred = '%Q'", r"trial\.toml: .*occurred = '%Q' is no date form"),
        ("[dates]\noccurred = 'y-m-d'", r"'y-m-d' is no date form; examples are"),
        ("[wide]\ncolumns = []", r"trial\.toml: wide\.columns is not valid"),
    ],
)
def test_an_error_names_the_file_and_the_key(tmp_path: Path, addition: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load_recipe(write(tmp_path, WHOLE + addition))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('layer = "cases"', 'layer = "crimes"', "layer 'crimes' is not known; the layers are cases, "),
        ('name = "trial"', "", "the key name is missing"),
        ('crs = "GCJ-02"', 'crs = "GCJ-02"\ntimezone = "Mars"', "timezone 'Mars' is neither"),
        ('layer = "cases"', 'layer = "cases', "is not valid TOML"),
    ],
)
def test_a_wrong_key_is_said_in_one_sentence(tmp_path: Path, before: str, after: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load_recipe(write(tmp_path, WHOLE.replace(before, after)))


def test_a_recipe_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(RecipeError, match=r"There is no recipe nowhere; the recipes here are: .*uk-police"):
        load_recipe("nowhere")


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
