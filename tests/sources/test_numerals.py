import pandas as pd
import pytest

from riskmap.sources.numerals import dates_in_digits, digits_of

SIGNS = "零一二三四五六七八九"


def test_all_numbers_under_a_hundred_are_read_as_they_are_said() -> None:
    for number in range(1, 100):
        tens, units = divmod(number, 10)
        ten = {0: "", 1: "十"}.get(tens, SIGNS[tens] + "十")
        assert digits_of(ten + (SIGNS[units] if units else "")) == str(number)


@pytest.mark.parametrize(("numerals", "digits"), [("二〇二三", "2023"), ("二零零九", "2009"), ("一九○五", "1905")])
def test_years_are_read_sign_by_sign(numerals: str, digits: str) -> None:
    assert digits_of(numerals) == digits


@pytest.mark.parametrize("numerals", ["十十", "一二十三", "二十三四"])
def test_what_nobody_says_stays(numerals: str) -> None:
    assert digits_of(numerals) == numerals


def test_only_numerals_of_dates_are_changed() -> None:
    texts = pd.Series(["2023年元月三日", "2023-03-05 周日", "三河", "2023-03-05"], index=[4, 5, 6, 7])
    assert dates_in_digits(texts).to_dict() == {4: "2023年1月3日", 5: "2023-03-05", 6: "三河", 7: "2023-03-05"}
