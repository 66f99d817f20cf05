"""Everything that people read can be said in Chinese."""

import ast
import re
import string

from babel.messages.pofile import read_po

from riskmap.language import LOCALE_FOLDER, Text, catalogue, translate
from riskmap.study import REPOSITORY

SPEAKERS = {"Text", "translate", "say", "t", "note"}
CODE = [
    *sorted((REPOSITORY / "src").rglob("*.py")),
    *sorted((REPOSITORY / "pages").glob("*.py")),
    REPOSITORY / "app.py",
]


def templates():
    """Yield every literal sentence that is said: arguments of Text, t, note, errors and the rules of receipts."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in SPEAKERS and not name.endswith("Error"):
                continue
            at = 1 if name == "SourceError" else 0
            if len(node.args) > at and isinstance(node.args[at], ast.Constant) and isinstance(node.args[at].value, str):
                text = node.args[at].value
                if name == "ValueError" or not re.search("[A-Za-z]{2}", re.sub(r"{[^}]*}", "", text)):
                    continue
                yield path.name, text


def test_every_sentence_has_a_chinese_one():
    chinese = catalogue("zh")
    missing = sorted({(name, text) for name, text in templates() if text not in chinese})
    assert missing == []


def test_nothing_is_translated_that_nobody_says():
    said = {
        node.value
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(set(catalogue("zh")) - said) == []


def test_translations_fill_the_same_placeholders():
    for template, translation in catalogue("zh").items():
        ours = {name for _, name, _, _ in string.Formatter().parse(template) if name}
        theirs = {name for _, name, _, _ in string.Formatter().parse(translation) if name}
        assert theirs <= ours, template


def test_no_sentence_is_translated_twice_differently():
    seen: dict[str, str] = {}
    for path in sorted((LOCALE_FOLDER / "zh_CN" / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as stream:
            for message in read_po(stream):
                if message.id:
                    assert seen.setdefault(str(message.id), str(message.string)) == str(message.string), message.id


def test_a_name_inside_a_sentence_is_said_in_the_same_language():
    text = Text("distance to the nearest {site}", {"site": Text("warehouse")})
    assert text.en == "distance to the nearest warehouse"
    assert "仓库" in text.zh


def test_a_sentence_without_translation_is_said_in_english():
    assert translate("Never heard {n} times.", "zh", n=3) == "Never heard 3 times."
