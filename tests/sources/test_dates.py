from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.sources.dates import parse_intervals
from tests.columns import MANY, column

CHINA = ZoneInfo("Asia/Shanghai")
DAYS = column(st.dates(date(1990, 1, 1), date(2089, 12, 31)))
NUMERALS = "〇一二三四五六七八九"


def interval(text: str, form: str = "auto", zone: str = "") -> tuple[str, str]:
    found = parse_intervals(pd.Series([text]), [form], CHINA, zone)
    return str(found.start[0]), str(found.end[0])


def spoken(number: int) -> str:
    """A number under 100 as it is said: 23 is 二十三."""
    tens, units = divmod(number, 10)
    ten = "" if not tens else "十" if tens == 1 else NUMERALS[tens] + "十"
    return ten + (NUMERALS[units] if units or not tens else "")


@pytest.mark.parametrize(
    "text",
    [
        "2023-03-05",
        "2023/3/5",
        "2023.3.5",
        "2023年3月5日",
        "2023年3月5号",
        "2023年 3月 5日",
        "20230305",
        "44990",
        "２０２３年３月５日",
        " 2023-03-05 ",
        "二〇二三年三月五日",
        "二零二三年三月五日",
        "2023年3月5日 星期日",
        "2023-03-05（周日）",
        "5 Mar 2023",
        "March 5, 2023",
        "05-MAR-2023",
    ],
)
def test_every_way_to_write_a_day_is_that_day(text: str) -> None:
    assert interval(text) == ("2023-03-05 00:00:00", "2023-03-06 00:00:00")


@pytest.mark.parametrize("text", ["2023-03", "2023年3月", "2023年3月份", "202303", "2023/3", "二〇二三年三月"])
def test_a_month_is_an_interval_and_never_its_first_day(text: str) -> None:
    assert interval(text) == ("2023-03-01 00:00:00", "2023-04-01 00:00:00")


@pytest.mark.parametrize("text", ["2023Q2", "2023-Q2", "2023年二季度", "2023年第2季度", "2023年第二季度"])
def test_a_quarter_is_three_months(text: str) -> None:
    assert interval(text) == ("2023-04-01 00:00:00", "2023-07-01 00:00:00")


def test_a_year_is_a_year() -> None:
    assert interval("2023") == ("2023-01-01 00:00:00", "2024-01-01 00:00:00")


def test_a_week_of_iso_8601_begins_on_monday() -> None:
    # 1 January 2023 was a Sunday and so belongs to week 52 of 2022; 2020 had 53 weeks.
    assert interval("2023-W01") == ("2023-01-02 00:00:00", "2023-01-09 00:00:00")
    assert interval("2020W53") == ("2020-12-28 00:00:00", "2021-01-04 00:00:00")
    assert interval("2023-W53") == ("NaT", "NaT")


@pytest.mark.parametrize(
    "text",
    [
        "2023-03-05 14:20",
        "2023年3月5日14时20分",
        "2023年3月5日14点20分",
        "2023-03-05T06:20Z",
        "202303051420",
        "2023-03-05 2:20 PM",
        "2023年3月5日下午2时20分",
        "2023年3月5日 下午 2:20",
        "2023-03-05 14:20 +08:00",
        "2023-03-05 14:20（北京时间）",
        "2023-03-05 01:20 GMT-5",
        "二〇二三年三月五日十四时二十分",
        "20230305T1420",
        "Mar 5, 2023 02:20 pm",
        "44990.597222",  # 0.597222 of a day is 14:20
    ],
)
def test_a_time_is_one_minute_of_the_studys_clock(text: str) -> None:
    assert interval(text) == ("2023-03-05 14:20:00", "2023-03-05 14:21:00")


def test_seconds_and_hours_are_as_long_as_they_are() -> None:
    second = ("2023-03-05 14:20:11", "2023-03-05 14:20:12")
    assert interval("2023-03-05T14:20:11.123+08:00") == second
    assert interval("2023年3月5日14时20分11秒") == second
    assert interval("20230305T062011Z") == second
    assert interval("2023年3月5日14时") == ("2023-03-05 14:00:00", "2023-03-05 15:00:00")
    assert interval("2023-03-05T14") == ("2023-03-05 14:00:00", "2023-03-05 15:00:00")


@pytest.mark.parametrize(
    ("said", "hour"),
    [("上午9时", 9), ("上午12时", 0), ("凌晨3时", 3), ("中午12时", 12), ("中午11时", 11), ("中午1时", 13),
     ("下午3时", 15), ("晚上9时", 21), ("下午15时", 15)],
)  # fmt: skip
def test_the_half_of_the_day_moves_the_hour(said: str, hour: int) -> None:
    assert interval(f"2023年3月5日{said}")[0] == f"2023-03-05 {hour:02d}:00:00"


def test_midnight_may_be_called_24_oclock() -> None:
    assert interval("2023-03-05 24:00")[0] == "2023-03-06 00:00:00"


def test_an_offset_is_converted_unless_the_source_is_known_to_label_wrongly() -> None:
    assert interval("2023-03-05T06:20:00+00:00")[0] == "2023-03-05 14:20:00"
    assert interval("2023-03-05T06:20:00+00:00", zone="local")[0] == "2023-03-05 06:20:00"
    assert interval("2023-03-05 06:20", zone="UTC")[0] == "2023-03-05 14:20:00"
    form = "%Y-%m-%dT%H:%M%z"
    assert interval("2023-03-05T06:20+0000", form)[0] == "2023-03-05 14:20:00"
    assert interval("2023-03-05T06:20+0300", form, zone="local")[0] == "2023-03-05 06:20:00"
    assert interval("2023-03-05T06:20", form) == ("NaT", "NaT")
    assert interval("+0000 2023-03-05 06:20", "%z %Y-%m-%d %H:%M")[0] == "2023-03-05 14:20:00"


def test_rows_whose_clock_changed_are_told() -> None:
    texts = pd.Series(["2023-03-05T06:20Z", "2023-03-05T14:20+08:00", "2023-03-05 14:20", "2023-03-05", "x"])
    found = parse_intervals(texts, ["auto"], CHINA)
    assert found.converted is not None
    assert found.converted.tolist() == [True, False, False, False, False]


def test_a_day_has_no_zone() -> None:
    assert interval("2023-03-05", zone="UTC")[0] == "2023-03-05 00:00:00"
    assert interval("2023年3月", zone="UTC")[0] == "2023-03-01 00:00:00"


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-30",
        "2023-13",
        "1900-01-00",
        "soon",
        "约2023",
        "3月5日",
        "99999999",
        "2023-03.05",
        "2023年3-5",
        "2023年3-5月",
        "2023-03-05 14:",
        "2023-03-05 24:30",
        "2023-03-05 25:00",
        "2023年3月5日晚上12时",
        "2023年3月5日上午15时",
        "2023-03-05 上午 9:00 PM",
        "2023年13月5日",
        "二〇二三年三十月五日",
        "5 Mau 2023",
        "2023年3月上旬",
        "2023Q5",
    ],
)
def test_what_is_no_day_is_unreadable(text: str) -> None:
    assert interval(text) == ("NaT", "NaT")


def test_blank_is_no_date() -> None:
    assert interval("") == ("NaT", "NaT")


def test_excels_two_systems_are_1462_days_apart() -> None:
    # Day 1 is 1 January 1900 in the one, 2 January 1904 in the other; day 60 of 1900 never was.
    assert interval("1", "excel1900")[0] == "1900-01-01 00:00:00"
    assert interval("59", "excel1900")[0] == "1900-02-28 00:00:00"
    assert interval("60", "excel1900")[0] == "NaT"
    assert interval("61", "excel1900")[0] == "1900-03-01 00:00:00"
    assert interval("0", "excel1900")[0] == "NaT"
    assert interval("44990", "excel1900")[0] == "2023-03-05 00:00:00"
    assert interval("1", "excel1904")[0] == "1904-01-02 00:00:00"
    assert interval("43528.5", "excel1904") == ("2023-03-05 12:00:00", "2023-03-05 12:01:00")
    assert interval("3000000", "excel1904")[0] == "NaT"


def test_a_number_above_twelve_decides_the_order_of_the_whole_column() -> None:
    found = parse_intervals(pd.Series(["01/02/2013", "01/31/2013 12:00:00 AM"]), ["auto"], CHINA)
    assert found.order == "month_first"
    assert found.deciding_share == 0.5
    assert list(found.start.astype("str")) == ["2013-01-02", "2013-01-31"]


def test_day_first_is_found_too() -> None:
    found = parse_intervals(pd.Series(["31/01/23", "01/02/23"]), ["auto"], CHINA)
    assert found.order == "day_first"
    assert list(found.start.astype("str")) == ["2023-01-31", "2023-02-01"]


UNDECIDED = [
    (["3/5/23", "1/2/23"], "undecided"),
    (["31/1/23", "1/31/23"], "mixed"),
    (["23-03-05", "23-04-06"], "undecided"),  # 5 March 2023 or 23 March 2005
    (["23-03-05", "03-05-23"], "undecided"),
    (["25/03/23"], "undecided"),
]


@pytest.mark.parametrize(("texts", "order"), UNDECIDED)
def test_without_evidence_nothing_is_guessed(texts: list[str], order: str) -> None:
    found = parse_intervals(pd.Series(texts), ["auto"], CHINA)
    assert found.order == order
    assert found.start.isna().all()


@pytest.mark.parametrize(
    ("texts", "order", "first", "share"),
    [
        (["23-03-05", "23-03-31"], "year_first", "2023-03-05", 0.5),  # not 23 March 2031
        (["95-03-05"], "year_first", "1995-03-05", 1.0),  # no month has 95 days
        (["25/03/23", "1/03/23"], "day_first", "2023-03-25", 0.5),  # one digit is no year
        (["25/03/23", "26/03/2023"], "day_first", "2023-03-25", 0.5),
        (["25/03/23", "30/03/23"], "day_first", "2023-03-25", 0.5),  # not 23 March 2030
        (["03/25/23", "03/05/23"], "month_first", "2023-03-25", 0.5),
        (["25/03/89"], "day_first", "1989-03-25", 1.0),
    ],
)
def test_a_reading_that_only_one_order_allows_decides(texts: list[str], order: str, first: str, share: float) -> None:
    found = parse_intervals(pd.Series(texts), ["auto"], CHINA)
    assert (found.order, str(found.start[0])[:10]) == (order, first)
    assert found.deciding_share == share


TWO_DIGIT_FORMS = {"day_first": "%d{0}%m{0}%y", "month_first": "%m{0}%d{0}%y", "year_first": "%y{0}%m{0}%d"}


TWO_DIGIT_DAYS = st.dates(date(1990, 1, 1), date(2025, 12, 31))
ORDERS, SIGNS = st.sampled_from(sorted(TWO_DIGIT_FORMS)), st.sampled_from("-/.")


@settings(max_examples=50, deadline=None)
@given(st.lists(TWO_DIGIT_DAYS, min_size=1, max_size=3), ORDERS, SIGNS)
def test_few_two_digit_years_are_read_as_written_or_not_at_all(days: list[date], order: str, sign: str) -> None:
    two_digit_years_are_read_as_written_or_not_at_all(days, order, sign)


@MANY
@given(column(TWO_DIGIT_DAYS), ORDERS, SIGNS)
def test_two_digit_years_are_read_as_written_or_not_at_all(days: list[date], order: str, sign: str) -> None:
    two_digit_years_are_read_as_written_or_not_at_all(days, order, sign)


def two_digit_years_are_read_as_written_or_not_at_all(days: list[date], order: str, sign: str) -> None:
    texts = pd.Series([day.strftime(TWO_DIGIT_FORMS[order].format(sign)) for day in days])
    found = parse_intervals(texts, ["auto"], CHINA)
    assert found.order in (order, "undecided")
    if found.order == "undecided":
        assert found.start.isna().all()
        assert found.deciding_share == 0
    else:
        assert found.start.tolist() == [pd.Timestamp(day) for day in days]


def test_forms_are_tried_in_turn() -> None:
    texts = pd.Series(["1/1/2005 8:00", "2011-12"])
    found = parse_intervals(texts, ["%m/%d/%Y %H:%M", "%Y-%m"], CHINA)
    assert list(found.end.astype("str")) == ["2005-01-01 08:01:00", "2012-01-01 00:00:00"]


def forms_of_a_day(day: date) -> list[str]:
    year = "".join(NUMERALS[int(digit)] for digit in str(day.year))
    return [
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        f"{year}年{spoken(day.month)}月{spoken(day.day)}日",
        f"{day:%d %b %Y}",
        str((day - date(1899, 12, 30)).days),
    ]


@MANY
@given(DAYS)
def test_all_forms_of_a_day_agree(days: list[date]) -> None:
    texts = [text for day in days for text in forms_of_a_day(day)]
    found = parse_intervals(pd.Series(texts), ["auto"], CHINA)
    expected = np.repeat(np.array(days, dtype="datetime64[us]"), 7)
    assert (found.start.to_numpy() == expected).all()
    assert (found.end.to_numpy() == expected + np.timedelta64(1, "D")).all()


@MANY
@given(column(st.tuples(st.datetimes(datetime(1992, 1, 1), datetime(2089, 12, 31)), st.integers(-12, 14))))
def test_a_moment_is_the_same_in_every_zone(cases: list[tuple[datetime, int]]) -> None:
    # China has not changed its clocks since 1991.
    texts, expected = [], []
    for exact, ahead in cases:
        moment = exact.replace(microsecond=0)
        there = moment + timedelta(hours=ahead - 8)
        label = f"{'-' if ahead < 0 else '+'}{abs(ahead):02d}:00"
        utc = moment - timedelta(hours=8)
        texts += [f"{moment:%Y-%m-%d %H:%M:%S}", f"{there.isoformat()}{label}", f"{utc:%Y%m%dT%H%M%S}Z"]
        expected += [moment] * 3
    found = parse_intervals(pd.Series(texts), ["auto"], CHINA)
    assert found.start.tolist() == [pd.Timestamp(moment) for moment in expected]
    assert ((found.end - found.start) == np.timedelta64(1, "s")).all()


@MANY
@given(DAYS)
def test_a_month_goes_from_its_first_day_to_the_next_months(days: list[date]) -> None:
    texts = [text for day in days for text in (f"{day:%Y-%m}", f"{day.year}年{day.month}月", f"{day:%Y%m}")]
    found = parse_intervals(pd.Series(texts), ["auto"], CHINA)
    months = np.repeat(np.array(days, dtype="datetime64[M]"), 3)
    assert (found.start.to_numpy() == months.astype("datetime64[us]")).all()
    assert (found.end.to_numpy() == (months + 1).astype("datetime64[us]")).all()
