"""Two languages from one template: English in the code, Chinese in `locale/zh_CN/LC_MESSAGES/*.po`.

The catalogues are read as they stand (no compiled copies to forget); a test fails on a template without a translation.
A user's own terms (terms.py) take the place of ours in every sentence of both languages.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALE_FOLDER = Path(__file__).resolve().parents[2] / "locale"
LANGUAGES = {"zh": "zh_CN", "en": "en"}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return template -> translation for `language`, merged from every catalogue of its folder."""
    folder = LOCALE_FOLDER / LANGUAGES.get(language, language) / "LC_MESSAGES"
    entries: dict[str, str] = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as stream:
            messages = read_po(stream, abort_invalid=True)
        entries |= {str(m.id): str(m.string) for m in messages if m.id and m.string}
    return entries


_own_terms: dict[str, dict[str, str]] = {}


def use_own_terms(terms: Mapping[str, Mapping[str, str]]) -> None:
    """Say everything from now on in a user's own terms: language -> our term -> theirs."""
    if terms != _own_terms:
        _own_terms.clear()
        _own_terms.update({language: dict(own) for language, own in terms.items()})
        _template.cache_clear()


def told_alike(terms: Mapping[str, Mapping[str, str]]) -> tuple[str, str] | None:
    """Return two of our texts that these terms would make one, if there are any: heads of columns must differ."""
    for language, own in terms.items():
        said: dict[str, str] = {}
        for template in catalogue("zh") if own else ():
            ours = catalogue(language).get(template, template)
            other = said.setdefault(_in_terms(ours, own, language), ours)
            if other != ours:
                return other, ours
    return None


@cache
def _template(template: str, language: str) -> str:
    """Return the translation of a template in the user's own terms."""
    found = catalogue(language).get(template, template)
    own = _own_terms.get(language)
    return _in_terms(found, own, language) if own else found


def _in_terms(found: str, own: Mapping[str, str], language: str) -> str:
    """Return a template in a user's own terms; placeholders stay as they are."""
    longest_first = "|".join(map(re.escape, sorted(own, key=len, reverse=True)))
    # Chinese has no spaces between words; elsewhere a term is a whole word.
    term = re.compile(longest_first if language == "zh" else rf"(?<!\w)(?:{longest_first})(?!\w)")
    parts = re.split(r"(\{[^}]*\})", found)
    return "".join(part if part.startswith("{") else term.sub(lambda m: own[m.group()], part) for part in parts)


def translate(template: str, language: str, /, **values: object) -> str:
    """Return `template` in `language` with its placeholders filled.

    A template that the catalogue lacks is shown in English: a foreign sentence is better than none.
    """
    return Text(template, values).in_language(language)


@dataclass(frozen=True)
class Text:
    """A sentence that knows how to say itself in either language.

    Values may be `Text` themselves (a name inside a sentence) and are then said in the same language.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """Return the sentence in `language` (`zh` or `en`)."""
        filled = {
            name: value.in_language(language) if isinstance(value, Text) else value
            for name, value in self.values.items()
        }
        return _template(self.template, language).format(**filled)

    @property
    def en(self) -> str:
        """The sentence in English."""
        return self.in_language("en")

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return self.in_language("zh")
