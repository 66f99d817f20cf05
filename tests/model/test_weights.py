"""Where effort is uneven, weights for it bring what is learned nearer to the need, and further from the records."""

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
    weighed = fit_model(panel, SCORED.start, 1, seed=1)
    bare = fit_model(replace(panel, weighed=None), SCORED.start, 1, seed=1)
    return panel, need, weighed, bare


def test_with_weights_the_ranking_is_nearer_to_the_need_than_without(world):
    panel, need, *models = world
    forecasts = [[predict(model, panel, origin).expected for origin in SCORED] for model in models]
    shape, top = (
        [np.mean([judge(need, expected) for expected in made]) for made in forecasts]
        for judge in (far_from, need_at_the_top)
    )
    assert shape[0] < 0.85 * shape[1]
    assert top[0] > top[1] + 0.02


def test_a_model_is_judged_by_recorded_cases(world):
    _, _, weighed, bare = world
    assert weighed.calibration.actual == bare.calibration.actual
    assert weighed.events == bare.events


def test_the_card_says_whether_weights_were_used(world):
    panel, _, _, _ = world
    said = describe_effort(panel, draw_sample(panel, 12, 36, 1, seed=1))
    assert (said["known"], said["weighed"]) == (True, True)
    assert 0.05 < said["moved_share"] < 0.5
    bare = replace(panel, weighed=None)
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


def test_a_comparison_fits_each_form_with_or_without_weights_as_its_model_was(monkeypatch):
    panel, _ = patrolled_world(36, steps=4)
    study = check_study({"id": "x", "resolution": 8, "period": "month", "timezone": "Asia/Shanghai"})
    learned = []

    def fit(panel, end, horizon, seed, *, sample, features):
        learned.append(sample.learned is not None)
        return fit_model(panel, end, horizon, seed, sample=sample, features=features)

    monkeypatch.setattr(comparing, "fit_model", fit)
    forms = {"challenger": panel.feature_names, "champion": panel.feature_names}
    result = comparing.compare_forms(study, panel, forms, origins=1, unweighed=["champion"])
    assert learned == [True, False]
    assert result["models"]["challenger"]["deviance"] != result["models"]["champion"]["deviance"]
