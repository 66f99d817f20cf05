from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.sources.dates import parse_intervals

CHINA = ZoneInfo("Asia/Shanghai")


def interval(text: str, form: str = "auto", zone: str = "") -> tuple[str, str]:
    found = parse_intervals(pd.Series([text]), [form], CHINA, zone)
    return str(found.start[0]), str(found.end[0])


@pytest.mark.parametrize(
    "text",
    ["2023-03-05", "2023/3/5", "2023.3.5", "2023年3月5日", "20230305", "44990", "２０２３年３月５日", " 2023-03-05 "],
)
def test_every_way_to_write_a_day_is_that_day(text: str) -> None:
    assert interval(text) == ("2023-03-05 00:00:00", "2023-03-06 00:00:00")


@pytest.mark.parametrize("text", ["2023-03", "2023年3月", "202303", "2023/3"])
def test_a_month_is_an_interval_and_never_its_first_day(text: str) -> None:
    assert interval(text) == ("2023-03-01 00:00:00", "2023-04-01 00:00:00")


@pytest.mark.parametrize("text", ["2023Q2", "2023-Q2", "2023年二季度", "2023年第2季度"])
def test_a_quarter_is_three_months(text: str) -> None:
    assert interval(text) == ("2023-04-01 00:00:00", "2023-07-01 00:00:00")


def test_a_year_is_a_year() -> None:
    assert interval("2023") == ("2023-01-01 00:00:00", "2024-01-01 00:00:00")


@pytest.mark.parametrize("text", ["2023-03-05 14:20", "2023年3月5日14时20分", "2023-03-05T06:20Z", "202303051420"])
def test_a_time_is_one_minute_of_the_studys_clock(text: str) -> None:
    assert interval(text) == ("2023-03-05 14:20:00", "2023-03-05 14:21:00")


def test_an_offset_is_converted_unless_the_source_is_known_to_label_wrongly() -> None:
    assert interval("2023-03-05T06:20:00+00:00")[0] == "2023-03-05 14:20:00"
    assert interval("2023-03-05T06:20:00+00:00", zone="local")[0] == "2023-03-05 06:20:00"
    assert interval("2023-03-05 06:20", zone="UTC")[0] == "2023-03-05 14:20:00"


@pytest.mark.parametrize("text", ["2023-02-30", "2023-13", "1900-01-00", "soon", "约2023", "3月5日", "99999999"])
def test_what_is_no_day_is_unreadable(text: str) -> None:
    assert interval(text) == ("NaT", "NaT")


def test_blank_is_no_date() -> None:
    assert interval("") == ("NaT", "NaT")


def test_a_number_above_twelve_decides_the_order_of_the_whole_column() -> None:
    found = parse_intervals(pd.Series(["01/02/2013", "01/31/2013 12:00:00 AM"]), ["auto"], CHINA)
    assert found.order == "month_first"
    assert found.deciding_share == 0.5
    assert list(found.start.astype("str")) == ["2013-01-02", "2013-01-31"]


def test_day_first_is_found_too() -> None:
    found = parse_intervals(pd.Series(["31/01/23", "01/02/23"]), ["auto"], CHINA)
    assert found.order == "day_first"
    assert list(found.start.astype("str")) == ["2023-01-31", "2023-02-01"]


@pytest.mark.parametrize(("texts", "order"), [(["3/5/23", "1/2/23"], "undecided"), (["31/1/23", "1/31/23"], "mixed")])
def test_without_evidence_nothing_is_guessed(texts: list[str], order: str) -> None:
    found = parse_intervals(pd.Series(texts), ["auto"], CHINA)
    assert found.order == order
    assert found.start.isna().all()


def test_forms_are_tried_in_turn() -> None:
    texts = pd.Series(["1/1/2005 8:00", "2011-12"])
    found = parse_intervals(texts, ["%m/%d/%Y %H:%M", "%Y-%m"], CHINA)
    assert list(found.end.astype("str")) == ["2005-01-01 08:01:00", "2012-01-01 00:00:00"]


@settings(max_examples=100, deadline=None)
@given(st.dates(date(1990, 1, 1), date(2089, 12, 31)))
def test_all_forms_of_a_day_agree(day: date) -> None:
    serial = str((day - date(1899, 12, 30)).days)
    texts = [
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        serial,
    ]
    found = parse_intervals(pd.Series(texts), ["auto"], CHINA)
    assert (found.start == np.datetime64(day)).all()
    assert (found.end == np.datetime64(day + timedelta(days=1))).all()
