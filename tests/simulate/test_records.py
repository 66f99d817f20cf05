"""What the offices recorded: cases, seizures, incidents, inspections."""

import numpy as np
import pandas as pd
import shapely

from riskmap.grid.assign import points_to_cells
from riskmap.schema import CATEGORIES, ORIGINS
from riskmap.simulate.hazards import KIND_HAZARD
from riskmap.simulate.province import Province
from riskmap.simulate.raw_tables import case_table, inspection_table, sample_table, seizure_table
from riskmap.simulate.records import choose
from riskmap.simulate.scales import CUT_OFF, FIRST_WEEK, RESOLUTION
from riskmap.sources.datum import from_wgs84, to_wgs84


def test_nothing_is_registered_before_it_happened(province: Province) -> None:
    for rows in (province.cases, province.incidents, province.seizures):
        assert (rows["known_on"] > rows["occurred"]).all()
    assert (province.inspections["known_on"] > province.inspections["inspected_on"]).all()


def test_most_cases_are_registered_within_a_week_and_some_months_late(province: Province) -> None:
    days = (province.cases["known_on"] - province.cases["occurred"]) / pd.Timedelta(days=1)
    assert (days < 7).mean() > 0.8
    assert 0.02 < (days > 35).mean() < 0.06


def test_events_lie_in_their_cell_also_after_the_datum_was_undone(province: Province) -> None:
    for rows, at in ((province.cases, province.cases["at"]),):
        east, north = from_wgs84(rows["lon"].to_numpy(), rows["lat"].to_numpy(), "GCJ-02")
        lon, lat = to_wgs84(east.round(6), north.round(6), "GCJ-02")
        np.testing.assert_array_equal(points_to_cells(lon, lat, RESOLUTION), province.land.cells[at])


def test_county_codes_are_those_of_the_outline_around_the_point(province: Province) -> None:
    rows = province.cases.iloc[::7]
    outlines = province.areas.level("county").geometry.to_numpy()[rows["county"]]
    assert shapely.covers(outlines, shapely.points(rows["lon"], rows["lat"])).all()


def test_checkpoint_cases_lie_at_fixed_points(province: Province) -> None:
    found = province.cases[province.cases["origin"] == "checkpoint"]
    assert 0.01 < len(found) / len(province.cases) < 0.05
    assert len(found[["lon", "lat"]].drop_duplicates()) <= len(province.places.checkpoints)
    assert set(found["at"]) <= set(province.places.checkpoints["at"])


def test_effort_raises_the_share_of_discovered_cases(province: Province) -> None:
    week = ((province.cases["occurred"] - FIRST_WEEK) // pd.Timedelta(weeks=1)).to_numpy()
    effort = province.draws.events.drop_duplicates(["at", "week"]).set_index(["at", "week"])["effort"]
    here = effort.loc[list(zip(province.cases["at"], week, strict=True))].to_numpy()
    reported = (province.cases["origin"] == "reported").to_numpy()
    low, high = np.quantile(here, [0.25, 0.75])
    assert reported[here < low].mean() > 1.5 * reported[here > high].mean()


def test_categories_and_origins_are_those_of_the_table(province: Province) -> None:
    assert set(province.cases["category"]) == set(CATEGORIES)
    assert set(province.cases["origin"]) == set(ORIGINS) - {"unknown"}


def test_linked_seizures_name_a_case_and_happen_with_it(province: Province) -> None:
    linked = province.seizures[province.seizures["case_id"] != ""]
    case = province.cases.set_index("case_id").loc[linked["case_id"]]
    assert 0.5 < len(linked) / len(province.seizures) < 0.95
    assert (case["occurred"].to_numpy() == linked["occurred"].to_numpy()).all()
    amounts = province.seizures[["amount_g", "amount_units"]].notna().sum(axis=1)
    assert (amounts == 1).all()


def test_the_case_register_is_cut_off_and_has_few_flaws_of_known_kinds(province: Province) -> None:
    table = case_table(province)
    registered = int((province.cases["known_on"] < CUT_OFF).sum())
    # Two kinds of flaw add a row: exact repeats, and repeats under another category.
    repeated = table["案件编号"].duplicated().sum()
    assert len(table) == registered + repeated
    assert 0 < repeated < registered / 500
    assert table.duplicated().sum() == repeated / 2
    assert (table["登记时间"] < f"{CUT_OFF:%Y-%m-%d %H:%M}").all()
    assert 0.002 < (table["经度"] == "").mean() < 0.008
    assert (table["经度"] == "0").sum() == repeated / 2


def test_raw_places_are_offset_as_chinese_maps_are(province: Province) -> None:
    rows = seizure_table(province)
    known = province.seizures[province.seizures["known_on"] < CUT_OFF]
    # At 22 degrees north a degree of longitude is 103 km.
    east, north = rows["经度"] - known["lon"].to_numpy(), rows["纬度"] - known["lat"].to_numpy()
    moved = np.hypot(east * 103_000, north * 111_000)
    assert moved.between(100, 800).all()


def test_samples_are_reported_late_and_limits_are_words(province: Province) -> None:
    table = sample_table(province)
    assert (table["报告时间"] > table["采样结束"]).all()
    words = pd.to_numeric(table["浓度(ng/L)"], errors="coerce").isna()
    assert set(table.loc[words, "浓度(ng/L)"]) == {"未检出", "<LOD", "<LOQ"}
    assert table["检测编号"].is_unique


def test_inspections_find_hazards_as_often_as_is_true(province: Province) -> None:
    hazards = province.hazards.set_index("site_id")["hazard"]
    true = hazards.loc[province.inspections["site_id"]].to_numpy()
    found = (province.inspections["outcome"] != "none").to_numpy()
    assert abs(found.sum() - true.sum()) < 4 * np.sqrt((true * (1 - true)).sum())
    assert set(KIND_HAZARD) >= set(province.places.sites["kind"])
    assert len(inspection_table(province)) == len(province.inspections)
    dates = province.inspections["inspected_on"]
    assert dates.min() >= FIRST_WEEK
    assert dates.max() < CUT_OFF


def test_choosing_by_weights_never_takes_what_has_none() -> None:
    chosen = choose(np.random.default_rng(0), np.tile([0.0, 3.0, 1.0, 0.0], (4000, 1)))
    assert set(chosen) == {1, 2}
    # Three quarters of 4000, give or take four standard deviations of 27.
    assert abs((chosen == 1).sum() - 3000) < 110
