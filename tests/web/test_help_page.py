"""The help page: what it says of scores, whom to ask, and doubts that are filed on it."""

import pytest
from fabricated import ATTACK, build_study, peak_cell
from streamlit.testing.v1 import AppTest

from riskmap.decisions.challenges import list_challenges
from riskmap.study import REPOSITORY


@pytest.fixture
def study(tmp_path):
    return build_study(tmp_path, surfaces=1)


def open_help(monkeypatch, home, **parameters):
    monkeypatch.setenv("RISKMAP_HOME", str(home))
    session = AppTest.from_file(str(REPOSITORY / "pages" / "help.py"), default_timeout=60)
    for key, value in parameters.items():
        session.query_params[key] = value
    session.run()
    assert not session.exception
    return session


def words(session):
    return " ".join(element.proto.body for element in session.get("html"))


@pytest.mark.parametrize(("language", "said"), [("en", "A low score is not safety"), ("zh", "分值低并不等于安全")])
def test_it_says_what_a_score_means_and_does_not(monkeypatch, study, language, said):
    session = open_help(monkeypatch, study.home, lang=language)
    assert said in words(session)
    assert len(session.table[0].value) == 16


def test_it_names_the_office_to_ask(monkeypatch, study):
    assert "study.toml" in words(open_help(monkeypatch, study.home, lang="en"))
    path = study.folder / "study.toml"
    path.write_text(path.read_text(encoding="utf-8") + f"contact = '{ATTACK}'\n", encoding="utf-8")
    text = words(open_help(monkeypatch, study.home, lang="en"))
    assert "&lt;img" in text
    assert "<img" not in text


def test_a_doubt_about_the_cell_of_the_address_is_filed_and_shown(monkeypatch, study):
    session = open_help(monkeypatch, study.home, lang="en", c=peak_cell())
    session.text_area[0].set_value("The depot was torn down in May, seen by the county.")
    session.button[0].click().run()
    assert not session.exception
    (kept,) = list_challenges(study)
    assert kept.cell == peak_cell()
    assert "The doubt is kept" in words(session)
    assert session.dataframe[0].value.iloc[0, 2] == kept.text


def test_a_doubt_without_a_reason_is_refused_in_one_sentence(monkeypatch, study):
    session = open_help(monkeypatch, study.home, lang="en")
    session.text_area[0].set_value("wrong")
    session.button[0].click().run()
    assert "there are 5" in words(session)
    assert list_challenges(study) == []


def test_without_a_forecast_there_is_nothing_to_doubt(monkeypatch, tmp_path):
    session = open_help(monkeypatch, build_study(tmp_path, surfaces=0).home, lang="en")
    assert "What a score means" in [element.value for element in session.subheader]
    assert not session.text_area
