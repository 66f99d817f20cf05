import numpy as np
import pandas as pd
import pytest

from riskmap.sources.persons import has_valid_check_digit, mask_column, mask_text, personal_columns

# The example of GB 11643-1999, annex: check digit X.
IDENTITY = "11010519491231002X"


def test_check_digit_of_the_standards_example() -> None:
    assert has_valid_check_digit(IDENTITY)
    assert not has_valid_check_digit("110105194912310021")


@pytest.mark.parametrize(
    "name", ["姓名", "嫌疑人姓名", "身份证号", "手机号码", "车牌号", "Suspect Name", "Phone", "Date of birth"]
)
def test_personal_columns_are_known_by_name(name: str) -> None:
    assert personal_columns([name]) == [name]


def test_names_of_places_and_things_are_not_personal() -> None:
    names = [
        "name",
        "企业名称",
        "厂名",
        "Location",
        "LSOA name",
        "Reported by",
        "LocationName",
        "Crime ID",
        "地址区划代码",
    ]
    assert personal_columns(names) == []


def test_numbers_in_free_text_are_masked() -> None:
    assert mask_text(f"见{IDENTITY}，电话13912345678。") == "见***，电话***。"
    assert mask_text("+86 139-1234-5678 called") == "*** called"


@pytest.mark.parametrize(
    "text", ["110105194912310021", "A13912345678B", "139123456789", "20230305123", "13912345678.5"]
)
def test_numbers_that_only_look_like_it_stay(text: str) -> None:
    assert mask_text(text) == text


def test_false_alarms_on_case_ids_are_rare() -> None:
    rng = np.random.default_rng(1)
    ids = pd.Series(["A51010020230" + f"{n:06d}" for n in rng.integers(0, 10**6, 10_000)])
    assert (mask_column(ids, mobiles=False) == ids).mean() > 0.999
