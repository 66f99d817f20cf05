"""Where effort is uneven, weights for it bring the need that is forecast nearer to the true one."""

from dataclasses import replace

import numpy as np
import pytest

from riskmap import pipeline
from riskmap.model import compare as comparing
from riskmap.model.card import describe_effort
from riskmap.model.fitting import fit_model
from riskmap.model.risk_model import predict
from riskmap.model.scores import poisson_deviance
from riskmap.panel.sample import draw_sample
from riskmap.study import check_study
from tests.panel.patrolled import patrolled_world

PERIODS, SCORED = 48, range(42, 48)


def far_from(need, expected):
    """Deviance of a forecast from the true need, brought to the same total: only its shape is judged."""
    return poisson_deviance(need, expected * need.sum() / expected.sum())


def need_at_the_top(need, expected):
    """Share of the most that a twentieth of the cells could hold that the forecast's first twentieth holds."""
    most = len(need) // 20
    return need[np.argsort(-expected)[:most]].sum() / np.sort(need)[-most:].sum()


@pytest.fixture(scope="module", params=[13, 14])
def world(request):
    panel, need = patrolled_world(PERIODS, steps=13, seed=request.param)
    return panel, need, fit_model(panel, SCORED.start, 1, seed=1)


def test_the_need_that_is_forecast_is_nearer_to_the_true_one_than_the_records(world):
    panel, need, model = world
    made = [predict(model, panel, origin) for origin in SCORED]
    forecasts = [[forecast.need for forecast in made], [forecast.expected for forecast in made]]
    shape, top = (
        [np.mean([judge(need, expected) for expected in made]) for made in forecasts]
        for judge in (far_from, need_at_the_top)
    )
    assert shape[0] < 0.85 * shape[1]
    assert top[0] > top[1] + 0.02


def test_the_records_are_forecast_and_judged_the_same_with_and_without_weights(world):
    panel, _, weighed = world
    bare = fit_model(panel.unweighed(), SCORED.start, 1, seed=1)
    assert bare.need_trees is None
    assert weighed.events == bare.events
    assert (weighed.calibration, weighed.dispersions, weighed.shrinkage) == (
        bare.calibration,
        bare.dispersions,
        bare.shrinkage,
    )
    forecasts = [predict(model, panel, SCORED.start) for model in (weighed, bare)]
    assert np.array_equal(forecasts[0].expected, forecasts[1].expected)
    assert np.array_equal(forecasts[1].need, forecasts[1].expected)
    assert not np.array_equal(forecasts[0].need, forecasts[0].expected)


def test_the_card_says_whether_weights_were_used(world):
    panel, _, _ = world
    said = describe_effort(panel, draw_sample(panel, 12, 36, 1, seed=1))
    assert (said["known"], said["weighed"]) == (True, True)
    assert 0.05 < said["moved_share"] < 0.5
    bare = panel.unweighed()
    without = describe_effort(bare, draw_sample(bare, 12, 36, 1, seed=1))
    assert without == {"known": True, "weighed": False, "moved_share": 0.0}
    unknown = replace(bare, effort=None)
    assert not describe_effort(unknown, draw_sample(unknown, 12, 36, 1, seed=1))["known"]


@pytest.mark.parametrize("weighed", [True, False])
def test_a_refresh_weighs_only_if_the_model_in_use_did(monkeypatch, weighed):
    panel, _ = patrolled_world(36, steps=4)
    study = check_study({"id": "x", "resolution": 8, "period": "month", "timezone": "Asia/Shanghai"})
    names = [*panel.feature_names, "excitation_log"]
    card = {"study": "", "as_of": "2018-06-01", "model": {"feature_names": names}}
    card |= (
        {"effort": {"known": True, "weighed": True, "moved_share": 0.1}} if weighed else {}
    )  # an older card is silent
    monkeypatch.setattr(pipeline, "champion_id", lambda study: "m")
    monkeypatch.setattr(pipeline, "read_card", lambda study, model: card)
    monkeypatch.setattr(pipeline, "train", lambda study, panel, action, features: panel.weighed)
    assert (pipeline.fit_or_reuse(study, panel) is not None) == weighed


def test_a_comparison_is_of_records_and_learns_no_need(monkeypatch):
    panel, _ = patrolled_world(36, steps=4)
    study = check_study({"id": "x", "resolution": 8, "period": "month", "timezone": "Asia/Shanghai"})
    learned = []

    def fit(panel, end, horizon, seed, *, sample, features):
        model = fit_model(panel, end, horizon, seed, sample=sample, features=features)
        learned.append((len(features), sample.need, model.need_trees))
        return model

    monkeypatch.setattr(comparing, "fit_model", fit)
    names = panel.feature_names
    result = comparing.compare_forms(study, panel, {"challenger": names, "champion": names[:-2]}, origins=1)
    assert learned == [(len(names), None, None), (len(names) - 2, None, None)]
    assert result["models"]["challenger"]["deviance"] != result["models"]["champion"]["deviance"]
