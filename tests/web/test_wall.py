"""The screen on a wall: what takes turns, what is said of old data, and that there is nothing to touch."""

from types import SimpleNamespace

import pandas as pd
import pytest
from fabricated import ATTACK, WEEKS, build_study, publish_week, write_samples, write_troubled_samples
from streamlit.testing.v1 import AppTest
from test_pages import words

from riskmap.briefing.staleness import staleness
from riskmap.study import REPOSITORY, load_study
from riskmap.surface.publish import read_surface
from riskmap.web import wall
from riskmap.web.language import SESSION_KEY
from riskmap.web.view import EVERY_S, LEAST_S, MOST_S, View, decode_view, encode_view
from riskmap.web.wall import TURN_KEY, whose_turn
from riskmap.web.wall_screens import table_html

ENTRY = REPOSITORY / "src" / "riskmap" / "web" / "entry.py"
CONTROLS = ("selectbox", "button", "button_group", "slider", "select_slider", "text_input", "dataframe", "radio")


@pytest.fixture(scope="module")
def wall_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("wall")
    study = build_study(home)
    write_samples(study)
    write_troubled_samples(study)
    return home


def open_wall(monkeypatch, home, **parameters):
    monkeypatch.setenv("RISKMAP_HOME", str(home))
    session = AppTest.from_file(str(ENTRY), default_timeout=60)
    for key, value in {"wall": "1", "lang": "en", **parameters}.items():
        session.query_params[key] = value
    session.run()
    assert not session.exception, session.exception
    return session


def stale_at(study, moment):
    return [text.en for text in staleness(study, read_surface(study), pd.Timestamp(moment), "en")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_screens_are_there_one_of_them_is_seen_and_there_is_nothing_to_touch(monkeypatch, wall_home, language):
    session = open_wall(monkeypatch, wall_home, lang=language)
    text = words(session)
    titles = {"zh": ("概览", "风险地图", "污水监测"), "en": ("Overview", "Risk map", "Wastewater")}[language]
    for title in titles:
        assert f'rm-wall-title">{title}<' in text
    assert "rm-turn-overview" in text
    assert "SIMULATED / 模拟数据" in text
    assert len(session.get("deck_gl_json_chart")) == 2
    assert [name for name in CONTROLS if len(session.get(name))] == []
    assert all(not chart.proto.selection_mode for chart in session.get("deck_gl_json_chart"))
    assert "<img" not in text
    assert ATTACK not in text


def test_the_wall_says_in_large_letters_that_its_data_is_old(monkeypatch, wall_home):
    text = words(open_wall(monkeypatch, wall_home))
    assert 'class="rm-stale" role="alert">OLD DATA. Forecast ended 2026-01-04' in text
    assert "not reported: 2025-12-01 to 12-07" in text


def test_data_is_old_once_the_period_is_over_or_two_periods_went_by(wall_home):
    study = load_study("ocean", wall_home)  # forecast for 29 December to 4 January, data until 28 December
    assert stale_at(study, "2025-12-29") == []
    assert stale_at(study, "2026-01-04 23:59") == []
    assert stale_at(study, "2026-01-05") == ["Forecast ended 2026-01-04 (1 d ago)."]
    assert len(stale_at(study, "2026-01-11 23:59")) == 1
    over = stale_at(study, "2026-01-12")
    assert over == ["Forecast ended 2026-01-04 (8 d ago).", "Newest data 2025-12-28 (15 d old)."]


def test_data_of_no_known_date_is_never_fresh(wall_home):
    surface = read_surface(load_study("ocean", wall_home))
    unknown = SimpleNamespace(manifest={**surface.manifest, "data_cut_off": None})
    said = staleness(load_study("ocean", wall_home), unknown, pd.Timestamp("2025-12-30"), "en")
    assert [text.en for text in said] == ["It is not known until when the data reaches."]


def test_the_screens_take_turns_and_a_run_before_its_time_turns_nothing(monkeypatch):
    monkeypatch.setattr(wall, "st", SimpleNamespace(session_state={}))
    assert whose_turn(1, 30, now=100.0) == "risk_map"
    assert whose_turn(1, 30, now=101.0) == "risk_map"
    seen = [whose_turn(1, 30, now=100.0 + 30 * n) for n in range(1, 5)]
    assert seen == ["wastewater", "overview", "risk_map", "wastewater"]
    assert wall.st.session_state[TURN_KEY] == (2, 220.0)


def test_an_address_asks_for_the_wall_within_bounds_and_keeps_what_it_shows():
    asked = decode_view({"wall": "1", "every": "60", "lang": "en", "a": "demo", "v": "1001", "p": "2025-12-15"})
    assert asked == View("en", "demo", "1001", wall=True, every_s=60)
    assert decode_view(encode_view(asked)) == asked
    assert encode_view(asked)["every"] == "60"
    assert "every" not in encode_view(View(wall=True))
    bounds = {"1": LEAST_S, "999999": MOST_S, "0": LEAST_S, "x": EVERY_S, "-5": EVERY_S}
    assert {text: decode_view({"wall": "1", "every": text}).every_s for text in bounds} == bounds
    assert decode_view({"every": "60"}) == decode_view({"wall": "0"}) == View()


def test_the_wall_keeps_language_study_and_place_and_shows_the_newest_forecast(monkeypatch, wall_home):
    session = open_wall(monkeypatch, wall_home, lang="zh", v="1001", p="2025-12-15", every="60")
    assert session.query_params["v"] == "1001"
    assert session.query_params["every"] == "60"
    assert "p" not in session.query_params
    assert session.session_state[SESSION_KEY].place == "1001"
    assert "预测周期 2025年12月29日" in words(session)
    decks = [chart.proto.json for chart in session.get("deck_gl_json_chart")]
    assert "cells-1001" in decks[0]
    assert "西礁市" not in decks[1]  # the other prefecture's name


def test_a_new_forecast_or_import_has_the_screens_drawn_again(monkeypatch, tmp_path):
    study = build_study(tmp_path, surfaces=2)
    monkeypatch.setenv("RISKMAP_HOME", str(tmp_path))
    runs = []
    view = View("en", wall=True)
    stub = SimpleNamespace(
        session_state={SESSION_KEY: view}, html=lambda text: None, rerun=lambda scope: runs.append(scope)
    )
    monkeypatch.setattr(wall, "st", stub)
    monkeypatch.setattr(wall, "current_view", lambda: view)
    monkeypatch.setattr(wall, "settle_study", lambda studies: studies["ocean"])
    drawn = {}
    wall._show_turn(0, drawn)
    drawn["state"] = wall._state()
    wall._show_turn(0, drawn)
    assert runs == []
    publish_week(study, WEEKS + 1)
    wall._show_turn(0, drawn)
    assert runs == ["app"]
    drawn["state"] = wall._state()
    write_samples(study)
    wall._show_turn(0, drawn)
    assert runs == ["app", "app"]
    unfinished = {"begun": True}
    wall._show_turn(0, unfinished)
    assert len(runs) == 3


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_wall_without_forecast_or_area_says_so(monkeypatch, bare_home, tmp_path, language):
    said = {
        "zh": ("该地区尚无预测", "尚未导入采样点", "尚无任何地区"),
        "en": ("no forecast yet", "No sampling place", "no area yet"),
    }
    bare = words(open_wall(monkeypatch, bare_home, lang=language))
    assert said[language][0] in bare
    assert said[language][1] in bare
    assert 'role="alert"' not in bare
    assert said[language][2] in words(open_wall(monkeypatch, tmp_path, lang=language))


def test_tables_of_the_wall_are_escaped():
    html = table_html({"<b>": ["<img>"], "n": ["1"]})
    assert "<b>" not in html
    assert "&lt;img&gt;" in html


def test_a_wall_without_webgl_shows_pictures(monkeypatch, wall_home):
    monkeypatch.setattr("riskmap.web.window.read_window", lambda said: ((1920, 1080), True))
    session = open_wall(monkeypatch, wall_home)
    assert len(session.get("image")) == 2
    assert not session.get("deck_gl_json_chart")
