"""Every page, run as a reader's session runs it, without a browser."""

import io
import json
import re
from dataclasses import replace
from html import unescape
from types import SimpleNamespace

import h3
import pandas as pd
import pytest
from fabricated import ATTACK, build_study, peak_cell
from PIL import Image
from streamlit.testing.v1 import AppTest

from riskmap.decisions.inspections import read_plan
from riskmap.figures.change_map import STEPS
from riskmap.figures.map_layers import CHOSEN_SITE
from riskmap.figures.scale import rgb
from riskmap.study import REPOSITORY, load_study
from riskmap.surface.publish import list_surfaces, read_surface
from riskmap.web import blind_spots, clicks, dossier, loaded, map_exports, map_view, models_evaluation
from riskmap.web.loaded import load_layer
from riskmap.web.map_view import MAP_KEY
from riskmap.web.view import View

PAGES = ("overview", "risk_map", "inspections")
LIMIT_S = 60


def open_page(monkeypatch, home, page, **parameters):
    monkeypatch.setenv("RISKMAP_HOME", str(home))
    session = AppTest.from_file(str(REPOSITORY / "pages" / f"{page}.py"), default_timeout=LIMIT_S)
    for key, value in parameters.items():
        session.query_params[key] = value
    session.run()
    assert not session.exception, session.exception
    return session


def words(session):
    """All text of the page: HTML, headings, notices, metrics."""
    found = [element.proto.body for element in session.get("html")]
    for kind in ("title", "subheader", "info", "warning", "markdown"):
        found += [element.value for element in session.get(kind)]
    found += [f"{metric.label} {metric.value} {metric.delta}" for metric in session.metric]
    return " ".join(found)


def deck(session):
    return json.loads(session.get("deck_gl_json_chart")[0].proto.json)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens_with_data_and_says_that_it_is_simulated(monkeypatch, ocean_home, page, language):
    session = open_page(monkeypatch, ocean_home, page, lang=language)
    assert "SIMULATED / 模拟数据" in words(session)
    assert {"zh": "数据截至 2025年12月28日", "en": "data until 2025-12-28"}[language] in words(session)
    assert session.query_params["lang"] == language
    # Tables draw text once, with the fonts that have come by then.
    (fetched,) = re.findall(r'<span class="rm-fetch-fonts" aria-hidden="true">(.*?)</span>', words(session))
    names = load_layer(load_study("ocean", ocean_home), "areas")[f"name_{language}"].dropna()
    assert names.any() and set("".join(names)) <= set(unescape(fetched))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_says_what_to_do_where_there_is_no_forecast(monkeypatch, bare_home, page, language):
    session = open_page(monkeypatch, bare_home, page, lang=language)
    command = "riskmap plan ocean" if page == "inspections" else "riskmap run ocean"
    assert command in words(session)
    assert not session.get("deck_gl_json_chart")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_what_to_do_where_there_is_no_area(monkeypatch, tmp_path, page):
    assert "riskmap demo" in words(open_page(monkeypatch, tmp_path, page, lang="en"))


def test_every_page_names_a_recent_period_without_report(monkeypatch, ocean_home):
    for page in PAGES:
        text = words(open_page(monkeypatch, ocean_home, page, lang="en"))
        assert "not reported: 2025-12-01 to 12-07" in text


def test_the_overview_shows_the_baseline_beside_the_model_and_the_gap(monkeypatch, ocean_home):
    text = words(open_page(monkeypatch, ocean_home, "overview", lang="en"))
    assert "baseline 122" in text
    assert "Expected cases 136" in text
    assert "They are unknown, not zero." in text


def test_text_from_data_is_escaped_wherever_html_is_written(monkeypatch, ocean_home):
    for page in PAGES:
        session = open_page(monkeypatch, ocean_home, page, lang="en", c=peak_cell())
        bodies = " ".join(element.proto.body for element in session.get("html"))
        assert "<img" not in bodies
        assert not [element for element in session.get("markdown") if ATTACK in element.value]


def test_the_legend_names_scale_classes_and_cut_off(monkeypatch, ocean_home):
    text = words(open_page(monkeypatch, ocean_home, "risk_map", lang="en"))
    assert "Scale 2025Q4-" in text
    assert "Expected cases per cell and week" in text
    assert "Data cut-off 2025-12-28" in text


def test_a_cell_in_the_address_opens_its_dossier(monkeypatch, ocean_home):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en", c=peak_cell())
    text = words(session)
    assert f"Cell {peak_cell()}" in text
    assert "Rank 1 of" in text
    assert "Drains to WW-01" in text
    assert [layer["id"] for layer in deck(session)["layers"]][-2:] == ["selected-7", "selected-3"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_place_without_a_cell_opens_the_dossier_of_the_area(monkeypatch, ocean_home, language):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang=language, v="100101")
    text = words(session)
    said = {
        "en": ("Coral County", "areas of its level", "Its highest cells", "Sampling places in this area"),
        "zh": ("珊瑚县", "在同级", "单元", "本地区采样点"),
    }[language]
    assert not [part for part in said if part not in text]
    session.button(key=f"area-cell-{peak_cell()}").click().run()
    assert peak_cell() in words(session)
    assert peak_cell() in session.query_params["c"]


def test_without_a_place_the_areas_with_most_expected_cases_are_offered(monkeypatch, ocean_home):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en")
    areas = read_surface(load_study("ocean", ocean_home)).table("areas").query("level == 'county'")
    first = areas.sort_values(["expected", "area_code"], ascending=[False, True]).iloc[0]
    offered = [button for button in session.button if button.key and button.key.startswith("top-area-")]
    assert offered[0].key == f"top-area-{first['area_code']}"
    offered[0].click().run()
    assert first["area_code"] in session.query_params["v"]
    assert "areas of its level" in words(session)


def test_an_unknown_cell_in_the_address_is_said_to_be_unknown(monkeypatch, ocean_home):
    text = words(open_page(monkeypatch, ocean_home, "risk_map", lang="en", c="8828308281fffff"))
    assert "no cell of the name" in text


def test_a_click_changes_the_cell_and_the_address(monkeypatch, ocean_home, click_clock):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en")
    assert "No cell chosen" in words(session)
    study = load_study("ocean", ocean_home)
    surface = read_surface(study)
    layer = deck(session)["layers"][0]["id"]
    row = {"type": "Feature", "properties": {"k": 0, "i": 5, "r": 8}}

    state = {MAP_KEY: {"selection": {"indices": {layer: [5]}, "objects": {layer: [row]}}}}
    changed = {}
    monkeypatch.setattr(map_view, "st", SimpleNamespace(session_state=state))
    clock = click_clock(state)
    monkeypatch.setattr(map_view, "change_view", lambda **changes: changed.update(changes))
    map_view.take_click(study, surface)
    assert changed == {"cell": h3.int_to_str(int(surface.cells["cell"].iloc[5]))}
    state[MAP_KEY] = {"selection": {"indices": {}, "objects": {}}}
    changed.clear()
    clock.now += 0.4  # the second click of a double one
    map_view.take_click(study, surface)
    assert changed == {}
    clock.now += clicks.DOUBLE_CLICK_S
    map_view.take_click(study, surface)
    assert changed == {"cell": ""}
    state[MAP_KEY] = {"selection": {"indices": {"points-hubs": [0]}, "objects": {"points-hubs": [{"t": "x"}]}}}
    changed.clear()
    map_view.take_click(study, surface)
    assert changed == {}


def test_the_period_of_the_address_chooses_the_surface(monkeypatch, ocean_home):
    first = list_surfaces(load_study("ocean", ocean_home))[0]
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en", p=f"{first.period_start:%Y-%m-%d}")
    assert "forecast for 2025-12-15 to 12-21" in words(session)
    assert "forecast for 2025-12-29" in words(open_page(monkeypatch, ocean_home, "risk_map", lang="en", p="1999-01-01"))


def test_moving_the_period_asks_for_other_tiles_of_the_same_layer(monkeypatch, ocean_home):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en")
    before = deck(session)["layers"][0]
    session.select_slider[0].set_value("2025-12-15").run()
    assert not session.exception
    assert session.query_params["p"] == "2025-12-15"
    after = deck(session)["layers"][0]
    assert after["id"] == before["id"]
    assert after["data"] != before["data"]


def picker(session, depth):
    return next(box for box in session.selectbox if box.key.startswith(f"place-{depth}-"))


def test_places_are_chosen_from_above_and_written_into_the_address(monkeypatch, ocean_home):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en")
    picker(session, 0).set_value("1001").run()
    assert session.query_params["v"] == "1001"
    assert deck(session)["layers"][0]["id"] == "cells-1001"
    picker(session, 1).set_value("100101").run()
    assert session.query_params["v"] == "100101"
    picker(session, 1).set_value("").run()
    assert session.query_params["v"] == "1001"
    assert not session.exception


def test_switching_the_language_keeps_the_view(monkeypatch, ocean_home):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en", v="1001", c=peak_cell(), l="hw")
    view = deck(session)["initialViewState"]
    session.get("button_group")[0].set_value("zh").run()
    assert not session.exception
    assert session.query_params["lang"] == "zh"
    assert session.query_params["v"] == "1001"
    assert session.query_params["l"] == "hw"
    assert deck(session)["initialViewState"] == view
    assert f"网格单元 {peak_cell()}" in words(session)


def test_layers_of_the_address_are_drawn(monkeypatch, ocean_home):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en", l="cshewr")
    ids = [layer["id"] for layer in deck(session)["layers"]]
    drawn = {"points-cases", "points-seizures", "points-hubs", "points-enterprises", "catchments", "roads"}
    assert drawn <= set(ids)
    none = [layer["id"] for layer in deck(open_page(monkeypatch, ocean_home, "risk_map", l="0"))["layers"]]
    assert none == ["cells-all", "areas", "outline", "labels", "scale-bar"]


@pytest.mark.parametrize(("verdict", "drawn"), [("few", 1), ("as expected", 0)])
def test_blind_spots_are_outlined_and_counted_and_none_is_a_finding(monkeypatch, ocean_home, verdict, drawn):
    areas = load_layer(load_study("ocean", ocean_home), "areas")
    county = areas.loc[areas["level"] == "county", "area_code"].iloc[0]
    compared = {"area_code": [county], "measure": "hours", "ratio": 0.3, "low": 0.2, "high": 0.5, "verdict": verdict}
    monkeypatch.setattr(blind_spots, "_looking", lambda *_given: pd.DataFrame(compared))
    blind_spots._on_map.clear()
    try:
        session = open_page(monkeypatch, ocean_home, "risk_map", lang="en", l="b")
    finally:
        blind_spots._on_map.clear()
    outlines = [layer for layer in deck(session)["layers"] if layer["id"] == "blind-spots"]
    assert [len(layer["data"]["features"]) for layer in outlines] == [1] * drawn
    counted = "1 counties with few hours of police work for their risk"
    assert (counted if drawn else "none beyond a factor of 1.5") in words(session)


def test_an_evaluation_of_another_form_is_said_to_be_too_old(monkeypatch, ocean_home):
    older = {"origins": ["2025-09-01"], "events": 1.0, "models": {}}
    monkeypatch.setattr(models_evaluation, "read_evaluation", lambda _study: older)
    session = open_page(monkeypatch, ocean_home, "models", lang="en")
    assert "by an earlier version" in words(session)


def test_the_inspection_list_is_a_map_a_table_and_a_file(monkeypatch, ocean_home):
    session = open_page(monkeypatch, ocean_home, "inspections", lang="en")
    assert len(session.dataframe[0].value) == 12
    ids = [layer["id"] for layer in deck(session)["layers"]]
    assert ids[-3:] == ["points-ranked", "points-random", "visit-numbers"]
    assert [button.key for button in session.get("download_button")] == ["export-inspections-xlsx", "file-plan.xlsx"]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (lambda sites: sites, ["0.3"] * 12),
        (lambda sites: sites.assign(need=sites["expected"]), None),
        (lambda sites: sites.drop(columns="need"), None),
    ],
    ids=["more", "the same", "an older list"],
)
def test_a_list_shows_the_need_where_it_says_more_than_the_records(monkeypatch, ocean_home, change, column):
    plan = read_plan(load_study("ocean", ocean_home))
    monkeypatch.setattr(loaded, "read_plan", lambda _study: replace(plan, sites=change(plan.sites)))
    table = open_page(monkeypatch, ocean_home, "inspections", lang="en").dataframe[0].value
    assert set(table["Expected"]) == {"0.2"}
    assert (list(table["Need"]) if "Need" in table else None) == column


def test_the_picture_of_a_list_marks_the_chosen_site(monkeypatch, ocean_home):
    study = load_study("ocean", ocean_home)
    marked = tuple(rgb(CHOSEN_SITE.fill))
    monkeypatch.setattr(map_exports, "current_view", lambda: View(language="en"))
    found = []
    for chosen in (None, 3):
        png = map_exports.list_map(study, read_plan(study), (800, 500), 150, chosen)({})
        found.append({colour for _, colour in Image.open(io.BytesIO(png)).convert("RGB").getcolors(1 << 24)})
    assert [marked in colours for colours in found] == [False, True]


def test_pages_stay_short():
    for page in PAGES:
        assert len((REPOSITORY / "pages" / f"{page}.py").read_text(encoding="utf-8").splitlines()) < 70


def test_the_areas_counts_of_a_period_not_reported_are_unknown_and_not_zero(monkeypatch, tmp_path):
    build_study(tmp_path, surfaces=4)  # the first of them follows the week without report
    table = open_page(monkeypatch, tmp_path, "overview", lang="en", p="2025-12-08").dataframe[0].value
    assert set(table["Last"]) == set(table["z"]) == set(table["No exact place"]) == {"–"}
    assert "–" not in set(table["Before"])
    after = open_page(monkeypatch, tmp_path, "overview", lang="en", p="2025-12-15").dataframe[0].value
    assert set(after["Before"]) == {"–"}
    assert "–" not in set(after["Last"])


@pytest.mark.parametrize(("against", "said"), [("", "2025-12-22 to 12-28"), ("m", "smoothed counts")])
def test_a_map_shows_what_changed_and_says_against_what(monkeypatch, ocean_home, against, said):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en", m="d", b=against)
    assert f"Change against {said}" in words_of_legend(session)
    cells = deck(session)["layers"][0]
    assert cells["_subLayerProps"]["polygons-fill"]["getFillColor"].count("properties.k==") == len(STEPS) + 1
    assert "up two classes or more" in words_of_legend(session)


def test_two_maps_stand_side_by_side_with_the_same_view_and_scale(monkeypatch, ocean_home):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en", m="s", b="2025-12-15", v="1001")
    left, right = (json.loads(chart.proto.json) for chart in session.get("deck_gl_json_chart"))
    assert left["initialViewState"] == right["initialViewState"]
    assert left["layers"][0]["data"] != right["layers"][0]["data"]
    fills = {one["layers"][0]["_subLayerProps"]["polygons-fill"]["getFillColor"] for one in (left, right)}
    assert len(fills) == 1
    for period in ("2025-12-29 to 2026-01-04", "2025-12-15 to 12-21"):
        assert period in words_of_legend(session)


def test_what_is_not_published_is_held_against_the_baseline(monkeypatch, ocean_home):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en", m="d", b="2001-01-01")
    assert "Change against smoothed counts" in words_of_legend(session)
    first = open_page(monkeypatch, ocean_home, "risk_map", lang="en", m="d", p="2025-12-15")
    assert "Change against smoothed counts" in words_of_legend(first)


@pytest.mark.parametrize(("clicked", "first"), [(False, "map"), (True, "dossier")])
def test_what_the_reader_waits_for_is_drawn_first(monkeypatch, ocean_home, clicked, first):
    drawn = []
    monkeypatch.setattr(map_view, "show_map", lambda *_given: drawn.append("map"))
    monkeypatch.setattr(dossier, "show_dossier", lambda *_given: drawn.append("dossier"))
    monkeypatch.setenv("RISKMAP_HOME", str(ocean_home))
    session = AppTest.from_file(str(REPOSITORY / "pages" / "risk_map.py"), default_timeout=LIMIT_S)
    if clicked:
        session.session_state[clicks.JUST_CHOSEN_KEY] = True
    for _ in range(2):
        session.run()
        assert not session.exception
    assert drawn[0] == first
    assert drawn[2:] == ["map", "dossier"]  # a click tells of itself once


def test_a_picture_takes_the_place_of_the_map(monkeypatch, ocean_home):
    session = open_page(monkeypatch, ocean_home, "risk_map", lang="en", i="1")
    assert len(session.get("image")) == 1
    assert not session.get("deck_gl_json_chart")


@pytest.mark.parametrize("page", ["risk_map", "inspections"])
def test_a_browser_without_webgl_gets_pictures(monkeypatch, ocean_home, page):
    monkeypatch.setattr("riskmap.web.window.read_window", lambda said: ((1366, 768), True))
    session = open_page(monkeypatch, ocean_home, page, lang="en")
    assert len(session.get("image")) == 1
    assert not session.get("deck_gl_json_chart")


def words_of_legend(session):
    return " ".join(element.proto.body for element in session.get("html") if "rm-legend" in element.proto.body)


def test_a_dossier_tells_where_the_cell_stood_before(monkeypatch, ocean_home):
    text = words(open_page(monkeypatch, ocean_home, "risk_map", lang="en", c=peak_cell()))
    assert "Where it stood before" in text
    study = load_study("ocean", ocean_home)
    for info in list_surfaces(study)[:-1]:
        cells = read_surface(study, info.snapshot_id).cells
        rank = int(cells.loc[cells["cell"] == h3.str_to_int(peak_cell()), "rank"].iloc[0])
        assert f"{info.period_start:%Y-%m-%d} to {info.period_end - pd.Timedelta(days=1):%m-%d}: rank {rank:,}" in text
    first = words(open_page(monkeypatch, ocean_home, "risk_map", lang="en", c=peak_cell(), p="2025-12-15"))
    assert "Where it stood before" not in first
