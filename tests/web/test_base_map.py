"""A base map of the network's own: what the settings say, and what they may not."""

import json

import pytest
from test_map_tiles import ask
from test_pages import deck, open_page, words, words_of_legend

from riskmap.errors import StudyError
from riskmap.web.base_map import FILE, STYLE_PATH, read_base_map

GOOD = (
    'kind = "xyz"\nurl = "http://tiles.intranet/{z}/{x}/{y}.png"\nattribution = "<b>Survey</b>"\nmap_number = "GS 1"\n'
)


@pytest.fixture
def setting(tmp_path, monkeypatch):
    def write(text):
        (tmp_path / "geodata").mkdir(exist_ok=True)
        (tmp_path / "geodata" / FILE).write_text(text, encoding="utf-8")

    monkeypatch.setenv("RISKMAP_HOME", str(tmp_path))
    return write


def test_without_the_file_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("RISKMAP_HOME", str(tmp_path))
    assert read_base_map() is None
    assert ask(STYLE_PATH).status_code == 404


def test_tiles_of_the_settings_become_a_style(setting):
    setting(GOOD)
    style = json.loads(ask(STYLE_PATH).body)
    assert style["sources"]["base"]["tiles"] == ["http://tiles.intranet/{z}/{x}/{y}.png"]
    assert style["version"] == 8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind = ", FILE),
        ('kind = "xyz"', "url"),
        ('kind = "wms"\nurl = "http://a/"', "kind"),
        ('kind = "xyz"\nurl = "javascript:alert(1)"', "url"),
        ('kind = "xyz"\nurl = "file:///etc/passwd"', "url"),
        (GOOD + 'key = "x"\n', "key"),
        (GOOD + "max_zoom = 99\n", "max_zoom"),
    ],
)
def test_what_is_not_of_the_form_is_refused_with_what_is_wrong(setting, text, said):
    setting(text)
    with pytest.raises(StudyError, match=said):
        read_base_map()
    assert ask(STYLE_PATH).status_code == 404


def test_the_map_names_its_base_and_lets_it_shine_through(monkeypatch, ocean_home):
    path = ocean_home / "geodata" / FILE
    path.write_text(GOOD, encoding="utf-8")
    try:
        session = open_page(monkeypatch, ocean_home, "risk_map", lang="en")
    finally:
        path.unlink()
    made = deck(session)
    assert made["mapProvider"] == "mapbox"
    assert made["mapStyle"].endswith(STYLE_PATH)
    assert made["layers"][0]["opacity"] < 1
    assert "&lt;b&gt;Survey&lt;/b&gt;" in words_of_legend(session)
    assert "GS 1" in words_of_legend(session)


def test_a_wrong_setting_is_one_sentence_on_the_page(monkeypatch, ocean_home):
    path = ocean_home / "geodata" / FILE
    path.write_text('kind = "xyz"\n', encoding="utf-8")
    try:
        session = open_page(monkeypatch, ocean_home, "risk_map", lang="en")
    finally:
        path.unlink()
    assert "basemap.toml: url" in words(session)
