"""The section "Time": one test a case."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskmap.grid.cells import cells_of_polygon
from riskmap.layers.date_columns import read_column
from riskmap.layers.findings import Findings
from riskmap.layers.folders import coverage
from riskmap.layers.incidents import read_events
from riskmap.panel.counts import count_events, place_events
from riskmap.panel.holidays import flag_holidays
from riskmap.panel.reported import reported_periods, timeline_of
from riskmap.study import Study
from tests.bad_inputs.given import COLUMNS, GOOD, HEADER, fates, only_line, only_refusal, recipe, take, write

PLACE = "104.50012,30.50012,510100,1,"


def dated(*dates: str) -> list[str]:
    return [f"A{number},{date},{PLACE}" for number, date in enumerate(dates, start=1)]


def begun(study: Study) -> list[str]:
    events = read_events(study, "cases").sort_values("id")
    return events["occurred_from"].astype("str").tolist()


def test_excel_serials_of_the_1900_system_are_read(square_area: Study, tmp_path: Path) -> None:
    # 45293 days after 30 December 1899; half a day is noon.
    receipt = take(square_area, write(tmp_path, *dated("45293", "45293.5")))
    assert (receipt.accepted, receipt.repaired) == (2, 2)
    assert [(line["rule"], line["original"]) for line in receipt.rows] == [
        ("value_read", "45293"),
        ("value_read", "45293.5"),
    ]
    assert begun(square_area) == ["2024-01-02 00:00:00", "2024-01-02 12:00:00"]


def test_excel_serials_of_the_1904_system_are_read_where_the_recipe_says_so(square_area: Study, tmp_path: Path) -> None:
    # The same day is 1462 days less there.
    form = recipe(dates={"occurred": "excel1904"})
    assert take(square_area, write(tmp_path, *dated("43831")), form).accepted == 1
    assert begun(square_area) == ["2024-01-02"]


def test_chinese_dotted_and_compact_dates_are_the_same_day(square_area: Study, tmp_path: Path) -> None:
    texts = (
        "2023年3月5日",
        "2023.3.5",
        "20230305",
        "二〇二三年三月五日",
        "2023年3月5日14时20分",
        "2023-03-05T14:20:11+08:00",
    )
    receipt = take(square_area, write(tmp_path, *dated(*texts)))
    assert (receipt.accepted, receipt.repaired) == (6, 5)
    assert [(line["rule"], line["original"]) for line in receipt.rows] == [("value_read", text) for text in texts[:5]]
    assert [text[:10] for text in begun(square_area)] == ["2023-03-05"] * 6


def test_an_order_of_day_and_month_is_asked_once_a_column_with_its_share(square_area: Study, tmp_path: Path) -> None:
    # Day-first would read three of the four; the fourth can only be month-first.
    path = write(tmp_path, *dated("3/5/23", "4/5/23", "5/5/23", "3/25/23"))
    refused = only_refusal(take(square_area, path))
    assert refused["rule"] == "date_order"
    assert "25% of them decide which part is the day (the month comes first)" in refused["message_en"]
    assert "25%" in refused["message_zh"]
    assert "月在前" in refused["message_zh"]
    assert take(square_area, path, accept=True).accepted == 4
    assert begun(square_area) == ["2023-03-05", "2023-04-05", "2023-05-05", "2023-03-25"]


def test_an_order_that_nothing_decides_is_refused_although_agreed(square_area: Study, tmp_path: Path) -> None:
    refused = only_refusal(take(square_area, write(tmp_path, *dated("3/5/23")), accept=True))
    assert "(nothing decides)" in refused["message_en"]
    assert "无从判定" in refused["message_zh"]


def test_a_month_alone_is_an_interval_and_no_week(square_area: Study, tmp_path: Path) -> None:
    line = only_line(take(square_area, write(tmp_path, GOOD, f"A2,2023年3月,{PLACE}")))
    assert (line["row"], line["rule"], line["fate"]) == (3, "interval_exceeds_period", "quarantined")
    assert "covers more than one period" in line["message_en"]
    assert "2023年3月" in line["message_zh"]


def test_a_month_alone_is_a_month_in_a_monthly_area(square_area: Study, tmp_path: Path) -> None:
    monthly = square_area.model_copy(update={"period": "month"})
    assert take(monthly, write(tmp_path, *dated("2023年3月"))).accepted == 1
    event = read_events(monthly, "cases").iloc[0]
    assert (str(event["occurred_from"]), str(event["occurred_to"])) == ("2023-03-01 00:00:00", "2023-04-01 00:00:00")


ODD_DATES = {
    "future": ("2124-01-02", "date_future", "lies in the future", "2124-01-02"),
    "before 1990": ("1989-12-31", "date_before_1990", "lies before 1990", "1990"),
    "1900-01-00": ("1900-01-00", "date_unreadable", "cannot be read without a guess", "1900-01-00"),
    "1900-01-01": ("1900-01-01", "date_before_1990", "lies before 1990", "1990"),
    "30 February": ("2024-02-30", "date_unreadable", "cannot be read", "2024-02-30"),
    "about": ("约2023年3月", "date_unreadable", "cannot be read", "约2023年3月"),
    "blank": ("", "date_blank", "is blank", "时间"),
}


@pytest.mark.parametrize("case", ODD_DATES)
def test_an_odd_date_is_kept_aside(square_area: Study, tmp_path: Path, case: str) -> None:
    text, rule, english, chinese = ODD_DATES[case]
    line = only_line(take(square_area, write(tmp_path, GOOD, f"A2,{text},{PLACE}")))
    assert (line["row"], line["column"], line["rule"], line["fate"]) == (3, "时间", rule, "quarantined")
    assert (line["original"], english in line["message_en"]) == (text, True)
    assert chinese in line["message_zh"]


def test_dates_before_1990_do_not_stretch_the_time_axis(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, *dated("1900-01-01", "1970-01-01", "2024-01-02", "2024-01-16")))
    timeline = timeline_of(coverage(square_area, "cases"), "week", None)
    assert str(timeline.starts()[0]) == "2024-01-01 00:00:00"


def test_naive_local_and_utc_times_come_to_the_studys_clock(square_area: Study, tmp_path: Path) -> None:
    texts = ("2024-01-02 10:00", "2024-01-02T10:00+08:00", "2024-01-02T02:00Z", "2024-01-01 18:00 GMT-8")
    assert take(square_area, write(tmp_path, *dated(*texts))).accepted == 4
    assert begun(square_area) == ["2024-01-02 10:00:00"] * 4


def test_converted_times_are_said_once_a_column(square_area: Study) -> None:
    texts = pd.Series(["2024-01-02 10:00", "2024-01-02T02:00Z", "2024-01-02T03:00Z"], dtype="str")
    findings = Findings(len(texts))
    read_column(texts, "occurred", recipe(), square_area, findings, accept=False)
    (note,) = [said for said in findings.notes if "zone" in said.en]
    assert "2 times in column 时间 name another zone" in note.en
    assert "the first, 2024-01-02T02:00Z, became 2024-01-02 10:00:00" in note.en
    assert "2 个时间注明了其他时区" in note.zh
    plain = Findings(1)
    read_column(texts[:1], "occurred", recipe(), square_area, plain, accept=False)
    assert plain.notes == []


def registered(tmp_path: Path, *pairs: tuple[str, str]) -> tuple[Path, dict[str, str]]:
    """A file of cases with the day on which each was registered, and the columns to read it by."""
    rows = [f"A{number},{event},{PLACE},{known}" for number, (event, known) in enumerate(pairs, start=1)]
    return write(tmp_path, *rows, header=HEADER + ",登记"), {**COLUMNS, "known_on": "登记"}


def test_a_registration_before_the_event_is_kept_aside(square_area: Study, tmp_path: Path) -> None:
    path, columns = registered(tmp_path, ("2024-01-02", "2024-01-01"), ("2024-01-02", "2024-01-02"))
    line = only_line(take(square_area, path, recipe(columns=columns)))
    assert (line["row"], line["rule"], line["fate"]) == (2, "known_before_event", "quarantined")
    assert "registered (2024-01-01) before the event" in line["message_en"]
    assert "早于" in line["message_zh"]


def test_a_late_registration_is_accepted_and_leaves_past_forecasts_unchanged(
    square_area: Study, tmp_path: Path
) -> None:
    path, columns = registered(tmp_path, ("2024-01-02", "2024-01-03"), ("2024-01-03", "2024-06-05"))
    receipt = take(square_area, path, recipe(columns=columns))
    assert (receipt.accepted, receipt.rows) == (2, [])
    events = read_events(square_area, "cases")
    assert events.sort_values("id")["known_on"].astype("str").tolist() == ["2024-01-04", "2024-06-06"]
    cells = cells_of_polygon(square_area.boundary(), square_area.resolution)
    timeline = timeline_of(coverage(square_area, "cases"), "week", None)
    placed = place_events(events, cells, square_area.resolution)
    counts = count_events(placed, timeline, np.ones(timeline.size, dtype=bool))
    # Week 0 is 1 to 7 January; 6 June 2024 lies in week 22, so the forecast of week 23 is the first to know.
    assert counts.known_at(22).count.sum() == 1
    assert counts.usable.tolist() == [1, 23]


def test_a_period_with_no_upload_is_unknown_and_not_zero(square_area: Study, tmp_path: Path) -> None:
    # Twelve rows a week in weeks 0, 1 and 3; nothing at all in week 2.
    days = ["2024-01-03"] * 12 + ["2024-01-10"] * 12 + ["2024-01-24"] * 12
    assert take(square_area, write(tmp_path, *dated(*days))).accepted == 36
    covered = coverage(square_area, "cases")
    timeline = timeline_of(covered, "week", pd.Timestamp("2024-01-29"))
    assert reported_periods(covered, timeline).tolist() == [True, True, False, True]


def test_a_holiday_week_is_flagged(square_area: Study) -> None:
    # Spring Festival 2024: New Year's Day of the lunar calendar is 10 February, the days off last until the 17th.
    starts = pd.date_range("2024-01-29", "2024-03-04", freq="W-MON")
    flags = flag_holidays(starts, square_area)
    assert (flags["holidays_zh"] != "").tolist() == [False, True, True, False, False]
    assert flags["holidays_zh"].iloc[0] == ""
    assert flags["holidays_zh"].iloc[1] == "春节"
    assert flags["holidays_en"].iloc[1] == "Chinese New Year (Spring Festival)".partition(" (")[0]
    months = pd.date_range("2024-01-01", "2024-04-01", freq="MS")
    assert (flag_holidays(months, square_area.model_copy(update={"period": "month"})) == "").all(axis=None)


def test_every_row_keeps_a_fate(square_area: Study, tmp_path: Path) -> None:
    texts = [text for text, *_ in ODD_DATES.values()]
    receipt = take(square_area, write(tmp_path, *dated("2024-01-02", *texts)))
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (8, 1, 7)
    assert [fate for _, _, fate in fates(receipt)] == ["quarantined"] * 7


def test_a_two_digit_year_in_front_is_no_day_without_evidence(square_area: Study, tmp_path: Path) -> None:
    refused = only_refusal(take(square_area, write(tmp_path, *dated("23-03-05", "23-03-06")), accept=True))
    assert refused["rule"] == "date_order"
    assert "0% of them decide which part is the day (nothing decides)" in refused["message_en"]
    assert "无从判定" in refused["message_zh"]
    decided = write(tmp_path, *dated("23-03-05", "23-03-31"))
    refused = only_refusal(take(square_area, decided))
    assert "50% of them decide which part is the day (the year comes first)" in refused["message_en"]
    assert "年在前" in refused["message_zh"]
    take(square_area, decided, accept=True)
    assert list(read_events(square_area, "cases")["occurred_from"].astype("str").str[:10]) == [
        "2023-03-05",
        "2023-03-31",
    ]
