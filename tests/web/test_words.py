"""Every literal sentence of the screens has a Chinese translation with the same placeholders."""

import ast
import re
from types import SimpleNamespace

import pytest

from riskmap.figures.legend import Key, LegendEntry
from riskmap.language import catalogue
from riskmap.study import REPOSITORY
from riskmap.web import window
from riskmap.web.legend import legend_html, lines_html
from riskmap.web.window import read_window

FOLDERS = ("src/riskmap/figures", "src/riskmap/briefing", "src/riskmap/web", "pages")
CALLS = {"t", "Text", "translate"}


def templates():
    found = set()
    for folder in FOLDERS:
        for path in sorted((REPOSITORY / folder).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS
                if named and node.args and isinstance(node.args[0], ast.Constant):
                    found.add(node.args[0].value)
    return sorted(found)


def test_every_sentence_is_translated_with_its_placeholders():
    chinese = catalogue("zh")
    assert [template for template in templates() if template not in chinese] == []
    for template in templates():
        assert set(re.findall(r"{\w+", chinese[template])) == set(re.findall(r"{\w+", template)), template


def test_html_lines_are_escaped():
    assert "<b>" not in lines_html(["<b>"], listed=True)
    assert "&lt;img" in lines_html(["<img>"])
    assert lines_html(["`riskmap <x>` or ` alone"]) == (
        '<p class="rm-line"><code>riskmap &lt;x&gt;</code> or ` alone</p>'
    )
    entry = LegendEntry("box", '"><script>', "#000", "<script>", ("<script>",))
    key = Key(["<script>"], [entry], ["<script>"], ["<script>"], simulated=True)
    assert "<script>" not in legend_html(key, "en")


@pytest.mark.parametrize(
    ("said", "size", "pictures"),
    [
        ("1920x1080", (1920, 1080), False),
        ("2560x1440xpictures", (2560, 1440), True),
        ("99999x1", (8000, 480), False),
        ("None", (1366, 768), False),
        ("<b>", (1366, 768), False),
        ("1x2x3", (1366, 768), False),
        ("9" * 5000 + "x1", (1366, 768), False),
    ],
)
def test_what_a_window_says_of_itself_is_read_with_limits(said, size, pictures):
    assert read_window(said) == (size, pictures)


def test_a_session_keeps_the_window_that_it_began_with(monkeypatch):
    said = {window.COOKIE: "1920x1080"}
    monkeypatch.setattr(window, "st", SimpleNamespace(context=SimpleNamespace(cookies=said), session_state={}))
    assert (window.window_size(), window.needs_pictures()) == ((1920, 1080), False)
    said[window.COOKIE] = "1366x768xpictures"  # as another window of the same browser says
    assert (window.window_size(), window.needs_pictures()) == ((1920, 1080), False)
