"""A user's own terms: said in every sentence, and never where they could do harm."""

import pytest
from typer.testing import CliRunner

from riskmap.cli import app
from riskmap.errors import StudyError
from riskmap.language import Text, translate, use_own_terms
from riskmap.terms import FILE, read_terms, settle_terms


@pytest.fixture
def terms(tmp_path):
    def write(text):
        (tmp_path / "geodata").mkdir(exist_ok=True)
        (tmp_path / "geodata" / FILE).write_text(text, encoding="utf-8")
        return settle_terms(tmp_path)

    yield write
    use_own_terms({})


def test_terms_are_said_in_every_sentence_and_placeholders_stay(terms):
    assert terms('[zh]\n"采样点" = "监测点"\n[en]\n"Sampling place" = "Station"\n"n" = "number"\n') is None
    assert Text("Sampling place").en == "Station"
    assert Text("Sampling place").zh == "监测点"
    assert translate("{n} visits", "en", n=3) == "3 visits"
    assert Text("Sampling places").en == "Sampling places"  # another word


def test_a_longer_term_goes_before_a_shorter_one_and_nothing_is_said_twice_over(terms):
    terms('[en]\n"Risk" = "Danger"\n"Risk map" = "Risk atlas"\n"map" = "plan"\n')
    assert Text("Risk map").en == "Risk atlas"


def test_without_the_file_our_terms_hold_again(terms, tmp_path):
    terms('[en]\n"Overview" = "Start"\n')
    assert Text("Overview").en == "Start"
    (tmp_path / "geodata" / FILE).unlink()
    assert settle_terms(tmp_path) is None
    assert Text("Overview").en == "Overview"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[zh", FILE),
        ('[fr]\n"a" = "b"\n', "fr"),
        ('[en]\n"a" = ""\n', "en.a"),
        ('[en]\n"a" = 1\n', "en.a"),
        ('[en]\n"a" = "{n.__class__}"\n', "en.a"),
        ('[en]\n"{n}" = "b"\n', "en"),
        ('[en]\n"Baseline" = "Expected cases"\n', "'Expected cases'"),
    ],
)
def test_a_faulty_file_is_said_and_our_terms_hold(terms, tmp_path, text, said):
    faulty = terms(text)
    assert said in str(faulty)
    with pytest.raises(StudyError):
        read_terms(tmp_path)
    assert Text("Overview").en == "Overview"
    done = CliRunner().invoke(app, ["--home", str(tmp_path), "status", "nowhere"])
    assert FILE in done.output + done.stderr


def test_a_file_that_cannot_be_read_is_said_too(tmp_path):
    (tmp_path / "geodata" / FILE).mkdir(parents=True)  # whoever runs the tests may read every file, but no folder
    assert FILE in str(settle_terms(tmp_path))
