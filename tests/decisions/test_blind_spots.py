from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from riskmap.decisions import blind_spots, hours_and_risk
from riskmap.decisions.blind_spots import (
    NOTABLE,
    compare_with_even,
    count_verdicts,
    hours_against_risk,
    looking_against_risk,
    wastewater_against_cases,
)
from riskmap.grid.cells import cell_centres
from riskmap.study import check_study
from tests.panel.patrolled import hours_by_beat
from tests.panel.synthetic import disk_cells

MOMENT = pd.Timestamp("2025-01-06")


@dataclass
class Served:
    """What the comparisons read of a surface."""

    cells: pd.DataFrame
    tables: dict
    manifest: dict = field(default_factory=lambda: {"as_of": "2025-01-06"})

    @property
    def need(self):
        return self.cells["need"].to_numpy()

    def has(self, name):
        return name in self.tables

    def table(self, name, columns=None):
        return self.tables[name] if columns is None else self.tables[name][columns]


@pytest.fixture
def study():
    return check_study({"id": "x", "resolution": 8, "period": "week", "timezone": "Asia/Shanghai"})


@pytest.fixture(scope="module")
def quarters():
    """A disk of cells in four quarters by longitude and latitude."""
    cells = disk_cells(12)
    lon, lat = cell_centres(cells)
    return cells, 2 * (lon > np.median(lon)) + (lat > np.median(lat))


def served(quarters, per_quarter):
    cells, quarter = quarters
    counts = pd.DataFrame(
        {
            "cell": [cells[quarter == q][0] for q in range(4)],
            "period_start": pd.Timestamp("2024-06-03"),
            "count": per_quarter,
        }
    )
    surface = pd.DataFrame({"cell": cells, "expected": 1.0, "need": 1.0})
    return Served(
        surface, {"counts": counts, "cell_areas": pd.DataFrame({"cell": cells, "county": quarter.astype(str)})}
    )


def write_wastewater(monkeypatch, quarters, loads, *, people=50_000.0, samples=12):
    cells, quarter = quarters
    lon, lat = cell_centres(cells)
    shapes = [gpd.points_from_xy(lon[quarter == q], lat[quarter == q]).union_all().convex_hull for q in range(4)]
    plants = gpd.GeoDataFrame(
        {"plant_id": list("abcd"), "code": list("ABCD"), "level": "plant", "population": people},
        geometry=shapes,
        crs=4326,
    )
    street = plants.iloc[[0]].assign(plant_id="street", code="S", level="street", population=20_000.0)
    days = pd.date_range("2024-02-05", periods=samples, freq="14D")
    rows = [
        {"plant_id": plant, "sampled_from": day, "known_on": day + pd.Timedelta(days=5), "load_mg_d_per_1000": load}
        for plant, load in zip(plants["plant_id"], loads, strict=True)
        for day in days
    ]
    measured = pd.DataFrame(rows).assign(analyte="methamphetamine", qualifier="=", kind="composite_24h")
    both = gpd.GeoDataFrame(pd.concat([plants, street], ignore_index=True), crs=4326)
    monkeypatch.setattr(blind_spots, "read_plants", lambda study: both)
    monkeypatch.setattr(blind_spots, "read_samples", lambda study: measured.assign(sampled_to=measured["sampled_from"]))


def test_a_factor_is_what_was_found_over_an_even_share():
    """Loads 1, 1 and 2 of 80 cases: evenly 20, 20 and 40."""
    found = compare_with_even(np.array([5.0, 35.0, 40.0]), np.array([1.0, 1.0, 2.0]), 0.1)
    assert found["even"].tolist() == [20, 20, 40]
    assert found["ratio"].tolist() == pytest.approx([5.5 / 20.5, 35.5 / 20.5, 1.0])
    error = 1.96 * np.sqrt(1 / 5.5 + 0.01)
    assert found["high"][0] == pytest.approx(5.5 / 20.5 * np.exp(error))
    assert found["verdict"].tolist() == ["few", "as expected", "as expected"]


def test_only_a_notable_factor_with_its_whole_interval_is_said():
    even = np.array([1.0, 1.0])
    found = compare_with_even(np.array([4000.0, 6000.0]), even, 0.0)
    assert found["verdict"].tolist() == ["as expected"] * 2  # far from chance, and yet under 1.5
    found = compare_with_even(np.array([2.0, 8.0]), even, 0.0)
    assert found["verdict"].tolist() == ["as expected"] * 2  # factors of 2, and yet chance
    found = compare_with_even(np.array([150.0, 850.0]), even, 0.0)
    assert found["verdict"].tolist() == ["few", "many"]
    assert NOTABLE == 1.5


def test_high_loads_beside_few_cases_are_a_blind_spot(study, quarters, monkeypatch):
    write_wastewater(monkeypatch, quarters, [10.0, 10.0, 10.0, 10.0])
    found = wastewater_against_cases(study, served(quarters, [10, 200, 200, 200]))
    assert found["plant_id"].tolist()[0] == "a"
    assert found["verdict"].tolist()[0] == "few"
    assert found["cases"].sum() == 610
    assert set(found["plant_id"]) == set("abcd")  # a street drains to a plant too
    assert found["even"].tolist() == pytest.approx([152.5] * 4)
    assert count_verdicts(found)["few"] == 1


def test_many_cases_beside_a_low_load_speak_of_looking_or_of_transit(study, quarters, monkeypatch):
    write_wastewater(monkeypatch, quarters, [10.0, 10.0, 10.0, 1.0])
    found = wastewater_against_cases(study, served(quarters, [100, 100, 100, 100])).set_index("plant_id")
    assert found.loc["d", "verdict"] == "many"
    assert found.loc["d", "even"] == pytest.approx(400 / 31)


def test_small_catchments_and_few_samples_are_not_judged(study, quarters, monkeypatch):
    write_wastewater(monkeypatch, quarters, [10.0] * 4, people=9_999.0)
    assert wastewater_against_cases(study, served(quarters, [1, 2, 3, 4])).empty
    write_wastewater(monkeypatch, quarters, [10.0] * 4, samples=3)
    assert wastewater_against_cases(study, served(quarters, [1, 2, 3, 4])).empty
    assert count_verdicts(pd.DataFrame()) == {"few": 0, "as expected": 0, "many": 0}


def test_the_substance_that_is_asked_for_is_set_beside_the_cases(study, quarters, monkeypatch):
    write_wastewater(monkeypatch, quarters, [10.0] * 4)
    surface = served(quarters, [1, 2, 3, 4])
    assert wastewater_against_cases(study, surface, "methamphetamine").equals(wastewater_against_cases(study, surface))
    assert wastewater_against_cases(study, surface, "ketamine").empty


def test_results_that_came_later_are_not_known(study, quarters, monkeypatch):
    write_wastewater(monkeypatch, quarters, [10.0] * 4)
    early = served(quarters, [1, 2, 3, 4])
    early.manifest["as_of"] = "2024-02-12"
    assert wastewater_against_cases(study, early).empty


def events(quarters, found, reported):
    cells, quarter = quarters
    lon, lat = cell_centres(cells)
    rows = []
    for origin, numbers in (("patrol", found), ("reported", reported)):
        for q, number in enumerate(numbers):
            at = np.flatnonzero(quarter == q)[0]
            rows += [{"lon": lon[at], "lat": lat[at], "origin": origin}] * number
    day = pd.Timestamp("2024-06-03")
    return pd.DataFrame(rows).assign(count=1, on_grid=True, occurred_from=day, known_on=day)


def test_a_county_where_police_work_finds_little_beside_its_risk_is_named(study, quarters, monkeypatch):
    rows = events(quarters, [10, 200, 200, 200], [50, 50, 50, 50])
    monkeypatch.setattr(blind_spots, "read_events", lambda *_: rows)
    found = looking_against_risk(study, served(quarters, [0, 0, 0, 0]))
    assert found["area_code"].tolist()[0] == "0"
    assert found["verdict"].tolist()[0] == "few"
    assert (found["found"].sum(), found["reported"].sum()) == (610, 200)


def test_without_recorded_origins_there_is_nothing_to_compare(study, quarters, monkeypatch):
    monkeypatch.setattr(blind_spots, "read_events", lambda *_: events(quarters, [0] * 4, [9] * 4))
    assert looking_against_risk(study, served(quarters, [0, 0, 0, 0])).empty


def write_hours(monkeypatch, quarters, hours, *, cases=400, delay=0):
    """A year of weekly hours by quarter, shape (52, 4); `cases` recorded in each quarter."""
    _, quarter = quarters
    effort = hours_by_beat(quarter, hours, delay)
    rows = events(quarters, [cases] * 4, [0] * 4)
    for module in (blind_spots, hours_and_risk):
        monkeypatch.setattr(module, "read_events", lambda *_: rows)
    monkeypatch.setattr(hours_and_risk, "gather_effort", lambda *_: effort)


def test_hours_are_set_against_risk_where_they_are_known(study, quarters, monkeypatch):
    """Equal risk; quarter 0 has a quarter of the others' hours, give or take the risk's error of 5 %."""
    write_hours(monkeypatch, quarters, np.tile([100.0, 400.0, 400.0, 400.0], (52, 1)))
    found = looking_against_risk(study, served(quarters, [0, 0, 0, 0]))
    assert set(found["measure"]) == {"hours"}
    assert found["area_code"].tolist()[0] == "0"
    assert found["verdict"].tolist() == ["few", *["as expected"] * 3]
    sizes = np.bincount(quarters[1])
    assert found["hours"][0] == pytest.approx(100, rel=1e-6)
    assert found["even"][0] == pytest.approx(1300 * sizes[0] / sizes.sum())
    assert found["high"][0] == pytest.approx(found["ratio"][0] * np.exp(1.96 / np.sqrt(400.5)), rel=1e-6)


def test_records_that_fall_where_nobody_looks_do_not_hide_it(study, quarters, monkeypatch):
    """Quarter 0 is expected to record a quarter of what it would have if it were looked at as usual."""
    write_hours(monkeypatch, quarters, np.tile([100.0, 400.0, 400.0, 400.0], (52, 1)))
    surface = served(quarters, [0, 0, 0, 0])
    surface = replace(surface, cells=surface.cells.assign(expected=np.where(quarters[1] == 0, 0.25, 1.0)))
    assert hours_against_risk(study, surface)["verdict"].tolist() == ["few", *["as expected"] * 3]


def test_hours_that_differ_from_week_to_week_and_unknown_risk_widen_the_interval(study, quarters, monkeypatch):
    steady = np.tile([100.0, 400.0, 400.0, 400.0], (52, 1))
    uneven = steady * np.random.default_rng(1).lognormal(0, 1, steady.shape)
    width = {}
    for name, hours, cases in (("steady", steady, 400), ("uneven", uneven, 400), ("little", steady, 3)):
        write_hours(monkeypatch, quarters, hours, cases=cases)
        found = hours_against_risk(study, served(quarters, [0, 0, 0, 0])).set_index("area_code").loc["0"]
        width[name] = found["high"] / found["low"]
    assert width["steady"] < width["uneven"] < width["little"]


def test_hours_reported_later_are_not_known_and_what_was_found_is_taken_instead(study, quarters, monkeypatch):
    write_hours(monkeypatch, quarters, np.tile([100.0, 400.0, 400.0, 400.0], (52, 1)), delay=60)
    rows = events(quarters, [10, 200, 200, 200], [50, 50, 50, 50])
    monkeypatch.setattr(blind_spots, "read_events", lambda *_: rows)
    found = looking_against_risk(study, served(quarters, [0, 0, 0, 0]))
    assert set(found["measure"]) == {"found"}


def test_an_area_without_reports_is_left_out_and_not_called_unwatched(study, quarters, monkeypatch):
    hours = np.tile([100.0, 400.0, 400.0, 400.0], (52, 1))
    write_hours(monkeypatch, quarters, hours)
    whole = hours_and_risk.gather_effort()
    told = replace(whole.told, count=np.where(whole.told.cell == 0, 0, whole.told.count).astype(np.float32))
    monkeypatch.setattr(hours_and_risk, "gather_effort", lambda *_: replace(whole, told=told))
    found = hours_against_risk(study, served(quarters, [0, 0, 0, 0]))
    assert sorted(found["area_code"]) == ["1", "2", "3"]
    assert set(found["verdict"]) == {"as expected"}


def test_hours_of_a_cell_are_its_share_of_its_quarters(study, quarters, monkeypatch):
    write_hours(monkeypatch, quarters, np.tile([100.0, 400.0, 400.0, 400.0], (52, 1)))
    found = hours_and_risk.hours_of_cells(study, served(quarters, [0, 0, 0, 0]))
    of_quarters = np.bincount(quarters[1], found)
    assert of_quarters == pytest.approx([100, 400, 400, 400])
    monkeypatch.setattr(hours_and_risk, "gather_effort", lambda *_: None)
    surface = served(quarters, [0, 0, 0, 0])
    assert hours_and_risk.hours_of_cells(study, surface) is None
    surface.tables["hours"] = pd.DataFrame({"cell": surface.cells["cell"], "hours": found})
    assert hours_and_risk.hours_of_cells(study, surface) == pytest.approx(found)
