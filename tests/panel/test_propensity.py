"""Discovered cases count one over the propensity of having looked; the total stays, and reported cases count one."""

from dataclasses import replace

import numpy as np
import pytest

from riskmap.panel.propensity import LARGEST_FACTOR, effort_ratio, weigh_discovered, worked_and_usual
from riskmap.panel.sample import draw_sample
from tests.panel.patrolled import counts_of, hours_by_beat, patrolled_world

BEAT = np.array([0, 0, 1])
HOURS = np.array([[10.0, 8.0], [30.0, 8.0], [20.0, 8.0], [20.0, 0.0]])
"""Usual: 20 and 6 hours a period."""


@pytest.fixture
def effort():
    return hours_by_beat(BEAT, HOURS)


def test_the_ratio_is_effort_there_and_then_over_the_usual_effort_there(effort):
    cell, period = np.array([0, 1, 0, 2, 2]), np.array([0, 1, 2, 0, 3])
    assert effort_ratio(effort, cell, period, 4) == pytest.approx([0.5, 1.5, 1.0, 8 / 6, 0.0])
    assert effort_ratio(effort, cell[:2], period[:2], 2) == pytest.approx([0.5, 1.5])


def test_what_is_not_reported_by_then_has_no_ratio(effort):
    assert np.isnan(effort_ratio(effort, np.array([0]), np.array([2]), 2)).all()
    late = replace(effort.hours, usable=effort.hours.usable + 5)
    assert worked_and_usual(replace(effort, hours=late, told=replace(effort.told, usable=late.usable)), 4).empty


def test_visits_give_no_propensity(effort):
    visits = replace(effort, visits=np.array([True, False]))
    found = effort_ratio(visits, np.array([0, 2]), np.array([0, 0]), 4)
    assert np.isnan(found[0]) and found[1] == pytest.approx(8 / 6)


def test_weights_are_clipped_and_their_total_stays(effort):
    """Cells 0, 1 in periods 0, 1: ratios 1/2 and 3/2, so 2 and 2/3, scaled by 2 / (2 + 2/3)."""
    discovered = counts_of(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]]))
    extra = weigh_discovered(effort, discovered, np.ones(4, dtype=np.int64), 4)
    scale = 2 / (2 + 2 / 3)
    assert extra.count == pytest.approx([2 * scale - 1, 2 / 3 * scale - 1])
    assert extra.count.sum() == pytest.approx(0)
    idle = counts_of(np.array([[0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 1]]))
    extra = weigh_discovered(effort, idle, np.ones(4, dtype=np.int64), 4)
    assert (1 + extra.count[1]) / (1 + extra.count[0]) == pytest.approx(LARGEST_FACTOR / (6 / 8))


def test_cases_without_known_effort_count_one(effort):
    discovered = counts_of(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]))
    told = effort.told.cell == 0
    part = {name: getattr(effort.told, name)[told] for name in ("cell", "occurred", "usable", "count")}
    same = {name: getattr(effort.hours, name)[told] for name in ("cell", "occurred", "usable", "count")}
    one_beat = replace(effort, told=replace(effort.told, **part), hours=replace(effort.hours, **same))
    extra = weigh_discovered(one_beat, discovered, np.ones(4, dtype=np.int64), 4)
    assert extra.count[2] == 0
    assert extra.count[:2].sum() == pytest.approx(0)
    assert abs(extra.count[0]) > 0.1


@pytest.mark.parametrize("horizon", [1, 3])
def test_the_need_has_as_many_cases_as_were_recorded(horizon):
    panel, _ = patrolled_world(periods=36, steps=8)
    weighed = draw_sample(panel, 12, 30, horizon, seed=1)
    plain = draw_sample(panel.unweighed(), 12, 30, horizon, seed=1)
    assert plain.need is None
    assert np.array_equal(plain.count, weighed.count)  # what judges a forecast stays what was recorded
    assert weighed.need.sum() == pytest.approx(weighed.count.sum(), rel=1e-5)
    assert (weighed.need >= 0).all() and (weighed.need[weighed.count == 0] == 0).all()
    assert np.abs(weighed.need - weighed.count).max() > 0.5


def test_reported_cases_count_one():
    panel, _ = patrolled_world(periods=36, steps=8)
    sample = draw_sample(panel, 12, 30, 1, seed=1)
    found = panel.weighed.matrix(len(panel.cells))
    told_only = found[sample.origin, sample.cell] == 0
    assert (sample.count[told_only] > 0).any()
    assert np.array_equal(sample.need[told_only], sample.count[told_only])
