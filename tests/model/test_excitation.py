"""What past events call for is found again where it is known, and cannot run away."""

import numpy as np
import pytest

from riskmap.errors import ModelError
from riskmap.model.excitation import SMALLEST_RATE, exciting_features, fit_excitation
from riskmap.model.fitting import fit_model
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts

NAMES = ["cases_decay_1", "cases_ring1_decay_1", "cases_decay_12", "residents_count"]
TRUE = np.array([0.3, 0.05, 0.4])
CONSTANT = 0.02


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(1)
    features = rng.gamma(0.5, 1.0, (60_000, len(NAMES))).astype(np.float32)
    rate = features[:, :3] @ TRUE + CONSTANT
    return features, rng.poisson(rate).astype(np.float32), rate


def fitted(features, count, weight=None, completeness=None):
    ones = np.ones(len(count))
    given = [ones if each is None else each for each in (weight, completeness)]
    return fit_excitation(features, NAMES, NAMES[:3], count, *given)


def test_weights_that_made_the_counts_are_found_again(rows):
    features, count, rate = rows
    found = fitted(features, count)
    assert found.names == tuple(NAMES[:3])
    assert np.array(found.weights) == pytest.approx(TRUE, abs=0.02)
    assert found.constant == pytest.approx(CONSTANT, abs=0.02)
    assert found.expected(features, NAMES) == pytest.approx(rate, rel=0.2)


def test_expected_totals_are_those_that_happened(rows):
    features, count, _ = rows
    weight = np.where(count > 0, 1.0, 3.0)
    completeness = np.full(len(count), 0.8)
    expected = fitted(features, count, weight, completeness).expected(features, NAMES)
    assert (weight * completeness * expected).sum() == pytest.approx((weight * count).sum(), rel=1e-6)


def test_what_calls_nothing_forth_weighs_nothing(rows):
    features, _, _ = rows
    count = np.random.default_rng(2).poisson(0.3 * features[:, 0]).astype(np.float32)
    found = fitted(features, count)
    assert found.weights[0] == pytest.approx(0.3, abs=0.02)
    assert max(found.weights[1], found.weights[2], found.constant) < 0.02


def test_missing_counts_and_those_taken_back_are_none(rows):
    features, count, _ = rows
    spoilt = features.copy()
    spoilt[:, 1], spoilt[::2, 2] = np.nan, -1.0
    found = fitted(spoilt, count)
    assert found.weights[1] == 0
    expected = found.expected(spoilt, NAMES)
    assert np.isfinite(expected).all() and (expected >= SMALLEST_RATE).all()


def test_where_nothing_happened_little_is_expected_but_not_nothing(rows):
    features, count, _ = rows
    assert (fitted(features, np.zeros_like(count)).expected(features, NAMES) == SMALLEST_RATE).all()


def test_near_and_far_counts_of_cases_and_incidents_alone_excite():
    cells = disk_cells(3)
    panel = make_panel(random_counts(lumpy_rate(cells, 24), seed=1), cells)
    chosen = exciting_features(panel, panel.feature_names)
    assert {"cases_decay_1", "cases_ring3_decay_1", "cases_parent_decay_24"} <= set(chosen)
    assert not {"cases_since_24", "season_sin", "neighbours_count"} & set(chosen)
    assert exciting_features(panel, ["cases_decay_1", "season_sin"]) == ["cases_decay_1"]


def test_cases_in_the_held_out_periods_alone_are_too_few_to_learn_from():
    cells = disk_cells(6)
    rate = np.zeros((36, len(cells)))
    rate[-3:] = 0.3
    panel = make_panel(random_counts(rate, seed=1, late=0), cells)
    with pytest.raises(ModelError, match="needs cases before the last 6 periods") as refused:
        fit_model(panel, 36, 1, seed=1)
    assert "没有案件" in refused.value.text.in_language("zh")
