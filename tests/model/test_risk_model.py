from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from riskmap.errors import ModelError
from riskmap.model.baselines import area_mean, fit_baseline, forecast_baseline, forecast_counts
from riskmap.model.fitting import fit_model
from riskmap.model.gates import Calibration, refuse_leaks, refuse_uncalibrated, single_feature_gain
from riskmap.model.risk_model import baseline_of_rows, interval, predict
from riskmap.model.scores import poisson_deviance, score_share
from riskmap.panel.sample import Sample, draw_sample
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts

PERIODS = 40


@pytest.fixture(scope="module")
def cells():
    return disk_cells(18)


@pytest.fixture(scope="module")
def rate(cells):
    return lumpy_rate(cells, PERIODS)


@pytest.fixture(scope="module")
def panel(cells, rate):
    return make_panel(random_counts(rate, seed=1), cells)


@pytest.fixture(scope="module")
def model(panel):
    return fit_model(panel, PERIODS - 4, 1, seed=1)


def test_the_true_rate_outscores_every_baseline_and_the_model(panel, rate, model):
    late = range(PERIODS - 4, PERIODS)
    counts = panel.cases.matrix(len(panel.cells)).astype(float)
    deviance: dict[str, float] = {}
    for origin in late:
        baseline = fit_baseline(panel, origin, 1)
        forecasts = forecast_counts(panel, origin, 1) | {
            "true": rate[origin],
            "ewma_ring": forecast_baseline(panel, origin, baseline, 1),
            "boosting": predict(model, panel, origin).expected,
        }
        for name, expected in forecasts.items():
            deviance[name] = deviance.get(name, 0.0) + poisson_deviance(counts[origin], expected)
    assert min(deviance, key=deviance.get) == "true"
    assert deviance["boosting"] < 1.03 * deviance["ewma_ring"]


def test_a_baseline_is_chosen_by_its_past_only(panel):
    end = 30
    later = panel.cases.occurred >= end
    other = replace(panel.cases, count=np.where(later, 40.0, panel.cases.count).astype(np.float32))
    assert fit_baseline(panel, end, 1) == fit_baseline(replace(panel, sources={"cases": other}), end, 1)


def test_the_area_mean_is_the_mean_of_its_cells(panel):
    origins = range(20, 22)
    from riskmap.model.baselines import decayed_pair

    own, _ = decayed_pair(panel, 12, origins)
    assert area_mean(panel, 12, origins) == pytest.approx(own.mean(axis=1), rel=1e-4)


def test_forecasts_are_positive_everywhere(panel, model):
    for origin in (12, PERIODS):
        for name, expected in forecast_counts(panel, origin, 1).items():
            assert (expected > 0).all(), name
        forecast = predict(model, panel, origin)
        assert (forecast.expected > 0).all() and (forecast.baseline_expected > 0).all()


def test_a_row_has_the_baseline_of_its_forecast(panel):
    sample = draw_sample(panel, 12, 30, 1, seed=1)
    baseline = fit_baseline(panel, 30, 1)
    exposure = baseline_of_rows(panel, sample, baseline)
    at = sample.origin == 25
    expected = forecast_baseline(panel, 25, baseline, 1)[sample.cell[at]]
    assert exposure[at] == pytest.approx(expected, rel=1e-4)


def test_a_longer_horizon_expects_as_many_times_more(panel, rate):
    counts = panel.cases.matrix(len(panel.cells))
    three = fit_model(panel, PERIODS - 4, 3, seed=1)
    total = predict(three, panel, PERIODS - 3).expected.sum()
    assert total == pytest.approx(counts[-3:].sum(), rel=0.2)


def test_trees_cannot_run_away_where_almost_nothing_happens(cells):
    sparse = make_panel(random_counts(np.full((PERIODS, len(cells)), 3e-3), seed=4), cells)
    model = fit_model(sparse, PERIODS, 1, seed=1)
    expected = predict(model, sparse, PERIODS).expected
    assert expected.max() < 1
    assert expected.sum() == pytest.approx(3e-3 * len(cells), rel=0.6)


def test_shuffled_places_leave_nothing_to_predict(cells, rate):
    """Every period's counts are dealt to other cells: past and future share nothing, so PAI is about 1."""
    rng = np.random.default_rng(8)
    shuffled = np.array([rng.permutation(row) for row in rate])
    panel = make_panel(random_counts(shuffled, seed=2), cells)
    model = fit_model(panel, PERIODS - 8, 1, seed=1)
    counts = panel.cases.matrix(len(cells)).astype(float)
    scores = [
        score_share(predict(model, panel, origin).expected, counts[origin], panel.areas_km2, 0.1)
        for origin in range(PERIODS - 8, PERIODS)
    ]
    pai = sum(s.hits for s in scores) / sum(s.events for s in scores) / 0.1
    assert pai == pytest.approx(1.0, abs=0.25)


def test_the_same_seed_gives_the_same_forecast(panel, model):
    again = fit_model(panel, PERIODS - 4, 1, seed=1)
    assert np.array_equal(predict(model, panel, PERIODS).expected, predict(again, panel, PERIODS).expected)


def test_intervals_hold_what_they_promise(panel, model):
    expected = np.array([0.001, 0.5, 4.0])
    low, high = interval(model, expected)
    alpha = np.maximum(model.dispersion(expected), 1e-6)
    share = 1 / (1 + alpha * expected)
    assert (stats.nbinom.cdf(high, 1 / alpha, share) >= 0.9).all()
    assert (low <= high).all()
    assert low[0] == high[0] == 0


def test_too_little_history_is_said(cells):
    short = make_panel(random_counts(lumpy_rate(cells, 5), seed=1), cells)
    with pytest.raises(ModelError, match="at least 4 reported periods"):
        fit_model(short, 4, 1, seed=1)


def test_a_model_whose_feature_is_gone_is_refused(panel, model):
    lacking = replace(model, feature_names=("residents_count", *model.feature_names[1:]))
    with pytest.raises(ModelError, match=r"no longer has \(residents_count\)"):
        predict(lacking, panel, PERIODS)


def test_a_feature_that_came_later_changes_no_forecast(panel, model):
    more = replace(panel, fixed={**panel.fixed, "residents_count": np.ones(len(panel.cells), np.float32)})
    np.testing.assert_array_equal(predict(model, more, PERIODS).expected, predict(model, panel, PERIODS).expected)


@pytest.mark.parametrize(("predicted", "actual", "refused"), [(100, 100, False), (121, 100, True), (79, 100, True)])
def test_totals_off_by_more_than_a_fifth_are_refused(predicted, actual, refused):
    calibration = Calibration(predicted, actual, 4)
    if refused:
        with pytest.raises(ModelError, match="The model is refused"):
            refuse_uncalibrated(calibration)
    else:
        refuse_uncalibrated(calibration)


def test_an_all_zero_stretch_is_refused_where_cases_were_predicted(cells):
    """Enforcement stops: a year of plenty, then held-out periods without one case."""
    rate = np.full((PERIODS, len(cells)), 0.2)
    rate[-8:] = 0
    panel = make_panel(random_counts(rate, seed=4, late=0.0), cells)
    model = fit_model(panel, PERIODS, 1, seed=1)
    assert model.calibration.actual == 0
    with pytest.raises(ModelError, match="and 0 happened"):
        refuse_uncalibrated(model.calibration)


def test_totals_too_small_to_tell_are_not_judged():
    refuse_uncalibrated(Calibration(2.0, 0.0, 4))


def test_a_planted_leak_is_caught(panel):
    """Next period's count as a feature: the most useful one, and the one that must not pass."""
    sample = draw_sample(panel, 12, PERIODS, 1, seed=1)
    rng = np.random.default_rng(1)
    canary = (sample.count + rng.normal(0, 0.3, len(sample.count))).astype(np.float32)
    planted = Sample(
        np.column_stack([sample.features, canary]),
        sample.count,
        sample.weight,
        sample.cell,
        sample.origin,
        sample.completeness,
    )
    baseline = fit_baseline(panel, PERIODS, 1)
    exposure = baseline_of_rows(panel, sample, baseline)
    held_out = sample.origin >= PERIODS - 8
    refuse_leaks(panel.feature_names, sample, exposure, held_out)
    with pytest.raises(ModelError, match="Feature canary alone removes"):
        refuse_leaks([*panel.feature_names, "canary"], planted, exposure, held_out)


def test_noise_explains_nothing_alone():
    rng = np.random.default_rng(2)
    count = rng.poisson(0.5, 5000).astype(float)
    gain = single_feature_gain(rng.random(5000).astype(np.float32), count, np.full(5000, 0.5), np.ones(5000))
    assert abs(gain) < 0.02
