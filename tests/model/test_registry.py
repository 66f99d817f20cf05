import json
import pickle
import shutil

import numpy as np
import pytest

from riskmap.errors import ModelError
from riskmap.model.card import describe_training, rows_sha256
from riskmap.model.explain import PAST_REASON, explain_rows, log_terms, reason_texts
from riskmap.model.fitting import fit_model
from riskmap.model.promotion import champion_id, set_champion
from riskmap.model.registry import is_outdated, library_versions, list_models, load_model, read_card, save_model
from riskmap.model.risk_model import predict
from riskmap.panel.sample import draw_sample
from riskmap.study import check_study
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts


@pytest.fixture(scope="module")
def panel():
    cells = disk_cells(12)
    return make_panel(random_counts(lumpy_rate(cells, 36), seed=1), cells)


@pytest.fixture(scope="module")
def model(panel):
    return fit_model(panel, 36, 1, seed=1)


@pytest.fixture
def study(home):
    return check_study({"id": "here", "resolution": 8, "period": "month", "timezone": "UTC", "home": home})


def test_a_model_comes_back_as_it_went(study, panel, model):
    save_model(study, "m1", model, {"as_of": "2020-01-01"})
    loaded = load_model(study, "m1")
    assert np.array_equal(predict(loaded, panel, 36).expected, predict(model, panel, 36).expected)
    assert loaded.calibration == model.calibration
    assert read_card(study, "m1")["as_of"] == "2020-01-01"
    set_champion(study, "m1", "first")
    assert champion_id(study) == "m1"
    assert list_models(study) == ["m1"]


@pytest.mark.parametrize("name", ["trees.skops", "card.json", "signature"])
def test_an_altered_model_is_refused_before_it_is_parsed(study, model, name, monkeypatch):
    folder = save_model(study, "m1", model, {"as_of": "2020-01-01"})
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)

    def parsed(*_args, **_kwargs):
        raise AssertionError("the file was parsed")

    monkeypatch.setattr("skops.io.load", parsed)
    with pytest.raises(ModelError, match="altered or not made here"):
        load_model(study, "m1")


def test_trees_are_read_once_and_refused_once_they_were_altered(study, model, monkeypatch):
    folder = save_model(study, "m1", model, {"as_of": "2020-01-01"})
    first = load_model(study, "m1")
    monkeypatch.setattr("skops.io.load", lambda *_args, **_kwargs: pytest.fail("the trees were read again"))
    assert load_model(study, "m1").trees is first.trees
    (folder / "trees.skops").write_bytes((folder / "trees.skops").read_bytes() + b" ")
    with pytest.raises(ModelError, match="altered or not made here"):
        load_model(study, "m1")


def test_a_model_under_another_name_is_refused(study, model):
    folder = save_model(study, "m1", model, {"as_of": "2020-01-01"})
    shutil.copytree(folder, folder.parent / "m2")
    with pytest.raises(ModelError, match="m2 is refused"):
        load_model(study, "m2")


@pytest.mark.parametrize("library", ["scikit-learn", "h3"])
def test_a_model_of_another_library_version_is_refused(study, model, library, monkeypatch):
    other = {**library_versions(), library: "1.0.0"}
    monkeypatch.setattr("riskmap.model.registry.library_versions", lambda: other)
    save_model(study, "m1", model, {"as_of": "2020-01-01"})
    with pytest.raises(ModelError, match=rf"needs {library} 1\.0\.0; .* is installed\. Fit it anew") as refused:
        load_model(study, "m1")
    assert "请重新拟合" in refused.value.text.in_language("zh")


def test_a_model_of_another_form_is_refused(study, model, monkeypatch):
    monkeypatch.setattr("riskmap.model.registry.FORM", 1)
    save_model(study, "m1", model, {"as_of": "2020-01-01"})
    assert not is_outdated(read_card(study, "m1"))
    monkeypatch.undo()
    assert is_outdated(read_card(study, "m1"))
    with pytest.raises(ModelError, match="another version of this system") as refused:
        load_model(study, "m1")
    assert "请重新拟合" in refused.value.text.in_language("zh")


def test_a_pickle_in_disguise_is_refused_unread(study, model, tmp_path):
    folder = save_model(study, "m1", model, {"as_of": "2020-01-01"})
    touched = tmp_path / "touched"

    class Hostile:
        def __reduce__(self):
            return touched.write_text, ("x",)

    (folder / "trees.skops").write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(ModelError, match="altered or not made here"):
        load_model(study, "m1")
    assert not touched.exists()


def test_a_card_tells_the_data_and_the_rows_that_it_rests_on(study, panel):
    sample = draw_sample(panel, 12, 36, 1, seed=1)
    card = describe_training(study, panel, sample)
    assert card["as_of"] == "2021-01-01"  # 36 months from January 2018 on
    assert card["data"]["from"] == "2018-01-01"
    assert card["data"]["until"] == "2020-12-31"
    assert card["data"]["periods"] == 36
    assert card["data"]["gaps"] == []
    assert card["data"]["cases"] == panel.cases.count.sum()
    assert card["rows_sha256"] == rows_sha256(draw_sample(panel, 12, 36, 1, seed=1))
    assert card["rows_sha256"] != rows_sha256(draw_sample(panel, 12, 35, 1, seed=1))
    assert card["purpose"]["zh"] != card["purpose"]["en"]


def test_a_model_that_is_not_there_is_said(study):
    with pytest.raises(ModelError, match="has no model"):
        read_card(study, "../elsewhere")


def test_reasons_add_up_to_the_forecast(panel, model):
    forecast = predict(model, panel, 36)
    terms = log_terms(model, forecast.features[:50])
    exposure = model.excitation.expected(panel, forecast.features[:50], model.feature_names, np.full(50, 36))
    constant = np.log(forecast.expected[:50] / exposure) - terms.sum(axis=1)
    assert np.ptp(constant) < 1e-9


def test_the_strongest_reason_of_a_busy_cell_is_its_record(panel, model):
    forecast = predict(model, panel, 36)
    top = np.argsort(-forecast.expected)[:3]
    reasons = explain_rows(model, forecast.features[top], float(forecast.baseline_expected.mean()))
    assert all(row[0][0] == PAST_REASON and row[0][1] > 2 for row in reasons)
    text = reason_texts(json.dumps(reasons[0]))[0]
    assert "follows police work" in text.en
    assert "警" in text.zh
