import pandas as pd
import pytest

from riskmap.figures.words import best_names, format_moment, format_period, format_signed, kind_word, layer_word


@pytest.mark.parametrize(
    ("period", "start", "end", "zh", "en"),
    [
        ("week", "2026-01-05", "2026-01-12", "2026年1月5日—11日", "2026-01-05 to 01-11"),
        ("week", "2025-12-29", "2026-01-05", "2025年12月29日—2026年1月4日", "2025-12-29 to 2026-01-04"),
        ("month", "2026-02-01", "2026-03-01", "2026年2月", "Feb 2026"),
        ("quarter", "2026-04-01", "2026-07-01", "2026年第2季度", "2026 Q2"),
        ("day", "2026-01-05", "2026-01-06", "2026年1月5日", "2026-01-05"),
    ],
)
def test_periods_are_named_as_people_name_them(period, start, end, zh, en):
    named = [format_period(period, pd.Timestamp(start), pd.Timestamp(end), language) for language in ("zh", "en")]
    assert named == [zh, en]


def test_a_moment_shows_its_time_only_where_it_has_one():
    assert format_moment("2026-01-05", "en") == "2026-01-05"
    assert format_moment("2026-01-05T13:30", "zh") == "2026年1月5日 13:30"
    assert format_moment(None, "zh") == "不详"


def test_changes_carry_their_sign():
    assert [format_signed(value) for value in (0.01, 2.345, -2.345)] == ["0.0", "+2.3", "\N{MINUS SIGN}2.3"]


def test_unknown_words_stay_as_they_are():
    assert kind_word("spaceport", "zh") == "spaceport"
    assert layer_word("tides", "en") == "tides"
    assert kind_word("port", "zh") == "港口"


def test_a_missing_name_falls_back_to_the_other_language_then_to_the_code():
    frame = pd.DataFrame({"area_code": ["1", "2", "3"], "name_zh": ["甲", None, None], "name_en": ["A", "B", ""]})
    assert best_names(frame, "area_code", "zh").tolist() == ["甲", "B", "3"]
    assert best_names(frame[["area_code"]], "area_code", "en").tolist() == ["1", "2", "3"]
