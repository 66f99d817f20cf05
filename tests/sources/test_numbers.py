from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.sources.numbers import parse_degrees, parse_numbers
from tests.columns import MANY, column

WIDE = {sign: sign + 0xFEE0 for sign in range(0x21, 0x7F)}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.5", 1234.5),
        ("1，234", 1234),
        ("18 512 345", 18_512_345),
        ("１２．５", 12.5),
        ("1.2万", 12_000),
        ("1.2 万", 12_000),
        ("1.2千万", 1.2e7),
        ("3亿", 3e8),
        ("2e+05", 200_000),
        (" -7 ", -7),
        ("−7", -7),
    ],
)
def test_numbers_as_people_write_them(text: str, number: float) -> None:
    assert parse_numbers(pd.Series([text]))[0] == pytest.approx(number)


@pytest.mark.parametrize(
    "text",
    ["约30", "30多", "30左右", ">30", "30+", "", "1,5", "12,34", "1 2", "inf", "nan", "1.2.3",
     "30-40", "万", "0x1F", "1_000", "True"],
)  # fmt: skip
def test_what_needs_a_guess_is_no_number(text: str) -> None:
    assert np.isnan(parse_numbers(pd.Series([text]))[0])


@MANY
@given(column(st.decimals(-180, 180, places=6)))
def test_decimal_coordinates_round_trip(values: list[Decimal]) -> None:
    texts = pd.Series([text for value in values for text in (f"{value}", f" {value} ", f"{value}".translate(WIDE))])
    expected = [float(value) for value in values for _ in range(3)]
    assert parse_numbers(texts).tolist() == expected
    assert parse_degrees(texts).tolist() == expected


@MANY
@given(column(st.integers(-(10**12), 10**12)))
def test_thousands_may_be_parted_by_commas_or_blanks(values: list[int]) -> None:
    commas = [f"{value:,}" for value in values]
    texts = [*commas, *(text.replace(",", " ") for text in commas), *(text.translate(WIDE) for text in commas)]
    assert parse_numbers(pd.Series(texts)).tolist() == values * 3


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("102°41′30″E", 102.691666667),
        ("102°41'30\" E", 102.691666667),
        ("东经102°41′30″", 102.691666667),
        ("102°41.5′", 102.691666667),
        ("E102.69", 102.69),
        ("102.69", 102.69),
        ("1°30'W", -1.5),
        ("30度15分", 30.25),
        ("南纬30度15分", -30.25),
    ],
)
def test_degrees_as_people_write_them(text: str, degrees: float) -> None:
    assert parse_degrees(pd.Series([text]))[0] == pytest.approx(degrees)


@pytest.mark.parametrize(
    "text",
    [
        "102°75′",
        "E102.69W",
        "hier",
        "30°61″",
        "102 41 30",
        "102.69N",
        "-102°W",
        "102°41",
        "约102.69",
        "104.5°30′",
        "104.5°30″",
        "104°30.5′20″",
        "1230′",
        "104.5度30分",
    ],
)
def test_mixed_forms_are_no_degrees(text: str) -> None:
    assert np.isnan(parse_degrees(pd.Series([text]))[0])


@MANY
@given(
    column(
        st.tuples(
            st.integers(0, 179),
            st.integers(0, 59),
            st.decimals(0, 59, places=3),
            st.sampled_from([("E", "东经", 1), ("W", "西经", -1)]),
        )
    )
)
def test_degrees_minutes_seconds_round_trip(places: list[tuple[int, int, Decimal, tuple[str, str, int]]]) -> None:
    texts, expected = [], []
    for degrees, minutes, seconds, (letter, word, sign) in places:
        size = f"{degrees}°{minutes}′{seconds}″"
        texts += [f"{size}{letter}", f"{letter}{size}", f"{word}{size}", f"{word}{degrees}度{minutes}分{seconds}秒"]
        expected += [(degrees + minutes / 60 + float(seconds) / 3600) * sign] * 4
    assert parse_degrees(pd.Series(texts)).tolist() == pytest.approx(expected, abs=1e-9)


def test_a_column_is_read_as_its_texts_one_by_one() -> None:
    plain = ["104.065123", "-0.5", "", " 7 ", "1e3", "nan", "inf", "12345678901234567890"]
    for texts in (plain, [*plain, "1.2万", "约30", "１２"]):
        for read in (parse_numbers, parse_degrees):
            alone = [read(pd.Series([text]))[0] for text in texts]
            assert np.array_equal(read(pd.Series(texts)), alone, equal_nan=True)
