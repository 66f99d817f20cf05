import numpy as np
import pytest

from riskmap.model.evaluation_scores import score_bands, score_coverage, score_distribution
from riskmap.model.list_scores import describe_lists, score_lists
from riskmap.model.outcomes import TRUE_RATE, Outcomes
from riskmap.model.scores import negative_binomial_log_score

ONES = np.ones(4)
ONE_BLOCK = np.zeros(4, dtype=np.int64)


def two_origins():
    """Four equal cells; boosting's best two are 0, 1 and then 0, 2; last year's are 0, 1 both times."""
    boosting = [np.array([4.0, 3.0, 2.0, 1.0]), np.array([4.0, 2.0, 3.0, 1.0])]
    last_year = np.array([9.0, 5.0, 1.0, 1.0])
    counts = [np.array([5.0, 0.0, 1.0, 0.0]), np.array([2.0, 1.0, 3.0, 0.0])]
    forecasts = [
        {"boosting": forecast, "last_12": last_year, "perfect": count}
        for forecast, count in zip(boosting, counts, strict=True)
    ]
    intervals = [(np.zeros(4), np.array([4.0, 4.0, 4.0, 0.0])), (np.ones(4), np.full(4, 3.0))]
    return Outcomes(forecasts, counts, [np.zeros(4), np.zeros(4)], intervals)


def test_stability_is_the_overlap_of_neighbouring_lists():
    score = score_lists("boosting", two_origins(), ONES, [0.5], ONE_BLOCK)[0.5]
    assert score.stability == 1 / 3  # {0, 1} and {0, 2}
    assert score_lists("last_12", two_origins(), ONES, [0.5], ONE_BLOCK)[0.5].stability == 1


def test_one_origin_has_no_stability():
    outcomes = two_origins()
    alone = Outcomes(outcomes.forecasts[:1], outcomes.counts[:1], outcomes.dispersions[:1], outcomes.intervals[:1])
    assert score_lists("boosting", alone, ONES, [0.5], ONE_BLOCK)[0.5].stability is None


def test_new_cells_are_those_that_last_years_counts_would_not_have_selected():
    score = score_lists("boosting", two_origins(), ONES, [0.5], ONE_BLOCK)[0.5]
    assert (score.new_cells, score.new_hits) == (1, 3)  # cell 2 at the second origin
    assert score.score.hits == 5 + 0 + 2 + 3
    assert score.hits.tolist() == [[5], [5]]
    same = score_lists("last_12", two_origins(), ONES, [0.5], ONE_BLOCK)[0.5]
    assert (same.new_cells, same.new_hits) == (0, 0)


def test_lists_of_a_simulated_area_are_held_against_the_true_rate_without_luck():
    outcomes = two_origins()
    truth = np.array([3.0, 2.0, 2.5, 0.5])
    known = [{**forecasts, TRUE_RATE: truth} for forecasts in outcomes.forecasts]
    outcomes = Outcomes(known, outcomes.counts, outcomes.dispersions, outcomes.intervals)
    lists = {name: score_lists(name, outcomes, ONES, [0.5], ONE_BLOCK) for name in ("boosting", "last_12", TRUE_RATE)}
    assert lists["boosting"][0.5].true_cases == (3 + 2) + (3 + 2.5)
    drawn = {0.5: (np.ones(2), np.ones(2))}
    found = describe_lists(lists["boosting"], lists["last_12"], lists[TRUE_RATE], drawn)
    assert found["shares"]["0.5"]["of_true_rate"] == (5 + 5.5) / 11
    unknown = describe_lists(lists["boosting"], lists["last_12"], None, drawn)
    assert unknown["shares"]["0.5"]["of_true_rate"] is None


def test_of_equal_counts_of_last_year_those_that_the_model_prefers_are_not_new():
    count = np.array([0.0, 0.0, 1.0, 1.0])
    forecasts = [{"boosting": np.array([1.0, 2.0, 3.0, 4.0]), "last_12": ONES}]
    outcomes = Outcomes(forecasts, [count], [], [])
    assert score_lists("boosting", outcomes, ONES, [0.5], ONE_BLOCK)[0.5].new_cells == 0


def test_bands_add_up_to_all_that_was_expected_and_observed():
    bands = score_bands("boosting", two_origins(), ONES, 0)
    assert list(bands) == ["0.01", "0.02", "0.05", "0.1", "0.2", "rest"]
    assert sum(band["expected"] for band in bands.values()) == 20
    assert sum(band["observed"] for band in bands.values()) == 12
    # the first band holds one cell: 4 expected twice, 5 and 2 observed; Garwood for 7 events: 2.814-14.42
    first = bands["0.01"]
    assert (first["expected"], first["observed"], first["ratio"]) == (8, 7, 7 / 8)
    assert (first["ci_low"], first["ci_high"]) == pytest.approx((2.814 / 8, 14.42 / 8), abs=1e-3)
    assert bands["0.02"] == {"expected": 0, "observed": 0, "ratio": None, "ci_low": None, "ci_high": None}


def test_coverage_counts_all_and_the_selected_cells():
    # inside: at the first origin cells 1, 2 and 3; at the second 0, 1 and 2. The best quarter: cell 0, cell 0
    coverage = score_coverage("boosting", two_origins(), ONES, 0.25)
    assert (coverage["all"], coverage["selected"]) == (6 / 8, 1 / 2)
    # Poisson 4: P(0..4) = 0.6288, P(1..3) = 0.4152
    assert coverage["selected_expected"] == pytest.approx((0.6288 + 0.4152) / 2, abs=1e-4)
    assert 0 < coverage["all_expected"] < 1
    # Poisson 4, first cell: 5 lies at 0.6288-0.7851 of it, 2 at 0.0916-0.2381, of which 0.0084 / 0.1465 below 0.1
    assert coverage["selected_pit"] == pytest.approx((1 + 1 - 0.0084 / 0.1465) / 2, abs=1e-3)
    assert score_coverage("last_12", two_origins(), ONES, 0.25) is None


def test_the_perfect_ranking_is_no_distribution():
    scores = score_distribution("perfect", two_origins())
    assert (scores["log_score"], scores["rps"], scores["pit"]) == (None, None, None)
    assert scores["poisson_deviance"] == 0


def test_a_baselines_dispersion_comes_from_earlier_origins():
    outcomes = two_origins()
    forecast, counts = outcomes.forecasts[0]["last_12"], outcomes.counts
    # by hand: squares (9-5)^2 + 5^2 + 0 + 1 = 42, less the sum of expected 16, over 81 + 25 + 1 + 1
    scores = [
        negative_binomial_log_score(count, forecast, dispersion).mean()
        for count, dispersion in zip(counts, (0.0, 26 / 108), strict=True)
    ]
    scored = score_distribution("last_12", outcomes)
    assert scored["log_score"] == pytest.approx(np.mean(scores))
    assert len(scored["pit"]) == 10
    assert scored["rps"] > 0
