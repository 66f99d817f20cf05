"""Leaks that come in with the records: what was delivered later must change nothing that an earlier forecast saw.

Two areas are forecast at one origin: `then` holds what had been delivered by it, `now` also what came after (corrected
coordinates, a laboratory's late results, the same cases again, the seizure of a case, what a visit of that period
found). Their features at that origin are the same; each leak, planted, moves one of them.
"""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from riskmap.errors import ModelError
from riskmap.layers.areas import create_area
from riskmap.layers.incidents import read_events
from riskmap.layers.intake import import_files
from riskmap.model.fitting import fit_model
from riskmap.panel import build
from riskmap.panel.assemble import History, rows_at_origin
from riskmap.panel.build import build_panel
from riskmap.panel.counts import Counts
from riskmap.sources.recipe import Recipe
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts

WEEKS = pd.date_range("2023-01-02", periods=60, freq="7D")
ORIGIN = WEEKS[50]
"""Files arrived by then, and after."""
CASES = {
    "columns": {"case_id": "id", "occurred": "day", "known_on": "known", "lon": "lon", "lat": "lat", "count": "n"},
    "constants": {"category": "possession"},
    "crs": "WGS84",
}
SEIZURES = {
    "columns": {
        "seizure_id": "id",
        "seized": "day",
        "known_on": "known",
        "case_id": "case",
        "lon": "lon",
        "lat": "lat",
    },
    "constants": {"substance": "heroin"},
    "crs": "WGS84",
}
SAMPLES = {
    "columns": {
        "sample_id": "id",
        "plant_id": "plant",
        "sampled": "day",
        "known_on": "known",
        "load_mg_d_per_1000": "load",
    },
    "constants": {"kind": "composite_24h", "analyte": "methamphetamine", "qualifier": "="},
}
MOVED = "C30-0,2023-07-31"
"""A case of the thirty-first week whose coordinates were corrected after the origin."""


def take(study, folder, layer, name, header, lines, form):
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    receipt = import_files(study, layer, [path], Recipe.model_validate({"name": name, "layer": layer, **form}))
    assert receipt.accepted, receipt.rows


def place(week, n):
    """Each case has a point of its own: many on one would be taken for a booking point."""
    return f"{104.2 + 0.05 * n + 0.0003 * week:.5f},{30.25 + 0.04 * n + 0.0007 * week:.5f}"


def first_deliveries(study, folder):
    """Twelve cases and a laboratory's result a week, all known within days."""
    cases = [
        f"C{week}-{n},{day:%Y-%m-%d},{day + pd.Timedelta(days=2):%Y-%m-%d},{place(week, n)},1"
        for week, day in enumerate(WEEKS)
        for n in range(12)
        if day < ORIGIN
    ]
    take(study, folder, "cases", "cases", "id,day,known,lon,lat,n", cases, CASES)
    plants = gpd.GeoDataFrame({"id": ["P"], "people": [50_000]}, geometry=[box(104.2, 30.2, 104.8, 30.8)], crs=4326)
    plants.to_file(folder / "plants.gpkg")
    form = {
        "name": "plants",
        "layer": "plants",
        "columns": {"plant_id": "id", "population": "people"},
        "constants": {"level": "plant", "code": "p"},
    }
    receipt = import_files(study, "plants", [folder / "plants.gpkg"], Recipe.model_validate(form))
    assert receipt.accepted == 1
    samples = [
        f"S{week},P,{day:%Y-%m-%d},{day + pd.Timedelta(days=5):%Y-%m-%d},{20 + week % 3}"
        for week, day in enumerate(WEEKS[:-14])
    ]
    take(study, folder, "samples", "samples", "id,plant,day,known,load", samples, SAMPLES)


def later_deliveries(study, folder):
    """The case of MOVED at its right place, results of old samples, old cases again, and seizures of them."""
    known = f"{ORIGIN + pd.Timedelta(days=12):%Y-%m-%d}"
    corrected = [f"{MOVED},{known},{place(30, 0)},-1", f"X{MOVED},{known},104.77123,30.77123,1"]
    again = [f"C31-{n},2023-08-07,2023-08-09,{place(31, n)},1" for n in range(5)]
    last = [f"L{n},2024-02-05,2024-02-06,104.5{n}123,30.5123,1" for n in range(12)]
    take(study, folder, "cases", "later", "id,day,known,lon,lat,n", [*corrected, *again, *last], CASES)
    results = [f"T{n},P,{ORIGIN - pd.Timedelta(days=6):%Y-%m-%d},{known},900" for n in range(1)]
    take(study, folder, "samples", "results", "id,plant,day,known,load", results, SAMPLES)
    seized = [f"Z{n},2023-08-07,{known},C31-{n},{place(31, n)}" for n in range(5)]
    take(study, folder, "seizures", "seized", "id,day,known,case,lon,lat", seized, SEIZURES)


def delivered(folder, *, later):
    """An area with the first deliveries and, if so, the later ones."""
    gpd.GeoDataFrame(geometry=[box(104, 30, 105, 31)], crs=4326).to_file(folder / "square.gpkg")
    boundary = folder / "square.gpkg"
    study = create_area(folder, "square", boundary, resolution=7, period="week", timezone="Asia/Shanghai")
    first_deliveries(study, folder / "first")
    if later:
        later_deliveries(study, folder / "later")
    return study


@pytest.fixture(scope="module")
def then(tmp_path_factory):
    return delivered(tmp_path_factory.mktemp("then"), later=False)


@pytest.fixture(scope="module")
def now(tmp_path_factory):
    return delivered(tmp_path_factory.mktemp("now"), later=True)


def moved_features(then, now):
    """Return which features of the forecast at the origin are not what they were then."""
    before, after = build_panel(then), build_panel(now)
    names = before.feature_names
    assert names == after.feature_names
    seen = [rows_at_origin(panel, panel.timeline.position(ORIGIN)) for panel in (before, after)]
    same = ((seen[0] == seen[1]) | (np.isnan(seen[0]) & np.isnan(seen[1]))).all(axis=0)
    assert np.nanmax(seen[0][:, names.index("load_methamphetamine_mg_d_per_1000")]) > 0
    assert np.nanmax(seen[0][:, names.index("cases_decay_4")]) > 0
    return [name for name, equal in zip(names, same, strict=True) if not equal]


def test_what_is_delivered_later_changes_no_earlier_forecast(then, now):
    assert len(read_events(now, "cases")) > len(read_events(then, "cases"))
    assert moved_features(then, now) == []


def test_coordinates_corrected_later_are_caught_where_the_record_is_overwritten(then, now, monkeypatch):
    """As a register does that keeps each case's newest place alone: cancelled rows gone, new ones as if of old."""
    honest = read_events

    def overwritten(study, layer, as_of=None):
        events = honest(study, layer, as_of)
        if layer != "cases":
            return events
        cancelled = events.loc[events["count"] < 0, "id"]
        events = events[~events["id"].isin(cancelled)]
        fresh = events["id"].str.startswith("X")
        return events.assign(known_on=events["known_on"].mask(fresh, events["occurred_to"]))

    monkeypatch.setattr(build, "read_events", overwritten)
    assert "cases_decay_52" in moved_features(then, now)


def test_laboratory_results_dated_back_to_the_sampling_are_caught(then, now, monkeypatch):
    honest = build.read_samples
    monkeypatch.setattr(
        build, "read_samples", lambda study: honest(study).assign(known_on=lambda rows: rows["sampled_to"])
    )
    assert "load_methamphetamine_mg_d_per_1000" in moved_features(then, now)


def test_repeats_removed_only_after_the_split_are_caught(then, now, monkeypatch):
    """Read as delivered, with the old cases that came again, as where repeats are looked for in the training part."""
    honest = read_events

    def as_delivered(study, layer, as_of=None):
        events = honest(study, layer, as_of)
        came_again = events["id"].str.startswith("C31-") & (study.home == now.home)
        return pd.concat([events, events[came_again].iloc[:5]], ignore_index=True)

    monkeypatch.setattr(build, "read_events", as_delivered)
    assert "cases_decay_52" in moved_features(then, now)


def test_a_seizure_counted_beside_its_case_is_caught(then, now, monkeypatch):
    honest = read_events

    def both(study, layer, as_of=None):
        events = honest(study, layer, as_of)
        if layer != "cases":
            return events
        seized = honest(study, "seizures").assign(origin="unknown", known_on=lambda rows: rows["occurred_to"])
        return pd.concat([events, seized[events.columns]], ignore_index=True)

    monkeypatch.setattr(build, "read_events", both)
    assert "cases_decay_52" in moved_features(then, now)


def with_own_outcome(panel, *, ahead):
    """Return the panel with what visits found as a source: what each found in the period in which it took place.

    `ahead` numbers the outcome into the period before its own, where a forecast of its own period can see it.
    """
    cases = panel.cases
    shift = 1 if ahead else 0
    kept = cases.occurred >= shift
    found = Counts(
        cases.cell[kept],
        cases.occurred[kept] - shift,
        np.maximum(cases.occurred[kept] + 1 - shift, 1),
        cases.count[kept],
        cases.reported,
    )
    histories = (*panel.histories, History("found", "decay", 1))
    return replace(panel, sources={**panel.sources, "found": found}, histories=histories)


def test_the_outcome_of_an_inspection_as_its_own_feature_is_caught():
    cells = disk_cells(8)
    panel = make_panel(random_counts(lumpy_rate(cells, 40), seed=1, late=0.0), cells)
    fit_model(with_own_outcome(panel, ahead=False), 40, 1, 1)
    with pytest.raises(ModelError, match="found_decay_1 alone removes"):
        fit_model(with_own_outcome(panel, ahead=True), 40, 1, 1)
