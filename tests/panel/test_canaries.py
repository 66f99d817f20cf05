"""Leaks known from elsewhere, planted where they can be: a check of the product or a comparison here sees them.

That records are seen before they were registered is planted in test_assemble, the outcome itself as a feature in
tests/model/test_risk_model.py; that late laboratory results change no earlier level is in tests/wastewater. What comes
in with later deliveries is in test_canaries_records.
"""

import tomllib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from riskmap.errors import PanelError
from riskmap.grid.cells import cell_centres
from riskmap.model.evaluate import training_rows
from riskmap.model.fitting import fit_model
from riskmap.panel import assemble, effort, nearby
from riskmap.panel.counts import spread_to_ring
from riskmap.panel.leaks import refuse_future_features, with_another_future
from riskmap.panel.nearby import register_sites
from riskmap.panel.sample import draw_sample
from riskmap.study import REPOSITORY, check_study
from tests.panel.patrolled import hours_by_beat, patrolled_world
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts

PERIODS, ORIGIN = 40, 30


@pytest.fixture(scope="module")
def panel():
    cells = disk_cells(8)
    return make_panel(random_counts(lumpy_rate(cells, PERIODS), seed=1), cells)


def refused(panel, *names):
    """The standing check refuses the panel and names the features."""
    with pytest.raises(PanelError, match="change when only what happened later does") as caught:
        refuse_future_features(panel, ORIGIN, seed=3)
    for name in names:
        assert name in str(caught.value)


def test_a_panel_without_a_leak_passes(panel):
    refuse_future_features(panel, ORIGIN, seed=3)


def test_neighbours_that_show_the_period_to_be_forecast_are_caught(panel, monkeypatch):
    def a_period_ahead(counts, ring, neighbour_of):
        seen = spread_to_ring(counts, ring, neighbour_of)
        return replace(seen, occurred=seen.occurred - 1, usable=np.maximum(seen.usable - 1, seen.occurred))

    monkeypatch.setattr(assemble, "spread_to_ring", a_period_ahead)
    refused(panel, "cases_ring1_decay_1")


@pytest.mark.parametrize("name", ["cases_parent_decay_6", "cases_region_change_6_24"])
def test_means_of_larger_cells_over_the_whole_series_are_caught(panel, monkeypatch, name):
    def over_all(panel, tile, origins, history, in_core):
        counts = panel.sources[history.source]
        total = np.bincount(counts.cell, weights=counts.count, minlength=len(panel.cells))
        number = panel.groups[history.group]
        mean = np.bincount(number, weights=total) / np.bincount(number)
        return np.tile(mean[number][tile.core], (len(origins), 1)).astype(np.float32)

    monkeypatch.setattr(assemble, "_of_group", over_all)
    refused(panel, name)


def test_scores_against_the_mean_of_the_whole_series_are_caught(panel, monkeypatch):
    honest = assemble.decayed_mean

    def standardised(counts, n_cells, origins, half_life):
        whole = counts.matrix(n_cells)
        return (honest(counts, n_cells, origins, half_life) - whole.mean(axis=0)) / (whole.std(axis=0) + 1)

    monkeypatch.setattr(assemble, "decayed_mean", standardised)
    refused(panel, "cases_decay_6")


def test_todays_register_of_sites_for_the_past_is_caught(panel, monkeypatch):
    opened = panel.timeline.starts()[ORIGIN] + pd.Timedelta(days=120)
    site = pd.DataFrame({"kind": ["warehouse", "warehouse"], "opened_on": [pd.NaT, opened], "closed_on": pd.NaT})
    longitude, latitude = cell_centres(panel.cells[[10, 60]])
    points = [Point(lon, lat) for lon, lat in zip(longitude, latitude, strict=True)]
    starts = panel.timeline.starts()
    register = register_sites(pd.DataFrame(site).assign(geometry=points), starts[0], starts[-1])
    dated = replace(panel, register=register)
    refuse_future_features(dated, ORIGIN, seed=3)
    honest = nearby.SiteRegister.look_up
    monkeypatch.setattr(
        nearby.SiteRegister,
        "look_up",
        lambda self, points, moments: honest(self, points, pd.DatetimeIndex([starts[-1]] * len(moments))),
    )
    refused(dated, "distance_warehouse_m")


def test_hours_registered_after_the_origin_are_caught(panel, monkeypatch):
    """Duty reports that come two periods late are taken as if they were there when the period ended."""
    hours = np.random.default_rng(4).gamma(2.0, 50.0, (PERIODS, panel.groups["parent"].max() + 1))
    reported = replace(panel, effort=hours_by_beat(panel.groups["parent"], hours, delay=2))
    refuse_future_features(reported, ORIGIN, seed=3)
    honest = effort.decayed_sums

    def as_they_happen(counts, n_cells, origins, half_life):
        return honest(replace(counts, usable=counts.occurred + 1), n_cells, origins, half_life)

    monkeypatch.setattr(effort, "decayed_sums", as_they_happen)
    refused(reported, "effort_hours_decay_1", "effort_hours_decay_24")


def test_weights_of_cases_do_not_know_later_hours():
    """What is learned is the same whatever hours are registered, or worked, from the end of the sample on."""
    panel, _ = patrolled_world(periods=36, steps=6)
    late = replace(panel.effort, hours=replace(panel.effort.hours, usable=panel.effort.hours.usable + 2))
    panel = replace(panel, effort=replace(late, told=replace(late.told, usable=late.hours.usable)))
    first, second = (draw_sample(one, 12, 30, 1, seed=1) for one in (panel, with_another_future(panel, 30, seed=5)))
    np.testing.assert_array_equal(first.need, second.need)
    third = draw_sample(with_another_future(panel, 26, seed=5), 12, 30, 1, seed=1)
    assert not np.array_equal(first.need[: len(third.need)], third.need[: len(first.need)])


def settings(model):
    return model.baseline, model.excitation, model.shrinkage, model.dispersions, model.calibration


def test_nothing_is_tuned_or_cut_by_what_is_scored(panel):
    """Baseline, weights, shrinkage, dispersion, cuts and trees are the same whatever happens from the origin on."""
    study = check_study({"id": "x", "resolution": 8, "period": "month", "timezone": "Asia/Shanghai"})
    other = with_another_future(panel, ORIGIN - 1, seed=5)
    first, second = (
        fit_model(one, ORIGIN - 1, 1, 1, sample=training_rows(study, one, ORIGIN)) for one in (panel, other)
    )
    assert settings(first) == settings(second)
    rows = assemble.rows_at_origin(panel, ORIGIN - 1)
    rows = np.column_stack([rows, np.zeros(len(rows), np.float32)])
    np.testing.assert_array_equal(first.trees.predict(rows), second.trees.predict(rows))


def test_tuning_on_the_periods_that_are_scored_is_caught(panel):
    """The same comparison sees a learner that looks three periods too far."""
    other = with_another_future(panel, ORIGIN - 1, seed=5)
    first, second = (fit_model(one, ORIGIN + 2, 1, 1) for one in (panel, other))
    assert settings(first) != settings(second)


def test_no_recipe_maps_a_column_that_fills_in_later():
    """Outcomes and arrests are written months after the record; no table has a place for them either."""
    later = {"last outcome category", "outcome", "arrest", "results", "flagcleanup", "disposition"}
    for path in sorted((REPOSITORY / "recipes").glob("*.toml")):
        mapped = tomllib.loads(path.read_text(encoding="utf-8"))["columns"].values()
        names = {name.lower() for one in mapped for name in ([one] if isinstance(one, str) else one)}
        assert not names & later, path.name
