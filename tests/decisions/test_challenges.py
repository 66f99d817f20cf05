import pytest

from riskmap.decisions.challenges import MOST_CHARACTERS, file_challenge, list_challenges
from riskmap.errors import DecisionError
from riskmap.study import Study


@pytest.fixture
def study(tmp_path):
    return Study(id="sea", resolution=7, period="week", timezone="UTC", home=tmp_path)


def test_a_doubt_is_kept_with_the_place_and_the_snapshot(study):
    filed = file_challenge(study, "20260101-abc", "The wholesale market moved away.", cell="88754e64d7fffff")
    assert list_challenges(study) == [filed]
    assert (filed.snapshot, filed.cell, filed.place) == ("20260101-abc", "88754e64d7fffff", "")


def test_persons_are_masked_before_a_doubt_is_written(study):
    filed = file_challenge(study, "s", "打电话 13912345678 问过，市场已搬走。")
    assert "13912345678" not in filed.text
    written = [path.read_text(encoding="utf-8") for path in (study.folder / "challenges").iterdir()]
    assert not any("13912345678" in text for text in written)


@pytest.mark.parametrize("text", ["", "   ", "too short", "x" * (MOST_CHARACTERS + 1)])
def test_a_doubt_of_another_length_is_refused_and_nothing_is_kept(study, text):
    with pytest.raises(DecisionError, match="what is wrong and how you know"):
        file_challenge(study, "s", text)
    assert list_challenges(study) == []


def test_two_doubts_of_one_moment_are_both_kept(study):
    for text in ("The market moved away.", "The road was closed all month."):
        file_challenge(study, "s", text)
    assert {one.text for one in list_challenges(study)} == {"The market moved away.", "The road was closed all month."}
