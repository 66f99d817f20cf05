import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.sources.numbers import parse_degrees, parse_numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,234.5", 1234.5), ("１２．５", 12.5), ("1.2万", 12_000), ("3亿", 3e8), ("2e+05", 200_000), (" -7 ", -7)],
)
def test_numbers_as_people_write_them(text: str, number: float) -> None:
    assert parse_numbers(pd.Series([text]))[0] == pytest.approx(number)


@pytest.mark.parametrize("text", ["约30", "30多", "", "12,34", "inf", "nan", "1.2.3", "30-40"])
def test_what_needs_a_guess_is_no_number(text: str) -> None:
    assert np.isnan(parse_numbers(pd.Series([text]))[0])


@pytest.mark.parametrize(
    ("text", "degrees"),
    [("102°41′30″E", 102.691666667), ("E102.69", 102.69), ("102.69", 102.69), ("1°30'W", -1.5), ("30度15分", 30.25)],
)
def test_degrees_as_people_write_them(text: str, degrees: float) -> None:
    assert parse_degrees(pd.Series([text]))[0] == pytest.approx(degrees)


@pytest.mark.parametrize("text", ["102°75′", "E102.69W", "hier", "30°61″"])
def test_mixed_forms_are_no_degrees(text: str) -> None:
    assert np.isnan(parse_degrees(pd.Series([text]))[0])


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 59), st.sampled_from("EW"))
def test_degrees_minutes_seconds_round_trip(degrees: int, minutes: int, seconds: int, side: str) -> None:
    expected = (degrees + minutes / 60 + seconds / 3600) * (1 if side == "E" else -1)
    assert parse_degrees(pd.Series([f"{degrees}°{minutes}′{seconds}″{side}"]))[0] == pytest.approx(expected)
