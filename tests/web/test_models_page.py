"""The Models page, run as an analyst's session runs it, without a browser."""

import json
import shutil
from html import unescape
from types import SimpleNamespace

import pytest
from delivered import delivered, ocean
from streamlit.testing.v1 import AppTest

from riskmap.model.drift import measure_drift, save_drift
from riskmap.model.evaluate import evaluate, save_evaluation
from riskmap.model.fitting import fit_model
from riskmap.model.promotion import champion_id, compare, lists_apart, read_history, set_champion
from riskmap.model.registry import list_models, save_model
from riskmap.panel import sample
from riskmap.panel.build import build_panel
from riskmap.pipeline import input_fingerprints
from riskmap.snapshot import canonical_json, lease
from riskmap.study import REPOSITORY, load_study, study_toml
from riskmap.web import models_work
from riskmap.web.jobs import COMPARISON_FILE, JOB_FILE, Job

STARTED = "2026-01-05T00:00:00+00:00"


def keep_model(study, panel, model_id, names):
    """Fit a model and keep it, though so few cases tell little of its calibration."""
    model = fit_model(panel, panel.timeline.size, study.horizon, study.seed, features=names)
    card = {
        "as_of": f"{panel.timeline.starts()[-1]:%Y-%m-%d}",
        "inputs": input_fingerprints(study),
        "seed": study.seed,
        "study": study_toml(study),
    }
    save_model(study, model_id, model, card)
    return model_id


@pytest.fixture(scope="session")
def models_home(tmp_path_factory):
    """The invented area with a model in use, a challenger that looks at less, and all that was found of both."""
    home = tmp_path_factory.mktemp("models")
    study = delivered(home)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sample, "FEWEST_EMPTY_ROWS", 15_000)  # the pages are looked at here, not the forecast
        panel = build_panel(study)
        set_champion(study, keep_model(study, panel, "all-features", panel.feature_names), "first")
        names = [name for name in panel.feature_names if not name.startswith("season")]
        challenger = keep_model(study, panel, "no-season", names)
        save_drift(study, measure_drift(panel))
        save_evaluation(study, evaluate(study, panel, origins=2))
        result = compare(study, panel, challenger, origins=2)
        result["lists"] = lists_apart(study, panel, challenger, "all-features")
        (study.folder / COMPARISON_FILE).write_text(canonical_json(result), encoding="utf-8")
    return home


@pytest.fixture
def own_home(models_home, tmp_path):
    """A copy that a test may change."""
    for folder in ("geodata", "models"):
        shutil.copytree(models_home / folder, tmp_path / folder)
    return tmp_path


@pytest.fixture
def asked(monkeypatch):
    """What the page asked to be done, in the place of doing it."""
    found = []
    monkeypatch.setattr(models_work, "start_job", lambda _study, kind, **about: found.append((kind, about)))
    return found


def open_page(monkeypatch, home, language="en"):
    monkeypatch.setenv("RISKMAP_HOME", str(home))
    session = AppTest.from_file(str(REPOSITORY / "pages" / "models.py"), default_timeout=60)
    session.query_params["lang"] = language
    return run(session)


def run(session):
    session.run()
    assert not session.exception, session.exception
    return session


def words(session):
    found = [element.proto.body for element in session.get("html") if not element.proto.body.startswith("<style")]
    return " ".join([*found, *(element.value for element in session.get("subheader"))])


def table(session, column):
    """The one table that has a column of this name."""
    return next(frame.value for frame in session.dataframe if column in frame.value)


def chosen(session, name):
    return next(box.value for box in session.selectbox if box.key.startswith(name))


def edit_json(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def put_job(home, **changes):
    job = Job("compare", {"model_id": "m"}, "en", "me", STARTED, STARTED, stage={"en": "Comparing", "zh": "正在比较"})
    (load_study("ocean", home).folder / JOB_FILE).write_text(json.dumps(vars(job) | changes))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_says_what_to_do_where_there_is_nothing(monkeypatch, tmp_path, language):
    study = ocean(tmp_path)
    told = words(open_page(monkeypatch, study.home, language))
    for zh, en in (
        ("本区域尚无模型", "has no model yet"),
        ("没有候选模型", "There is no challenger"),
        ("尚未评估", "Not evaluated yet"),
    ):
        assert {"zh": zh, "en": en}[language] in told


def test_the_page_says_what_to_do_where_there_is_no_area(monkeypatch, tmp_path):
    session = open_page(monkeypatch, tmp_path)
    assert "riskmap demo" in session.info[0].value


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_head_names_the_model_its_data_and_its_health(monkeypatch, models_home, language):
    study = load_study("ocean", models_home)
    told = words(open_page(monkeypatch, models_home, language))
    assert champion_id(study) in told
    # 40 weeks from Monday 2025-01-06: the last day delivered is Sunday 2025-10-12.
    assert {"zh": "训练数据截至 2025年10月12日", "en": "trained on data until 2025-10-12"}[language] in told
    assert {"zh": "本区域首个模型", "en": "first model of the area"}[language] in told
    # Weeks 20 and 21 of 40 are missing: none of the last thirteen.
    assert {"zh": "总计 2 个", "en": "last 13 weeks; 2 in all"}[language] in told
    assert "▲" in told  # the seizures ended long ago


def test_the_evaluation_stands_beside_the_baseline(monkeypatch, models_home):
    session = open_page(monkeypatch, models_home)
    rows = table(session, "Log score")
    assert {"Model", "Baseline (smoothed counts with neighbours)", "Mean of the last 12 periods"} <= set(
        rows["Forecast"]
    )
    assert rows["Forecast"][0] == "Perfect ranking (what happened)"
    assert len(session.get("vega_lite_chart")) == 3
    assert "of the outcomes of all cells lie in it" in words(session)


def test_an_evaluation_of_an_earlier_version_is_shown_as_far_as_it_goes(monkeypatch, own_home):
    def age(evaluation):
        for scores in evaluation["models"].values():
            for key in ("bands", "pit", "rps", "coverage"):
                scores.pop(key)
            for found in scores["shares"].values():
                found.pop("stability")
                found.pop("new_in_list")

    edit_json(load_study("ocean", own_home).folder / "evaluation.json", age)
    session = open_page(monkeypatch, own_home)
    assert "evaluate again" in words(session)
    assert len(session.get("vega_lite_chart")) == 1
    assert set(table(session, "Log score")["Ranked probability score"]) == {"–"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_comparison_says_what_stops_a_promotion_in_the_readers_language(monkeypatch, models_home, language):
    told = words(open_page(monkeypatch, models_home, language))
    stop = {"zh": "可比较的历史周期只有 2 个，至少需要 6 个", "en": "only 2 past periods can be compared; 6 are needed"}
    assert stop[language] in told


def test_the_comparison_shows_all_three_and_what_each_looks_at(monkeypatch, models_home):
    session = open_page(monkeypatch, models_home)
    rows = table(session, "PEI* difference")
    assert list(rows["Forecast"]) == ["challenger", "model in use", "baseline"]
    assert rows.iloc[0, 2] == "–"
    assert session.expander[0].label == "Features: 0 only in the challenger, 2 only in the model in use"
    assert "time of year (season_sin)" in words(session)


def test_the_map_shows_the_cells_that_one_list_alone_holds(monkeypatch, own_home):
    def differ(comparison):
        cell = comparison["lists"]["apart"][0]["cell"] if comparison["lists"]["apart"] else "8828308281fffff"
        row = {"cell": cell, "listed_by": "challenger", "challenger": 0.52, "champion": 0.13}
        comparison["lists"] = {"as_of": "2022-01-01", "both": 4, "apart": [row]}

    edit_json(load_study("ocean", own_home).folder / "comparison.json", differ)
    session = open_page(monkeypatch, own_home)
    assert "4 cells stand on both lists, 1 on the challenger's alone, 0 on that" in unescape(words(session))
    layers = {layer["id"]: layer for layer in json.loads(session.get("deck_gl_json_chart")[0].proto.json)["layers"]}
    assert [(row["k"], row["t"]) for row in layers["marked-cells"]["data"]] == [(0, "0.13 → 0.52")]


def test_what_the_gate_stops_takes_a_reason_and_a_tick(monkeypatch, own_home, asked):
    session = open_page(monkeypatch, own_home)
    assert session.button(key="start-promote").disabled
    challenger = chosen(session, "challenger-")
    session.text_input(key=f"promote-reason-{challenger}").set_value("no season here")
    assert run(session).button(key="start-promote").disabled
    session.checkbox(key=f"promote-override-{challenger}").set_value(True)
    assert not run(session).button(key="start-promote").disabled
    session.button(key="start-promote").click()
    run(session)
    about = {"language": "en", "model_id": challenger, "reason": "no season here", "override": True}
    assert asked == [("promote", about)]


def test_what_passes_the_gate_takes_a_reason_alone(monkeypatch, own_home, asked):
    edit_json(load_study("ocean", own_home).folder / COMPARISON_FILE, lambda result: result.update(failures=[]))
    session = open_page(monkeypatch, own_home)
    assert "Nothing stops its promotion" in words(session)
    assert not session.checkbox
    challenger = chosen(session, "challenger-")
    session.text_input(key=f"promote-reason-{challenger}").set_value("fewer features")
    run(session).button(key="start-promote").click()
    run(session)
    assert asked[0][1]["override"] is False


def test_areas_that_got_worse_are_named(monkeypatch, own_home):
    worse = [{"area_code": "100101", "difference": 1.5, "doubt": 0.25}]
    edit_json(load_study("ocean", own_home).folder / COMPARISON_FILE, lambda result: result.update(areas_worse=worse))
    rows = table(open_page(monkeypatch, own_home), "Clearly worse in")
    assert list(rows.iloc[0]) == ["Coral County", "1.500 ± 0.250"]


def test_a_comparison_with_another_model_in_use_is_not_shown(monkeypatch, own_home):
    edit_json(load_study("ocean", own_home).folder / COMPARISON_FILE, lambda result: result.update(champion="gone"))
    session = open_page(monkeypatch, own_home)
    assert "made with another model in use" in words(session)
    assert "start-promote" not in {button.key for button in session.button}


def test_buttons_ask_for_work(monkeypatch, models_home, asked):
    session = open_page(monkeypatch, models_home)
    for kind in ("train", "evaluate", "compare"):
        session.button(key=f"start-{kind}").click()
        run(session)
    assert [kind for kind, _ in asked] == ["train", "evaluate", "compare"]
    assert asked[2][1]["model_id"] == chosen(session, "challenger-")


def test_a_second_work_is_refused_in_words(monkeypatch, own_home):
    from riskmap.errors import BusyError

    def busy(study, _kind, **_about):
        raise BusyError("Other work on area {area} is under way; wait until it has ended.", area=study.id)

    monkeypatch.setattr(models_work, "start_job", busy)
    session = open_page(monkeypatch, own_home)
    session.button(key="start-train").click()
    assert "Other work on area ocean is under way" in words(run(session))


@pytest.mark.parametrize(
    ("state", "changes", "said"),
    [
        ("failed", {"error": {"en": "Too little <history>.", "zh": "历史太短。"}}, "Too little &lt;history&gt;."),
        ("running", {}, "its process ended before"),  # nobody holds the lock: it died
        ("done", {"result": {"model_id": "m", "failures": 1}}, "Model m is compared; the gate stops it."),
        ("done", {"result": {"model_id": "m", "failures": 0}}, "the gate lets it through"),
        ("done", {"kind": "train", "result": {"model_id": None}}, "Nothing new to learn from"),
        ("done", {"kind": "train", "result": {"model_id": "m"}}, "Model m is fitted and kept."),
        ("done", {"kind": "promote", "result": {"model_id": "m"}}, "Model m is in use."),
        ("done", {"kind": "evaluate", "result": {"origins": 12}}, "Evaluated on 12 past periods."),
    ],
)
def test_the_outcome_of_the_last_work_is_told(monkeypatch, own_home, state, changes, said):
    put_job(own_home, state=state, **changes)
    assert said.lower() in words(open_page(monkeypatch, own_home)).lower()


def test_work_under_way_is_shown_and_no_other_can_be_started(monkeypatch, own_home):
    put_job(own_home)
    monkeypatch.setattr("riskmap.web.jobs._alive", lambda _study: True)
    session = open_page(monkeypatch, own_home)
    assert "The page can be closed" in words(session)
    assert "by me; running for" in words(session)
    assert all(session.button(key=f"start-{kind}").disabled for kind in ("train", "evaluate", "compare", "promote"))


def test_a_model_is_rolled_back_for_a_reason(monkeypatch, own_home):
    study = load_study("ocean", own_home)
    first = champion_id(study)
    second = next(model for model in list_models(study) if model != first)
    set_champion(study, second, "override", reason="=cmd <b>")
    session = open_page(monkeypatch, own_home)
    rows = table(session, "Change")
    assert list(rows["Change"]) == ["promoted in spite of the gate", "first model of the area"]
    assert session.button(key="rollback").disabled
    session.text_input(key="rollback-reason").set_value("complaints from the counties")
    run(session).button(key="rollback").click()
    assert f"Model {first} is in use." in words(run(session))
    last = read_history(study)[-1]
    assert (last["action"], last["model_id"], last["reason"]) == ("rollback", first, "complaints from the counties")


def test_a_rollback_waits_for_whoever_writes(monkeypatch, own_home):
    study = load_study("ocean", own_home)
    first = champion_id(study)
    second = next(model for model in list_models(study) if model != first)
    set_champion(study, second, "promote")
    session = open_page(monkeypatch, own_home)
    session.text_input(key="rollback-reason").set_value("complaints")
    run(session).button(key="rollback").click()
    with lease(study.folder, "run"):
        assert "is being written by run" in words(run(session))
    assert champion_id(study) == second


def test_the_card_is_readable_and_a_file(monkeypatch, models_home):
    study = load_study("ocean", models_home)
    session = open_page(monkeypatch, models_home)
    facts = dict(table(session, "How it is").itertuples(index=False))
    assert facts["Data until"] == "2025-10-12"
    assert facts["Purpose"] == "expected recorded cases per cell, 1 week ahead"
    groups = dict(table(session, "Number").itertuples(index=False))
    assert sum(map(int, groups.values())) == int(facts["Features"])
    assert "scikit-learn" in set(table(session, "Library")["Library"])
    assert "card-file" in [button.key for button in session.get("download_button")]
    assert chosen(session, "card-") == champion_id(study)


def test_a_model_that_was_altered_is_refused_and_the_rest_of_the_page_stands(monkeypatch, own_home):
    study = load_study("ocean", own_home)
    edit_json(study.models_folder / champion_id(study) / "card.json", lambda card: card.update(seed=7))
    told = words(open_page(monkeypatch, own_home))
    assert "altered or not made here" in told
    assert "Evaluation on past periods" in told


def test_drift_is_listed_with_the_most_changed_first(monkeypatch, own_home):
    def move(drift):
        drift["features"] = dict.fromkeys(drift["features"], 0.01) | {"cases_decay_2": 0.3, "cases_decay_4": 0.1}

    edit_json(load_study("ocean", own_home).folder / "drift.json", move)
    session = open_page(monkeypatch, own_home)
    rows = table(session, "Stability index")
    assert list(rows["Verdict"][:3]) == ["▲ changed", "△ look", "✓ stable"]
    assert "(cases_decay_2)" in rows["Feature"][0]
    assert "1 features changed, 1 to look at" in words(session)


def test_a_work_that_has_just_ended_draws_the_whole_page_anew(monkeypatch, own_home):
    put_job(own_home, state="done", result={"model_id": "m", "failures": 0})
    drawn = []
    monkeypatch.setattr(models_work, "st", SimpleNamespace(rerun=lambda: drawn.append("whole page")))
    models_work._show_job(load_study("ocean", own_home), was_running=True)
    assert drawn == ["whole page"]
