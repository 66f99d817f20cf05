import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.layers.intake import import_files
from riskmap.layers.undo import undo_import
from riskmap.panel.deliveries import delivered_until, delivery_calendar, delivery_clock, list_sources, rows_by_period
from riskmap.panel.periods import period_index
from riskmap.sources.recipe import Recipe

NOW = pd.Timestamp("2024-03-04 10:00")  # a Monday; 2024-01-01 was one too


def recipe(name, layer="cases", **changes):
    """Cases or other incidents in WGS84, each with a day, a place and a kind."""
    kind = "category" if layer == "cases" else "kind"
    identity = "case_id" if layer == "cases" else "incident_id"
    columns = {identity: "id", "occurred": "day", "lon": "lon", "lat": "lat"}
    form = {"name": name, "layer": layer, "crs": "WGS84", "columns": columns, "constants": {kind: "other"}}
    return Recipe.model_validate(form | changes)


def deliver(study, folder, form, days, per_day=1):
    """Import `per_day` rows for each of `days`."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{form.name}-{day}-{n},{day},104.5{n:03d}1,30.50001" for day in days for n in range(per_day)]
    path = folder / f"{form.name}.csv"
    path.write_text("\n".join(["id,day,lon,lat", *lines]) + "\n")
    receipt = import_files(study, form.layer, [path], form)
    assert receipt.accepted == len(lines)
    return receipt


def weeks(first, n):
    return [f"{day:%Y-%m-%d}" for day in pd.date_range(first, periods=n, freq="7D")]


def test_rows_of_a_month_are_shared_out_over_its_weeks():
    # 1 January (a Monday) to 29 January 2024 are four weeks: 8 rows are 2 a week.
    month = pd.DataFrame(
        {"covered_from": [pd.Timestamp("2024-01-01")], "covered_to": [pd.Timestamp("2024-01-29")], "rows": [8]}
    )
    first = int(period_index(month["covered_from"], "week")[0])
    assert rows_by_period(month, "week").to_dict() == {first + week: 2.0 for week in range(4)}


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 90), st.integers(1, 50)), min_size=1, max_size=8),
    st.sampled_from(["day", "week", "month", "quarter"]),
)
def test_sharing_rows_out_keeps_their_number(spans, period):
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta([first for first, _, _ in spans], unit="D")
    end = start + pd.to_timedelta([length for _, length, _ in spans], unit="D")
    delivered = pd.DataFrame({"covered_from": start, "covered_to": end, "rows": [rows for _, _, rows in spans]})
    assert rows_by_period(delivered, period).sum() == pytest.approx(delivered["rows"].sum())


def test_a_gap_of_a_busy_source_is_missing_and_that_of_a_quiet_one_is_zero(square_area, tmp_path):
    days = [day for day in weeks("2024-01-01", 5) if day != "2024-01-15"]
    deliver(square_area, tmp_path, recipe("busy"), days, per_day=12)
    deliver(square_area, tmp_path, recipe("quiet", "incidents"), days, per_day=2)
    calendar = delivery_calendar(square_area, 10)
    third = calendar[calendar["period_start"] == pd.Timestamp("2024-01-15")].set_index("source_id")
    assert third["rows"].to_dict() == {"busy": 0.0, "quiet": 0.0}
    assert third["reported"].to_dict() == {"busy": False, "quiet": True}
    assert len(calendar) == 10
    assert (calendar["period_end"] - calendar["period_start"] == pd.Timedelta(days=7)).all()


def test_a_source_that_fell_silent_is_missing_up_to_the_newest_delivery(square_area, tmp_path):
    deliver(square_area, tmp_path, recipe("going"), weeks("2024-01-01", 6), per_day=12)
    deliver(square_area, tmp_path, recipe("gone", "incidents"), weeks("2024-01-01", 2), per_day=12)
    calendar = delivery_calendar(square_area, 10)
    gone = calendar[calendar["source_id"] == "gone"]
    assert gone["reported"].tolist() == [True, True, False, False, False, False]


def test_the_calendar_shows_the_last_periods_only(square_area, tmp_path):
    deliver(square_area, tmp_path, recipe("going"), weeks("2024-01-01", 6))
    starts = delivery_calendar(square_area, 2)["period_start"]
    assert starts.tolist() == [pd.Timestamp("2024-01-29"), pd.Timestamp("2024-02-05")]


def test_an_area_without_imports_has_no_sources_and_no_calendar(square_area):
    assert delivered_until(square_area) is None
    assert delivery_calendar(square_area, 10).empty
    assert list_sources(square_area, NOW).empty


def test_a_source_is_stale_after_more_than_two_periods(square_area, tmp_path):
    deliver(square_area, tmp_path, recipe("old"), ["2024-01-29"])
    deliver(square_area, tmp_path, recipe("fresh", "incidents"), ["2024-02-20"])
    sources = list_sources(square_area, NOW).set_index("source_id")
    # Delivered until the end of 29 January, a Monday: the weeks of 5, 12, 19 and 26 February and 4 March began since.
    assert sources.loc["old", ["age_days", "age_periods", "stale"]].tolist() == [34, 5, True]
    assert sources.loc["fresh", ["age_days", "age_periods", "stale"]].tolist() == [12, 2, False]


def test_a_source_names_rows_datum_encoding_publisher_and_licence(square_area, tmp_path):
    form = recipe("named", publisher="Office", licence="CC0-1.0")
    first = deliver(square_area, tmp_path, form, ["2024-01-01", "2024-01-02"])
    deliver(square_area, tmp_path, form, ["2024-01-09"])
    (row,) = list_sources(square_area, NOW).to_dict("records")
    assert (row["imports"], row["rows"], row["quarantined"]) == (2, 3, 0)
    assert (row["first"], row["last"]) == (pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-10"))
    assert (row["datum"], row["encoding"], row["publisher"], row["licence"]) == ("WGS84", "utf-8", "Office", "CC0-1.0")
    undo_import(square_area, str(first.import_id), "a test")
    assert list_sources(square_area, NOW)["rows"].tolist() == [1]


def test_a_simulated_areas_clock_stands_at_its_newest_record(square_area, tmp_path):
    deliver(square_area, tmp_path, recipe("going"), ["2024-01-01"])
    simulated = square_area.model_copy(update={"simulated": True})
    assert delivery_clock(square_area, NOW) == NOW
    assert delivery_clock(simulated, NOW) == pd.Timestamp("2024-01-02")


def test_a_quiet_sources_weeks_between_two_files_are_unknown_and_inside_a_file_are_zero(square_area, tmp_path):
    first, second = weeks("2024-01-01", 4), weeks("2024-02-12", 3)
    deliver(square_area, tmp_path / "a", recipe("quiet"), [first[0], first[3]])
    deliver(square_area, tmp_path / "b", recipe("quiet"), second)
    calendar = delivery_calendar(square_area, 9)
    reported = calendar.set_index("period_start")["reported"]
    empty = [day for day in weeks("2024-01-01", 9) if calendar.set_index("period_start")["rows"][day] == 0]
    assert empty == weeks("2024-01-08", 2) + weeks("2024-01-29", 2)
    assert reported[weeks("2024-01-08", 2)].all()
    assert not reported[weeks("2024-01-29", 2)].any()
