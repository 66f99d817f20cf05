import pytest

from riskmap.briefing.comment import MOST_CHARACTERS, comment_argument, comment_path, read_comment, write_comment
from riskmap.errors import BriefingError


def test_a_comment_is_kept_with_its_snapshot_as_plain_lines(square_area):
    kept = write_comment(square_area, "20260105-abc", "  first\x00 line \n\nsecond: 13812345678\n")
    assert kept == "first  line\nsecond: ***"
    assert read_comment(square_area, "20260105-abc") == kept
    assert read_comment(square_area, "20260112-def") == ""


def test_an_empty_comment_removes_the_one_before(square_area):
    write_comment(square_area, "20260105-abc", "words")
    assert write_comment(square_area, "20260105-abc", " \n") == ""
    assert not comment_path(square_area, "20260105-abc").exists()


def test_a_comment_that_does_not_fit_is_refused_and_the_old_one_stays(square_area):
    write_comment(square_area, "20260105-abc", "words")
    for text in ("字" * (MOST_CHARACTERS + 1), "a\n" * 7):
        with pytest.raises(BriefingError, match="Shorten it"):
            write_comment(square_area, "20260105-abc", text)
    assert read_comment(square_area, "20260105-abc") == "words"


def test_the_command_line_takes_a_file_or_the_words_themselves(tmp_path):
    path = tmp_path / "comment.txt"
    path.write_text("\ufeff来自文件", encoding="utf-8")
    assert comment_argument(str(path)) == "来自文件"
    assert comment_argument("just words " * 400) == "just words " * 400
    path.write_bytes("来自文件".encode("gb18030"))
    with pytest.raises(BriefingError, match="UTF-8"):
        comment_argument(str(path))
