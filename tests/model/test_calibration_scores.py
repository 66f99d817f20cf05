import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from riskmap.model.calibration_scores import (
    PIT_BINS,
    band_of_cells,
    interval_chance,
    negative_binomial_cdf,
    pit_heights,
    poisson_interval,
    ranked_probability_scores,
)

SHARES = (0.25, 0.5)
counts = st.integers(0, 30)
means = st.floats(1e-6, 20)
spreads = st.sampled_from([0.0, 0.01, 0.5, 2.0, 10.0])


def distribution(mean, dispersion):
    return stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean)) if dispersion else stats.poisson(mean)


def summed_score(count, mean, dispersion, terms=20_000):
    k = np.arange(terms)
    return float(((distribution(mean, dispersion).cdf(k) - (count <= k)) ** 2).sum())


def summed_heights(count, mean, dispersion):
    """Return the PIT histogram of one count, by the definition: three cases, one height at a time."""
    predictive = distribution(mean, dispersion)
    low, high = predictive.cdf(count - 1), predictive.cdf(count)

    def reached(u):
        if u >= high:
            return 1.0
        return 0.0 if u <= low else (u - low) / (high - low)

    return [reached((j + 1) / PIT_BINS) - reached(j / PIT_BINS) for j in range(PIT_BINS)]


def draw(rng, mean, dispersion):
    return rng.poisson(mean * rng.gamma(1 / dispersion, dispersion, len(mean))).astype(float)


def test_the_ranked_probability_score_by_hand():
    # nothing forecast for sure, two events: F(0) = F(1) = 1, so 1 + 1;  Poisson 1, no event: the sum of (1 - F)^2
    assert ranked_probability_scores(np.array([2.0]), np.array([0.0]), 0.0).tolist() == [2.0]
    e = np.exp(-1)
    upper = [1 - e, 1 - 2 * e, 1 - 2.5 * e, 1 - 8 / 3 * e, 1 - 65 / 24 * e]
    ours = ranked_probability_scores(np.zeros(1), np.ones(1), 0.0)[0]
    assert ours == pytest.approx(sum(tail**2 for tail in upper), abs=1e-6)


@given(st.lists(st.tuples(counts, means, spreads), min_size=1, max_size=5))
@settings(max_examples=60)
def test_the_ranked_probability_score_is_the_sum_over_all_counts(cells):
    count, mean, dispersion = (np.array(column, dtype=float) for column in zip(*cells, strict=True))
    slow = [summed_score(*cell) for cell in cells]
    assert ranked_probability_scores(count, mean, dispersion) == pytest.approx(slow, rel=1e-7, abs=1e-9)


def test_large_counts_and_long_tails_do_not_underflow():
    count, mean = np.array([0.0, 2100.0, 5000.0]), np.array([2000.0, 2000.0, 2000.0])
    for dispersion in (0.0, 1.0):
        slow = [summed_score(y, mu, dispersion, 60_000) for y, mu in zip(count, mean, strict=True)]
        assert ranked_probability_scores(count, mean, dispersion) == pytest.approx(slow, rel=1e-6)


def test_scores_of_many_sparse_cells_are_those_of_each_alone():
    rng = np.random.default_rng(5)
    mean = np.exp(rng.normal(-5, 2, 100_000))
    count = rng.poisson(mean).astype(float)
    together = ranked_probability_scores(count, mean, 3.0)
    for at in range(0, len(mean), 10_000):
        alone = ranked_probability_scores(count[at : at + 1], mean[at : at + 1], 3.0)[0]
        assert together[at] == pytest.approx(alone, abs=1e-12)


def test_the_right_distribution_has_the_best_ranked_probability_score():
    rng = np.random.default_rng(2)
    mean = rng.gamma(2.0, 1.0, 50_000)
    count = draw(rng, mean, 1.0)
    right = ranked_probability_scores(count, mean, 1.0).mean()
    assert right < ranked_probability_scores(count, mean, 0.0).mean()
    assert right < ranked_probability_scores(count, 1.5 * mean, 1.0).mean()


@given(st.integers(-1, 30), means, spreads)
@settings(max_examples=100)
def test_the_distribution_function_is_scipys(count, mean, dispersion):
    ours = negative_binomial_cdf(np.array([float(count)]), np.array([mean]), dispersion)[0]
    assert ours == pytest.approx(distribution(mean, dispersion).cdf(count), rel=1e-8, abs=1e-12)


@given(st.lists(st.tuples(counts, means, spreads), min_size=1, max_size=5))
@settings(max_examples=60)
def test_the_pit_histogram_is_the_mean_of_the_cells_histograms(cells):
    count, mean, dispersion = (np.array(column, dtype=float) for column in zip(*cells, strict=True))
    slow = np.mean([summed_heights(*cell) for cell in cells], axis=0)
    heights = pit_heights(count, mean, dispersion)
    assert heights == pytest.approx(slow, abs=1e-6)
    assert heights.sum() == pytest.approx(1)


def test_the_pit_of_a_right_forecast_is_flat_and_of_a_narrow_one_is_not():
    rng = np.random.default_rng(7)
    mean = rng.gamma(0.5, 1.0, 100_000)
    count = draw(rng, mean, 1.5)
    error = np.sqrt(0.1 * 0.9 / len(mean))  # of one randomised height; the non-randomised ones vary less
    assert pit_heights(count, mean, 1.5) == pytest.approx(np.full(PIT_BINS, 0.1), abs=4 * error)
    narrow = pit_heights(count, mean, 0.0)
    assert narrow[-1] > 0.1 + 10 * error
    low = pit_heights(count, 0.5 * mean, 1.5)
    assert low[0] < 0.1 - 10 * error
    assert low[-1] > 0.1 + 10 * error


def test_a_count_without_any_chance_lies_in_the_last_bin():
    assert pit_heights(np.array([3.0]), np.zeros(1), 0.0).tolist() == [0.0] * 9 + [1.0]


def test_draws_lie_in_their_intervals_as_often_as_forecast():
    rng = np.random.default_rng(9)
    mean, dispersion = rng.gamma(0.3, 2.0, 100_000), 0.8
    low, high = (distribution(mean, dispersion).ppf(q) for q in (0.1, 0.9))
    count = draw(rng, mean, dispersion)
    chance = interval_chance(low, high, mean, dispersion).mean()
    inside = ((low <= count) & (count <= high)).mean()
    assert chance > 0.8
    assert inside == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / len(mean)))


def test_an_intervals_chance_by_hand():
    # Poisson 1: P(1) + P(2) = 1.5 / e;  P(0) = 1 / e
    chance = interval_chance(np.array([1.0, 0.0]), np.array([2.0, 0.0]), np.ones(2), 0.0)
    assert chance == pytest.approx([1.5 / np.e, 1 / np.e])


def test_bands_follow_the_forecast_and_fit_into_their_shares():
    forecast, areas = np.array([1.0, 4.0, 2.0, 3.0, 0.5]), np.array([2.0, 1.0, 1.0, 1.0, 3.0])
    # 8 km2: cells 1 and 3 fill a quarter; cell 2 makes 3 of 4 km2, cell 0 would make 5
    assert band_of_cells(forecast, areas, SHARES, 0).tolist() == [2, 0, 1, 0, 2]


def test_the_first_band_is_never_empty():
    assert band_of_cells(np.array([1.0, 2.0]), np.ones(2), (0.01, 0.02), 0).tolist() == [2, 0]


def test_equal_forecasts_are_parted_by_chance_and_the_same_each_time():
    band = band_of_cells(np.ones(1000), np.ones(1000), SHARES, 3)
    assert np.bincount(band).tolist() == [250, 250, 500]
    assert np.arange(1000)[band == 0].mean() == pytest.approx(499.5, abs=60)
    assert (band == band_of_cells(np.ones(1000), np.ones(1000), SHARES, 3)).all()


def test_the_poisson_interval_is_garwoods():
    # published: 0 events 0-3.689, 1 event 0.0253-5.572, 10 events 4.795-18.39
    assert poisson_interval(0) == pytest.approx((0, 3.689), abs=5e-4)
    assert poisson_interval(1) == pytest.approx((0.0253, 5.572), abs=5e-4)
    assert poisson_interval(10) == pytest.approx((4.795, 18.39), abs=5e-3)
