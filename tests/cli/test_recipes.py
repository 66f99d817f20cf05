"""Recipes at the command line: listed, checked, drafted, fetched."""

import pytest

from riskmap import cli
from riskmap.study import REPOSITORY

CASES = "案件编号,案件类别,发案时间,姓名,经度,纬度\nA1,贩卖毒品,2024-01-03 10:00,某,104.51,30.52\n"


@pytest.fixture
def call(home, monkeypatch, capsys):
    """Call `riskmap` with a home of its own; returns exit status, standard output and standard error."""

    def run(*arguments, language="en"):
        argv = ["riskmap", "--home", str(home), "--language", language, *map(str, arguments)]
        monkeypatch.setattr("sys.argv", argv)
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return status, captured.out, captured.err

    return run


@pytest.fixture
def cases(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text(CASES, encoding="gb18030")
    return path


def test_every_recipe_is_listed(call):
    status, out, _ = call("recipe", "list")
    assert status == 0
    for path in (REPOSITORY / "recipes").glob("*.toml"):
        assert path.stem in out


def test_a_recipe_is_checked_and_an_error_names_its_line(call, tmp_path):
    assert call("recipe", "check", "uk-police")[:2] == (0, "Recipe uk-police is in order; it is for layer cases.\n")
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\nlayer = "cases"\n[colums]\n', encoding="utf-8")
    status, _, error = call("recipe", "check", path)
    assert status == 1
    assert "mine.toml, line 3: the key colums is not known (did you mean 'columns'?)" in error
    assert "mine.toml 第 3 行" in call("recipe", "check", path, language="zh")[2]


def test_a_value_that_the_table_does_not_have_is_a_fault(call, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\nlayer = "cases"\n[values.category]\n"贩卖" = "traficking"\n', encoding="utf-8")
    status, _, error = call("recipe", "check", path)
    assert status == 1
    assert "mine.toml, line 4: [values.category] '贩卖' = 'traficking' is not allowed" in error
    assert "did you mean 'trafficking'?" in error


def test_a_draft_is_written_with_its_questions_and_can_be_checked(call, cases, tmp_path):
    out_file = tmp_path / "mine.toml"
    status, out, questions = call("recipe", "draft", cases, "--out", out_file, language="zh")
    assert status == 0
    assert out == f"{out_file}\n"
    assert "? publisher：文件由谁发布？" in questions
    assert "含个人信息，导入时舍弃：姓名" in out_file.read_text(encoding="utf-8")
    assert call("recipe", "check", out_file)[0] == 0
    status, _, error = call("recipe", "draft", cases, "--out", out_file)
    assert status == 1
    assert "is there already; name another file" in error


def test_a_draft_without_a_file_is_printed(call, cases):
    status, out, _ = call("recipe", "draft", cases)
    assert status == 0
    assert 'layer = "cases"' in out


def test_a_draft_that_cannot_be_loaded_yet_is_written_all_the_same(call, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    status, out, error = call("recipe", "draft", path)
    assert status == 0
    assert 'layer = ""' in out
    assert "layer '' is not known" in error


def test_a_file_that_cannot_be_read_is_one_sentence(call, tmp_path):
    status, _, error = call("recipe", "draft", tmp_path / "nothing.csv")
    assert status == 1
    assert "nothing.csv" in error


def test_what_cannot_be_fetched_is_said(call, tmp_path):
    status, _, error = call("fetch", "tempe-ems", "--out", tmp_path / "raw")
    assert status == 1
    assert "does not say where its publisher keeps the source" in error
    status, _, error = call("fetch", "chicago-crimes", "--out", tmp_path / "raw", "--from", "2024-01")
    assert status == 1
    assert "does not fetch by months" in error
    assert not (tmp_path / "raw").exists()
