"""How far features have moved: worked by hand, and on a panel that changes."""

from math import log

import numpy as np
import pytest

from riskmap.model.drift import (
    count_bins,
    feature_stability,
    judge_stability,
    measure_drift,
    read_drift,
    save_drift,
    stability_index,
)
from riskmap.study import check_study
from tests.panel.synthetic import disk_cells, make_panel, random_counts


def test_the_index_is_the_sum_worked_by_hand():
    # With 0.5 added: p = 4.5 / 11 and 6.5 / 11, q the other way round; each bin gives 2 / 11 * ln(6.5 / 4.5).
    assert stability_index(np.array([6, 4]), np.array([4, 6])) == pytest.approx(2 * 2 / 11 * log(6.5 / 4.5))
    # p = 0.5 / 11 and 10.5 / 11, q = 5.5 / 11 each; the bin that is empty in both changes nothing.
    by_hand = (0.5 - 5.5) / 11 * log(0.5 / 5.5) + (10.5 - 5.5) / 11 * log(10.5 / 5.5)
    assert stability_index(np.array([5, 0, 5]), np.array([0, 0, 10])) == pytest.approx(by_hand)


def test_the_same_distribution_has_no_index_whatever_its_order():
    values = np.array([0, 0, 1, 2, 5, np.nan], dtype=np.float32)
    assert feature_stability(values, values[::-1]) == 0


def test_a_value_on_an_edge_lies_below_it_and_missing_ones_are_apart():
    values = np.array([0, 0, 0.5, 1, 2, np.nan], dtype=np.float32)
    assert count_bins(values, np.array([0.0, 1.0])).tolist() == [2, 2, 1, 1]


def test_bins_are_the_deciles_of_the_reference():
    before = np.arange(1, 101, dtype=np.float32)
    edges = np.unique(np.quantile(before, np.arange(1, 10) / 10))
    assert count_bins(before, edges)[:10].tolist() == [10] * 10
    # All of them above the last decile: nine bins go from 10 to 0, one from 10 to 100.
    p, q = np.array([0.5] * 9 + [100.5]), np.array([10.5] * 10)
    p, q = p / p.sum(), q / q.sum()
    assert feature_stability(before, before + 1000) == pytest.approx(sum((p - q) * np.log(p / q)))


def test_values_that_go_missing_are_a_change():
    before = np.ones(100, dtype=np.float32)
    assert feature_stability(before, np.where(np.arange(100) < 50, np.nan, before)) > 0.25
    assert feature_stability(np.full(100, np.nan, np.float32), before) > 0.25


@pytest.mark.parametrize(
    ("index", "verdict"), [(0.0, "stable"), (0.0999, "stable"), (0.1, "look"), (0.25, "look"), (0.2501, "changed")]
)
def test_the_bounds_are_the_usual_ones(index, verdict):
    assert judge_stability(index) == verdict


def test_a_panel_whose_counts_rise_has_moved_and_one_that_stays_has_not():
    cells = disk_cells(8)
    rate = np.full((36, len(cells)), 0.4)
    steady = measure_drift(make_panel(random_counts(rate, seed=5), cells))
    rising = rate.copy()
    rising[-6:] *= 5
    moved = measure_drift(make_panel(random_counts(rising, seed=5), cells))
    # 36 months from January 2018 (576 months after 1970): the newest origin is January 2021.
    assert (steady["as_of"], steady["reference"], steady["cells"]) == ("2021-01-01", "2020-01-01", len(cells))
    assert judge_stability(steady["features"]["cases_decay_6"]) == "stable"
    assert judge_stability(moved["features"]["cases_decay_6"]) == "changed"
    assert moved["features"]["neighbours_count"] == 0
    assert not [name for name in moved["features"] if name.startswith(("season_", "holidays_", "cases_parent_"))]


def test_a_short_history_is_compared_with_the_first_origin_learned_from():
    cells = disk_cells(3)
    # 9 months: the first origin with a third of the timeline behind it is the fourth month.
    drift = measure_drift(make_panel(random_counts(np.full((9, len(cells)), 0.4), seed=5), cells))
    assert (drift["reference"], drift["as_of"]) == ("2018-04-01", "2018-10-01")


def test_the_latest_result_is_kept(home):
    settings = {"id": "here", "resolution": 8, "period": "month", "timezone": "UTC", "home": home}
    study = check_study(settings)
    study.folder.mkdir(parents=True, exist_ok=True)
    assert read_drift(study) is None
    save_drift(study, {"features": {"residents_count": 0.5}})
    assert read_drift(study) == {"features": {"residents_count": 0.5}}
