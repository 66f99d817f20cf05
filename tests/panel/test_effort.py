"""Hours of police work: totals kept, known when they were, unknown where nobody tells."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from riskmap.grid.cells import cell_centres, cells_of_polygon
from riskmap.panel.assemble import feature_rows, rows_at_origin
from riskmap.panel.effort import Effort, hours_by_cell, usual_hours
from riskmap.panel.effort_units import effort_units
from riskmap.panel.leaks import refuse_future_features, with_another_future
from riskmap.panel.periods import Timeline, period_index
from tests.panel.patrolled import hours_by_beat
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts

CELLS = cells_of_polygon(box(10.0, 50.0, 10.4, 50.2), 8)
MONDAY = pd.Timestamp("2024-01-01")
WEEKS = 12
TIMELINE = Timeline(int(period_index(np.array([MONDAY], "datetime64[us]"), "week")[0]), WEEKS, "week")
AREAS = gpd.GeoDataFrame({"area_code": ["1", "2"]}, geometry=[box(10, 50, 10.2, 50.2), box(10.2, 50, 10.4, 50.2)])
EVERY = np.arange(len(CELLS))


def row(week, hours, *, place, days=7.0, late=0, kind="patrol", source="s"):
    begin = MONDAY + pd.Timedelta(weeks=week)
    end = begin + pd.Timedelta(days=days)
    where = {"cell": np.uint64(0), "shape": None, "area_code": "", "visit": False} | place
    known = end + pd.Timedelta(weeks=late)
    said = {"source_id": source, "worked_from": begin, "worked_to": end, "known_on": known, "kind": kind}
    return said | {"hours": float(hours)} | where


def area(code):
    return {"area_code": code}


def units(*rows, visited=()) -> Effort:
    frame = pd.DataFrame(list(rows))
    times = ["worked_from", "worked_to", "known_on"]
    frame = frame.astype(dict.fromkeys(times, "datetime64[us]")).astype({"cell": "uint64"})
    reported = np.isin(np.arange(WEEKS), visited)
    found = effort_units(frame, AREAS, CELLS, 8, TIMELINE, reported)
    assert found is not None
    return found


def hours_at(effort, origin, half_life=4.0):
    return effort.look_up(EVERY, np.zeros_like(EVERY), range(origin, origin + 1), half_life)


def test_hours_of_an_area_are_spread_evenly_and_their_total_is_kept():
    found = hours_at(units(row(0, 700, place=area("1"))), 1)
    assert np.nansum(found) == pytest.approx(700, rel=1e-5)
    longitude, latitude = cell_centres(CELLS)
    assert np.isnan(found[longitude > 10.22]).all()  # unknown is not zero
    inside = found[(longitude > 10.03) & (longitude < 10.17) & (latitude > 50.03) & (latitude < 50.17)]
    assert len(inside) > 50
    assert inside.max() < 1.01 * inside.min()


@pytest.mark.parametrize(
    "place", [{"shape": box(10.05, 50.05, 10.1, 50.1)}, {"cell": CELLS[7]}, {"shape": Point(10.1, 50.1)}, area("2")]
)
def test_hours_of_a_beat_a_cell_or_an_area_are_all_there(place):
    assert np.nansum(hours_at(units(row(0, 30, place=place)), 1)) == pytest.approx(30, rel=1e-5)


def test_the_mean_is_that_of_the_reported_periods_by_hand():
    """Hours 10, nothing reported, 40 with a half-life of one week: (40 + 10/4) / (1 + 1/4) = 34."""
    effort = units(row(0, 10, place={"cell": CELLS[7]}), row(2, 40, place={"cell": CELLS[7]}))
    found = hours_at(effort, 3, 1.0)
    assert found[7] == pytest.approx(34)
    assert np.isnan(np.delete(found, 7)).all()


def test_hours_exist_from_the_forecast_after_they_were_registered():
    effort = units(row(0, 10, place=area("1")), row(1, 90, place=area("1"), late=3))
    totals = [np.nansum(hours_at(effort, origin, 1.0)) for origin in (1, 2, 4, 5)]
    # Known at origin 5, then aged three weeks more than it would be by age 0: (90/8 + 10/16) / (1/8 + 1/16).
    assert totals == pytest.approx([10, 10, 10, (90 / 8 + 10 / 16) / (3 / 16)], rel=1e-5)
    assert np.isnan(hours_at(effort, 0)).all()


def test_a_reported_zero_is_zero_and_a_source_that_fell_silent_long_ago_is_unknown():
    effort = units(row(0, 0, place=area("1")))
    assert np.nansum(hours_at(effort, 1)) == 0
    assert np.isfinite(hours_at(effort, 1)).any()
    assert np.isfinite(hours_at(effort, WEEKS, 4.0)).any()
    assert np.isnan(hours_at(effort, WEEKS, 1.0)).all()  # eleven half-lives


def test_a_list_of_visits_leaves_out_where_nobody_went():
    """One visit of 8 hours in the first of three delivered weeks, of which the second was not delivered."""
    effort = units(row(0, 8, place={"cell": CELLS[7], "visit": True}, days=0.25), visited=(0, 2))
    found = hours_at(effort, 3, 1e9)
    assert found[7] == pytest.approx(4)
    assert np.isnan(np.delete(found, 7)).all()
    assert np.isnan(hours_at(effort, 0)).all()  # that somebody will go there one day is not known yet


def test_kinds_and_sources_are_added():
    rows = [row(0, 10, place=area("1")), row(0, 5, place=area("1"), kind="inspection")]
    rows.append(row(0, 1, place={"cell": CELLS[7]}, source="other"))
    assert np.nansum(hours_at(units(*rows), 1)) == pytest.approx(16, rel=1e-5)


def test_a_kind_that_was_not_reported_this_week_is_not_taken_for_none():
    rows = [row(w, 10, place=area("1")) for w in (0, 1)] + [row(0, 5, place=area("1"), kind="inspection")]
    assert np.nansum(hours_at(units(*rows), 2)) == pytest.approx(15, rel=1e-5)


def test_a_month_is_spread_over_its_weeks_and_a_night_over_two():
    """35 days from a Monday: five weeks of a fifth each, and no week counts as more than reported."""
    effort = units(row(0, 100, place=area("1"), days=35))
    assert effort.hours.count == pytest.approx([20] * 5)
    assert effort.told.count == pytest.approx([1] * 5)
    shifted = units(row(0.5, 14, place=area("1"), days=14))
    assert shifted.hours.count == pytest.approx([3.5, 7, 3.5])
    assert shifted.told.count == pytest.approx([0.5, 1, 0.5])
    assert np.nansum(hours_at(shifted, 3)) == pytest.approx(7, rel=1e-5)
    night = units(row(0.95, 8, place=area("1"), days=0.7))
    assert night.hours.count == pytest.approx([4, 4], abs=0.01)
    assert night.told.count == pytest.approx([1, 1])


def test_two_halves_of_a_week_make_one_reported_week():
    effort = units(row(0, 4, place=area("1"), days=3.5), row(0.5, 6, place=area("1"), days=3.5))
    assert effort.told.count.sum() == pytest.approx(1)
    assert np.nansum(hours_at(effort, 1)) == pytest.approx(10, rel=1e-5)


def test_what_lies_on_no_cell_or_names_no_area_counts_nowhere():
    frame = pd.DataFrame([row(0, 5, place=area("9")), row(0, 5, place={"shape": box(0, 0, 1, 1)})])
    assert effort_units(frame, AREAS, CELLS, 8, TIMELINE, np.zeros(WEEKS, bool)) is None


@pytest.fixture(scope="module")
def panel():
    cells = disk_cells(12)
    plain = make_panel(random_counts(lumpy_rate(cells, 30), seed=1), cells)
    beat = plain.groups["parent"]
    hours = np.random.default_rng(4).gamma(2.0, 50.0, (30, beat.max() + 1))
    return replace(plain, effort=hours_by_beat(beat, hours, delay=1))


def test_features_of_a_row_follow_a_slow_loop(panel):
    names = panel.feature_names
    assert [name for name in names if name.startswith("effort")] == [f"effort_hours_decay_{h}" for h in (1, 6, 24)]
    rows = rows_at_origin(panel, 20)
    hours = np.zeros((30, len(panel.effort.place)))
    np.add.at(hours, (panel.effort.hours.occurred, panel.effort.hours.cell), panel.effort.hours.count)
    size = np.bincount(panel.groups["parent"])
    for half_life in (1, 6, 24):
        decay = 0.5 ** (1 / half_life)
        weight = decay ** (19 - np.arange(19))  # the newest period is reported a period late
        for cell in range(0, len(panel.cells), 61):
            beat = panel.groups["parent"][cell]
            slow = (weight * hours[:19, beat]).sum() / weight.sum() / size[beat]
            assert rows[cell, names.index(f"effort_hours_decay_{half_life}")] == pytest.approx(slow, rel=1e-4)


def test_tiles_and_ranges_of_origins_give_the_same_rows(panel):
    rows = rows_at_origin(panel, 14)
    picked = np.array([0, 5, 9])
    drawn = feature_rows(panel, panel.whole(), range(10, 18), np.full(3, 4), picked)
    np.testing.assert_allclose(drawn, rows[picked], rtol=1e-4)


def test_another_future_of_hours_leaves_every_feature_unchanged(panel):
    refuse_future_features(panel, 20, seed=3)
    other = with_another_future(panel, 20, seed=3)
    column = panel.feature_names.index("effort_hours_decay_1")
    assert not np.allclose(rows_at_origin(other, 23)[:, column], rows_at_origin(panel, 23)[:, column])


def test_usual_hours_are_those_of_the_periods_asked_for_and_known_at_their_end():
    """Beat 0 worked 90 hours a period, then 10; beat 1 reported too few periods of the later ones to be known."""
    hours = np.column_stack([[90.0] * 10 + [10.0, 20.0] * 5, [40.0] * 20])
    effort = hours_by_beat(np.array([0, 0, 1]), hours)
    few = (effort.told.cell == 1) & (effort.told.occurred >= 13)
    effort = replace(effort, told=replace(effort.told, count=np.where(few, 0, effort.told.count).astype(np.float32)))
    usual, error = usual_hours(effort, range(10, 20))
    assert usual[0] == pytest.approx(15)
    assert error[0] == pytest.approx(5 / np.sqrt(10))
    assert np.isnan(usual[1])
    assert hours_by_cell(effort, usual) == pytest.approx([7.5, 7.5, np.nan], nan_ok=True)
    late = replace(effort.hours, usable=effort.hours.usable + 3)
    late = replace(effort, hours=late, told=replace(effort.told, usable=effort.told.usable + 3))
    assert usual_hours(late, range(10, 20))[0][0] == pytest.approx(100 / 7)  # of seven periods
