import numpy as np
import pandas as pd
import pytest

from riskmap.errors import PanelError
from riskmap.panel.counts import count_events
from riskmap.panel.periods import Timeline, origin_index, period_index, period_starts
from riskmap.panel.reported import reported_periods, timeline_of


def times(*texts):
    return np.array(texts, dtype="datetime64[us]")


def test_weeks_start_on_monday():
    # 2026-01-05 is a Monday
    sunday, monday, next_sunday = period_index(times("2026-01-04T23:59:59", "2026-01-05", "2026-01-11T23:59"), "week")
    assert monday == sunday + 1 == next_sunday
    assert period_starts(range(monday, monday + 1), "week")[0] == pd.Timestamp("2026-01-05")


@pytest.mark.parametrize("period", ["day", "week", "month", "quarter"])
def test_every_moment_lies_in_the_period_that_it_is_given(period):
    moments = pd.date_range("1990-01-01", "2030-01-01", freq="37h").to_numpy().astype("datetime64[us]")
    index = period_index(moments, period)
    assert (period_starts(index, period).to_numpy() <= moments).all()
    assert (period_starts(index + 1, period).to_numpy() > moments).all()


def test_a_missing_time_is_refused():
    with pytest.raises(PanelError, match="missing in 1 of 2"):
        period_index(times("2020-01-01", "NaT"), "week")


def test_what_is_known_at_a_periods_first_moment_is_known_to_its_forecast():
    january = period_index(times("2019-01-15"), "month")[0]
    at_midnight, later = origin_index(times("2019-02-01T00:00:00", "2019-02-01T00:00:01"), "month")
    assert at_midnight == january + 1
    assert later == january + 2


def test_a_month_that_nobody_delivered_is_unknown_and_an_empty_month_of_a_small_file_is_zero():
    months = pd.DataFrame(
        {
            "covered_from": times("2020-01-01", "2020-02-01", "2020-04-01"),
            "covered_to": times("2020-02-01", "2020-03-01", "2020-05-01"),
            "rows": [400, 380, 410],
            "source_id": "police",
        }
    )
    timeline = timeline_of(months, "month")
    assert timeline.size == 4
    assert reported_periods(months, timeline).tolist() == [True, True, False, True]
    few = months.assign(rows=[3, 2, 1])
    assert reported_periods(few, timeline).tolist() == [True, True, False, True]  # nobody delivered the third
    whole = {"covered_from": times("2020-01-01"), "covered_to": times("2020-05-01"), "rows": [0], "source_id": "police"}
    of_one_file = pd.concat([few, pd.DataFrame(whole)], ignore_index=True)
    assert reported_periods(of_one_file, timeline).tolist() == [True] * 4


def test_a_few_rows_of_a_small_source_do_not_make_up_for_a_large_one():
    starts = pd.date_range("2020-01-01", "2020-07-01", freq="MS").astype("datetime64[us]")
    police = pd.DataFrame({"covered_from": starts[:-1], "covered_to": starts[1:], "rows": 400, "source_id": "police"})
    police = police.drop(index=2)  # March was never delivered
    hand = police.iloc[:0]
    for day in ("2020-02-11", "2020-03-04", "2020-04-20"):
        row = {"covered_from": pd.Timestamp(day), "covered_to": pd.Timestamp(day) + pd.Timedelta(days=1), "rows": 5}
        hand = pd.concat([hand, pd.DataFrame([{**row, "source_id": "hand"}])])
    both = pd.concat([police, hand], ignore_index=True)
    timeline = timeline_of(both, "month")
    assert reported_periods(both, timeline).tolist() == [True, True, False, True, True, True]
    # A successor of the same size takes over.
    later = police[police["covered_from"] >= "2020-04-01"].assign(source_id="successor", rows=300)
    handed_over = pd.concat([police[police["covered_from"] < "2020-04-01"], later])
    assert reported_periods(handed_over, timeline).tolist() == [True, True, False, True, True, True]
    # Two of equal size: one that falls silent in between leaves a gap.
    twins = pd.concat([police, police.assign(source_id="twin").drop(index=3)])
    assert reported_periods(twins, timeline).tolist() == [True, True, False, False, True, True]


def test_stray_records_of_long_ago_do_not_stretch_the_timeline():
    coverage = pd.DataFrame(
        {
            "covered_from": times("1995-03-01", "2020-01-01", "2020-02-01"),
            "covered_to": times("1995-03-02", "2020-02-01", "2020-03-01"),
            "rows": [1, 400, 380],
        }
    )
    timeline = timeline_of(coverage, "month")
    assert timeline.starts()[0] == pd.Timestamp("2020-01-01")
    assert timeline.size == 2


def test_a_month_delivered_by_half_is_not_a_whole_one():
    days = pd.date_range("2018-06-01", "2018-08-08", freq="D")
    coverage = pd.DataFrame({"covered_from": days, "covered_to": days + pd.Timedelta(1, "D"), "rows": 100})
    assert timeline_of(coverage, "month").starts()[-1] == pd.Timestamp("2018-08-01")


def test_no_whole_period_is_a_clear_refusal():
    coverage = pd.DataFrame({"covered_from": times("2020-01-01"), "covered_to": times("2020-01-04"), "rows": [500]})
    with pytest.raises(PanelError, match="No whole month"):
        timeline_of(coverage, "month")
    with pytest.raises(PanelError, match="no dated cases"):
        timeline_of(coverage.head(0), "month")


def test_cancelling_rows_are_netted_and_row_order_does_not_matter():
    placed = pd.DataFrame(
        {
            "cell": [4, 4, 4, 1],
            "occurred_from": times("2020-01-03", "2020-01-20", "2020-01-20", "2020-02-02"),
            "known_on": times("2020-02-01", "2020-02-01", "2020-02-01", "2020-05-09"),
            "count": [1, 1, -1, 1],
        }
    )
    timeline = Timeline(int(period_index(times("2020-01-01"), "month")[0]), 3, "month")
    reported = np.ones(3, dtype=bool)
    counts = count_events(placed, timeline, reported)
    assert counts.cell.tolist() == [1, 4]
    assert counts.count.tolist() == [1.0, 1.0]
    # the case of February was registered on 9 May: the first forecast that knows it is the one for June
    assert counts.usable.tolist() == [5, 1]
    shuffled = count_events(placed.sample(frac=1, random_state=1), timeline, reported)
    assert all(np.array_equal(getattr(counts, name), getattr(shuffled, name)) for name in ("cell", "usable", "count"))


def test_a_delivery_that_ends_with_a_period_does_not_begin_the_next_one():
    coverage = pd.DataFrame(
        {
            "source_id": ["quiet"] * 2,
            "covered_from": pd.to_datetime(["2024-01-01", "2024-02-01"]),
            "covered_to": pd.to_datetime(["2024-02-01", "2024-03-01"]),
            "rows": [3, 2],
        }
    )
    assert timeline_of(coverage, "month").starts()[-1] == pd.Timestamp("2024-03-01")
