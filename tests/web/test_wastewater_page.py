"""The wastewater page, run as a reader's session runs it, without a browser."""

import io
import shutil
from types import SimpleNamespace

import pandas as pd
import pytest
from fabricated import ATTACK, PICTURE, build_study, write_samples, write_troubled_samples
from PIL import Image
from test_pages import deck, open_page, words

from riskmap.figures.catchment_key import COLOURS
from riskmap.figures.scale import rgb
from riskmap.study import load_study
from riskmap.web import catchment_view, clicks
from riskmap.web.catchment_view import CLICKED_KEY, MAP_KEY
from riskmap.web.exports import LIST_KEY
from riskmap.web.view import View, analyte_code, plant_code

KETAMINE = {"lang": "en", "w": "ketamine"}


@pytest.fixture(scope="module")
def sampled_home(tmp_path_factory):
    """A home whose area has samples: a rise, an old point, one below detection, one unsampled, one too small."""
    home = tmp_path_factory.mktemp("sampled-pages")
    study = build_study(home)
    write_samples(study)
    write_troubled_samples(study)
    return home


def page(monkeypatch, home, **parameters):
    return open_page(monkeypatch, home, "wastewater", **parameters)


def places(session):
    return session.dataframe[0].value.set_index("Sampling place")


def layers(session):
    return {layer["id"]: layer for layer in deck(session)["layers"]}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_answers_in_three_sentences_and_says_when_its_data_is_from(monkeypatch, sampled_home, language):
    text = words(page(monkeypatch, sampled_home, lang=language, w="ketamine"))
    assert "SIMULATED / 模拟数据" in text
    said = {
        # 400 ng/L x 20,000 m3/d over 120,000 people, and 100 over 80,000
        "en": ("WW-01 (67), WW-02 (25)", "Rose notably: 1 of 2", "Nobody samples 73%", "Known by 2025-12-29"),
        "zh": ("WW-01 (67)、WW-02 (25)", "所比较的 2 处中有 1 处", "73% 的网格无人采样", "截至2025年12月29日已知"),
    }
    for part in (*said[language], "2025Q4-"):
        assert part in text


def test_the_table_tells_each_place_by_code_and_what_is_not_known_in_words(monkeypatch, sampled_home):
    table = places(page(monkeypatch, sampled_home, **KETAMINE))
    assert list(table.index) == ["WW-01", ATTACK, "WW-02", PICTURE, " @@=alert(1)", "WW-06"]
    assert table["Load (mg/d/1000)"].tolist()[2:] == [
        "25",
        "below detection",
        "not reported",
        "under 10,000 people: not shown",
    ]
    assert table.loc["WW-01", "Change [95 %]"].startswith("▲ ×4.00 [")
    assert table.loc[PICTURE, "Newest result"] == "< 10"  # 20 ng/L x 20,000 m3/d / 40,000 people
    assert table.loc[ATTACK, "Remarks"] == "no sample for 56 days"
    assert table.loc["WW-06", ["Newest result", "Change [95 %]"]].tolist() == ["–", "–"]


def test_no_id_of_a_place_leaves_the_server(monkeypatch, sampled_home):
    session = page(monkeypatch, sampled_home, **KETAMINE)
    sent = words(session) + session.get("deck_gl_json_chart")[0].proto.json + str(session.selectbox)
    for plant in ("P1", "P2", "P3", "P4", "P5", "P6"):
        assert f'"{plant}"' not in sent
        assert f" {plant} " not in sent


def test_text_from_data_is_shown_as_text(monkeypatch, sampled_home):
    for plant in ("P3", "P4"):
        session = page(monkeypatch, sampled_home, **KETAMINE, s=plant_code(plant))
        assert "<img" not in " ".join(element.proto.body for element in session.get("html"))
        assert not [heading.value for heading in session.subheader if "![x](" in heading.value]
    texts = [feature["properties"]["t"] for feature in layers(session)["places-plant"]["data"]["features"]]
    assert not [text for text in texts if text.startswith("@@")]


def test_the_map_shows_each_state_and_where_nobody_samples(monkeypatch, sampled_home):
    drawn = layers(page(monkeypatch, sampled_home, **KETAMINE))
    shades = [feature["properties"]["k"] for feature in drawn["places-plant"]["data"]["features"]]
    assert shades[3:] == [6, 7, 8]  # below detection, not reported, too few people
    assert shades[0] > shades[1]
    assert {"not-sampled", "old-points", "moved", "chosen-7"} <= set(drawn)


def choice(session, label):
    return next(box for box in session.selectbox if box.label == label)


def test_substance_level_and_place_come_from_the_address_and_stay_in_it(monkeypatch, sampled_home):
    session = page(monkeypatch, sampled_home, **KETAMINE, s=plant_code("P2"))
    assert "WW-02" in words(session)
    assert session.query_params["s"] == plant_code("P2")
    choice(session, "Substance").set_value("methamphetamine").run()
    assert not session.exception
    assert session.query_params["w"] == "methamphetamine"
    assert session.query_params["s"] == plant_code("P2")
    choice(session, "Sampling place").set_value(plant_code("P1")).run()
    assert session.query_params["s"] == plant_code("P1")
    assert session.subheader[0].value.startswith("WW-01")


def test_a_place_of_another_level_brings_its_level_and_a_strange_substance_its_code(monkeypatch, sampled_home):
    session = page(monkeypatch, sampled_home, lang="en", w=analyte_code(ATTACK), s=plant_code("P7"))
    assert list(places(session).index) == ["WW-07"]
    assert places(session).loc["WW-07", "Kind"] == "street"
    assert choice(session, "Substance").value == analyte_code(ATTACK)
    assert "places-street" in layers(session)
    assert "<img" not in " ".join(element.proto.body for element in session.get("html"))


def test_an_address_that_names_nothing_there_is_opens_the_page_as_it_comes(monkeypatch, sampled_home):
    session = page(monkeypatch, sampled_home, lang="en", w="heroin", g="community", s="0123456789")
    assert choice(session, "Substance").value == "methamphetamine"
    assert len(places(session)) == 6


def test_the_series_shows_limits_gaps_and_what_was_flagged(monkeypatch, sampled_home):
    below = words(page(monkeypatch, sampled_home, **KETAMINE, s=plant_code("P4")))
    assert "Hollow triangle" in below
    assert "Grey band" in below
    flagged = words(page(monkeypatch, sampled_home, **KETAMINE, s=plant_code("P3")))
    assert "Cross: flagged" in flagged
    assert "no sample for 56 days" in flagged
    small = page(monkeypatch, sampled_home, **KETAMINE, s=plant_code("P6"))
    assert "under 10,000 people: not shown" in words(small)
    assert not small.get("vega_lite_chart")


def test_cases_stand_beside_the_loads(monkeypatch, sampled_home):
    session = page(monkeypatch, sampled_home, **KETAMINE)
    assert "Cases beside wastewater, by plant" in words(session)
    beside = session.dataframe[1].value
    assert {"Cases", "If all were alike", "Factor", "Reading"} <= set(beside.columns)
    assert all("[" in factor for factor in beside["Factor"])
    assert "Load of ketamine; 3 plants." in words(session)
    assert "Not to be compared" in words(page(monkeypatch, sampled_home, lang="en"))  # two have methamphetamine


def test_an_earlier_forecast_shows_what_was_known_then(monkeypatch, sampled_home):
    session = page(monkeypatch, sampled_home, **KETAMINE, p="2025-12-15")
    assert "Known by 2025-12-15" in words(session)
    assert "newer results will show with the next forecast" in words(session)
    assert places(session).loc["WW-01", "Load (mg/d/1000)"] != "67"


def test_a_click_chooses_a_place_and_a_second_one_lets_go(monkeypatch, click_clock):
    shown = pd.DataFrame({"code_of": ["aaa", "bbb"]})
    view = {"plant": ""}
    state = {MAP_KEY: {"selection": {"objects": {"places-dots-plant": [{"properties": {"i": 1}}]}}}}
    monkeypatch.setattr(catchment_view, "st", SimpleNamespace(session_state=state))
    monkeypatch.setattr(catchment_view, "change_view", lambda **changes: view.update(changes))
    monkeypatch.setattr(catchment_view, "current_view", lambda: View(plant=view["plant"]))
    clock = click_clock(state)
    catchment_view.take_click(shown)
    assert (view["plant"], state[CLICKED_KEY]) == ("bbb", "bbb")
    state[MAP_KEY] = {"selection": {"objects": {}}}
    clock.now += 0.4  # the second click of a double one
    catchment_view.take_click(shown)
    assert view["plant"] == "bbb"
    clock.now += clicks.DOUBLE_CLICK_S
    catchment_view.take_click(shown)
    assert view["plant"] == ""
    view["plant"] = "aaa"  # chosen by the switch meanwhile: the map still holds the other, and a click there is for it
    catchment_view.take_click(shown)
    assert view["plant"] == "bbb"
    state[MAP_KEY] = {"selection": {"objects": {"places-plant": [{"properties": {"i": 9}}]}}}
    catchment_view.take_click(shown)
    assert view["plant"] == ""


def test_places_without_a_sample_are_not_reported_and_the_page_says_so(monkeypatch, ocean_home):
    session = page(monkeypatch, ocean_home, lang="en")
    assert set(places(session)["Load (mg/d/1000)"]) == {"not reported"}
    assert "where consumption is high is not known" in words(session)
    assert "Not to be compared" in words(session)


def test_without_a_forecast_all_samples_are_shown(monkeypatch, sampled_home, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(sampled_home, home)
    shutil.rmtree(load_study("ocean", home).folder / "surfaces")
    session = page(monkeypatch, home, **KETAMINE)
    assert "no forecast published yet" in words(session)
    assert "Cells monitored –" in words(session)
    assert places(session).loc["WW-01", "Load (mg/d/1000)"] == "67"
    assert len(session.dataframe) == 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_without_places_or_without_an_area_the_page_says_what_to_do(monkeypatch, bare_home, tmp_path, language):
    bare = page(monkeypatch, bare_home, lang=language)
    assert "riskmap import ocean plants" in words(bare)
    assert not bare.get("deck_gl_json_chart")
    assert "riskmap demo" in words(page(monkeypatch, tmp_path, lang=language))


def colours_of(picture):
    return {colour for _, colour in Image.open(io.BytesIO(picture)).convert("RGB").getcolors(1 << 24)}


def test_places_and_map_can_be_taken_away(monkeypatch, sampled_home):
    session = page(monkeypatch, sampled_home, **KETAMINE)
    offered = session.session_state[LIST_KEY]
    taken = offered["sampling_places"].table().set_index("code")
    assert taken.loc["WW-01", "analyte"] == "ketamine"
    assert taken.loc["WW-01", "load"] == pytest.approx(400 * 20_000 / 120_000)
    assert taken.loc[taken["state"] == "small", ["load", "latest", "latest_limit"]].isna().all(axis=None)
    assert "plant_id" not in taken and "population" not in taken
    picture = offered["catchments"].picture({"scale_id": "x"})
    image = Image.open(io.BytesIO(picture))
    assert (image.size, image.text["scale_id"]) == ((1600, 1000), "x")
    shades = {row["properties"]["k"] for row in layers(session)["places-plant"]["data"]["features"]}
    assert {tuple(rgb(COLOURS[shade])) for shade in shades} <= colours_of(picture)


def test_without_webgl_the_map_is_a_picture(monkeypatch, sampled_home):
    monkeypatch.setattr("riskmap.web.window.read_window", lambda said: ((1366, 768), True))
    session = page(monkeypatch, sampled_home, **KETAMINE)
    assert not session.get("deck_gl_json_chart")
    assert len(session.get("image")) == 1
