"""What past events call for is found again where it is known, and cannot run away."""

from dataclasses import replace

import numpy as np
import pytest

from riskmap.errors import ModelError
from riskmap.model.baselines import area_mean
from riskmap.model.excitation import MOST_LEVELLED, SMALLEST_RATE, Past, exciting_features, fit_excitation, past_terms
from riskmap.model.fitting import fit_model, hold_out
from riskmap.model.risk_model import predict
from riskmap.panel.assemble import History, rows_at_origin
from riskmap.panel.sample import draw_sample
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts

NAMES = ["cases_decay_1", "cases_ring1_decay_1", "cases_decay_12", "residents_count"]
TRUE = np.array([0.3, 0.05, 0.4])
CONSTANT = 0.02
PANEL = make_panel(random_counts(lumpy_rate(disk_cells(2), 3), seed=1), disk_cells(2))


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(1)
    features = rng.gamma(0.5, 1.0, (60_000, len(NAMES))).astype(np.float32)
    rate = features[:, :3] @ TRUE + CONSTANT
    return features, rng.poisson(rate).astype(np.float32), rate


def fitted(features, count, weight=None, completeness=None):
    ones = np.ones(len(count))
    given = [ones if each is None else each for each in (weight, completeness)]
    return fit_excitation(terms_of(features), NAMES[:3], count, *given)


def terms_of(features):
    return past_terms(PANEL, features, NAMES, np.zeros(len(features), dtype=int), NAMES[:3], level=0)


def test_weights_that_made_the_counts_are_found_again(rows):
    features, count, rate = rows
    found = fitted(features, count)
    assert found.names == tuple(NAMES[:3])
    assert np.array(found.weights) == pytest.approx(TRUE, abs=0.02)
    assert found.constant == pytest.approx(CONSTANT, abs=0.02)
    assert found.rate(terms_of(features)) == pytest.approx(rate, rel=0.2)


def test_expected_totals_are_those_that_happened(rows):
    features, count, _ = rows
    weight = np.where(count > 0, 1.0, 3.0)
    completeness = np.full(len(count), 0.8)
    expected = fitted(features, count, weight, completeness).rate(terms_of(features))
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
    expected = found.rate(terms_of(spoilt))
    assert np.isfinite(expected).all() and (expected >= SMALLEST_RATE).all()


def test_where_nothing_happened_little_is_expected_but_not_nothing(rows):
    features, count, _ = rows
    assert (fitted(features, np.zeros_like(count)).rate(terms_of(features)) == SMALLEST_RATE).all()


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


def swinging_panel(swing):
    """Five years in which the whole area's total rises and falls by `swing` within a year and a half."""
    cells = disk_cells(12)
    wave = np.exp(np.log(swing) * np.sin(2 * np.pi * np.arange(60) / 18))
    return make_panel(random_counts(lumpy_rate(cells, 60) * wave[:, np.newaxis], seed=2, late=0), cells)


def past_of(panel):
    rows = draw_sample(panel, 12, 60, 1, seed=1)
    return Past(panel, rows, rows.features, tuple(panel.feature_names))


def test_terms_at_the_recent_level_all_sum_to_it():
    panel = swinging_panel(2.0)
    names, chosen = panel.feature_names, ["cases_decay_1", "cases_decay_6", "cases_decay_24"]
    for origin in (24, 31, 40):
        features = rows_at_origin(panel, origin)
        every = np.full(len(features), origin)
        recent = area_mean(panel, 1, range(origin, origin + 1))[0]
        as_they_are = past_terms(panel, features, names, every, chosen, level=0)
        levelled = past_terms(panel, features, names, every, chosen, level=1)
        assert levelled.mean(axis=0) == pytest.approx(recent, rel=1e-4)
        assert as_they_are[:, -1] == pytest.approx(1)
        assert as_they_are[:, 0] == pytest.approx(levelled[:, 0], rel=1e-4)
        assert as_they_are[:, 2].mean() != pytest.approx(recent, rel=0.1)


def test_what_is_counted_a_hundredfold_is_levelled_as_cases_are():
    panel = swinging_panel(2.0)
    many = replace(panel.cases, count=100 * panel.cases.count)
    histories = (*panel.histories, History("incidents", "decay", 24), History("incidents", "decay", 1))
    both = replace(panel, sources={"cases": panel.cases, "incidents": many}, histories=histories)
    features = rows_at_origin(both, 31)
    every = np.full(len(features), 31)
    chosen = ["cases_decay_24", "cases_decay_1", "incidents_decay_24", "incidents_decay_1"]
    terms = past_terms(both, features, both.feature_names, every, chosen, level=1)
    assert terms[:, 2:4] == pytest.approx(100 * terms[:, :2], rel=1e-4)


def test_nothing_of_late_lowers_no_term_without_bounds():
    cells = disk_cells(4)
    rate = lumpy_rate(cells, 36)
    rate[-12:] = 0
    panel = make_panel(random_counts(rate, seed=1, late=0), cells)
    features = rows_at_origin(panel, 36)
    chosen = ["cases_decay_24"]
    names, every = panel.feature_names, np.full(len(features), 36)
    plain, levelled = (past_terms(panel, features, names, every, chosen, level)[:, 0] for level in (0, 1))
    assert plain.max() > 0
    assert levelled == pytest.approx(plain / MOST_LEVELLED)


def test_the_level_is_followed_where_totals_swing_and_only_there():
    for swing, level in ((3.0, 1), (1.0, 0)):
        panel = swinging_panel(swing)
        past = past_of(panel)
        assert past.choose_level(*hold_out(panel, past.rows, 60, 1)) == level
        model = fit_model(panel, 60, 1, seed=1, sample=past.rows)
        assert model.excitation.level == level
        forecast = predict(model, panel, 60)
        recent = area_mean(panel, 1, range(60, 61))[0] * len(panel.cells)
        assert forecast.expected.sum() == pytest.approx(recent, rel=0.3)


def test_the_held_out_periods_decide_on_the_level_without_their_own_future():
    panel = swinging_panel(3.0)
    past = past_of(panel)
    fitted, held_out = hold_out(panel, past.rows, 60, 1)
    assert not (fitted & held_out).any()
    assert past.rows.origin[fitted].max() + 1 <= past.rows.origin[held_out].min()
