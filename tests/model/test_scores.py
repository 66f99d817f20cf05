import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from riskmap.model.scores import (
    ShareScore,
    add_up,
    bootstrap_ratios,
    hits_by_block,
    jaccard,
    moment_dispersion,
    negative_binomial_log_score,
    poisson_deviance,
    score_share,
    select_cells,
)

ONES = np.ones(4)


def test_poisson_deviance_by_hand():
    # y = 0, mu = 0.5: 2 * 0.5 = 1;  y = 2, mu = 1: 2 * (2 ln 2 - 1) = 0.77259
    assert poisson_deviance(np.array([0.0, 2.0]), np.array([0.5, 1.0])) == pytest.approx((1 + 0.7725887) / 2)
    weighted = poisson_deviance(np.array([0.0, 2.0]), np.array([0.5, 1.0]), np.array([3.0, 1.0]))
    assert weighted == pytest.approx((3 * 1 + 0.7725887) / 4)


def test_a_perfect_forecast_has_no_deviance_even_where_nothing_happened():
    count = np.array([0.0, 3.0])
    assert poisson_deviance(count, count) == 0


@given(st.integers(0, 30), st.floats(0.01, 20), st.floats(0.01, 5))
@settings(max_examples=200)
def test_the_log_score_is_that_of_scipys_negative_binomial(count, expected, dispersion):
    size = 1 / dispersion
    reference = -stats.nbinom.logpmf(count, size, size / (size + expected))
    ours = negative_binomial_log_score(np.array([float(count)]), np.array([expected]), dispersion)[0]
    assert ours == pytest.approx(reference, rel=1e-6, abs=1e-9)


def test_without_dispersion_the_log_score_is_poissons():
    score = negative_binomial_log_score(np.array([2.0]), np.array([1.5]), 0.0)[0]
    assert score == pytest.approx(-stats.poisson.logpmf(2, 1.5))


def test_dispersion_is_found_again():
    rng = np.random.default_rng(0)
    mean = rng.gamma(2.0, 1.0, 200_000)
    count = rng.poisson(mean * rng.gamma(1 / 0.7, 0.7, len(mean)))
    assert moment_dispersion(count.astype(float), mean) == pytest.approx(0.7, rel=0.05)
    assert moment_dispersion(np.zeros(3), np.zeros(3)) == 0


def test_hit_rate_pai_and_pei_by_hand():
    # the best half by forecast holds cells 0 and 1: 3 of 8 events; the best possible half holds 5 + 2
    score = score_share(np.array([4.0, 3.0, 2.0, 1.0]), np.array([2.0, 1.0, 5.0, 0.0]), ONES, 0.5)
    assert (score.hits, score.events, score.most) == (3, 8, 7)
    assert score.hit_rate == 3 / 8
    assert score.pai == pytest.approx((3 / 8) / 0.5)
    assert score.pei_star == pytest.approx(3 / 7)


def test_ties_are_broken_against_the_forecast():
    score = score_share(np.zeros(4), np.array([9.0, 0.0, 0.0, 1.0]), ONES, 0.5)
    assert score.hits == 0


def test_the_selection_never_exceeds_the_share_and_is_never_empty():
    areas = np.array([1.0, 2.0, 1.0, 4.0])
    assert select_cells(np.array([4.0, 3.0, 2.0, 1.0]), np.zeros(4), areas, 0.5).tolist() == [0, 1, 2]
    assert select_cells(np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4), areas, 0.01).tolist() == [3]


def test_no_events_give_no_hit_rate():
    assert np.isnan(ShareScore(0, 0, 0, 0.1).hit_rate)
    assert np.isnan(ShareScore(0, 0, 0, 0.1).pei_star)


def test_origins_add_up_by_events():
    whole = add_up([ShareScore(1, 2, 2, 0.1), ShareScore(9, 98, 20, 0.1)])
    assert whole.hit_rate == 10 / 100


def test_blocks_share_out_the_hits():
    forecast, count = np.array([4.0, 3.0, 2.0, 1.0]), np.array([2.0, 1.0, 5.0, 0.0])
    selected = select_cells(forecast, count, ONES, 0.5)
    assert hits_by_block(selected, count, np.array([0, 1, 1, 2])).tolist() == [2, 1, 0]


def test_jaccard_by_hand():
    first, second = np.array([True, True, False, False]), np.array([False, True, True, False])
    assert jaccard(first, second) == 1 / 3
    assert jaccard(first, first) == 1
    assert jaccard(first, ~first) == 0
    assert jaccard(np.zeros(4, dtype=bool), np.zeros(4, dtype=bool)) == 1


def test_the_bootstrap_is_centred_paired_and_repeatable():
    rng = np.random.default_rng(3)
    events = rng.poisson(20, (12, 30)).astype(float)
    hits = np.stack([np.floor(events * 0.5), np.floor(events * 0.5), np.floor(events * 0.25)])
    rates, drawn = bootstrap_ratios(hits, events, seed=1)
    again, _ = bootstrap_ratios(hits, events, seed=1)
    assert np.array_equal(rates, again)
    assert rates[:, 0].mean() == pytest.approx(hits[0].sum() / events.sum(), abs=0.005)
    assert (rates[:, 0] == rates[:, 1]).all()
    assert drawn.mean() == pytest.approx(events.sum(), rel=0.02)
