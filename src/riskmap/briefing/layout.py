"""The frame around each slide, and how texts from data and from facts are brought into it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from riskmap.briefing.measure import shorten, text_width, wrap
from riskmap.briefing.pack_facts import PackFacts
from riskmap.briefing.sentences import stamp
from riskmap.briefing.slide import WIDTH, Box, Item, Sheet, Slide, Words, words_height, write
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import INK
from riskmap.figures.words import SIMULATED, format_period
from riskmap.language import Text, translate
from riskmap.sources.personal_numbers import FILTERS
from riskmap.sources.persons import mask_text

MARGIN = 44
HEAD, LEAD, TOP, FOOT = 88, 106, 178, 58
AMBER, RED, MUTED, RULE = "#ffd33d", "#b0193f", "#4a5560", "#c9c4b6"
UNKNOWN = "–"
FORMULA_STARTS = ("=", "+", "-", "@", "\t")
MAY_BE_PERSONAL = re.compile("|".join(f"(?:{pattern})" for pattern in FILTERS.values()))


@dataclass(frozen=True)
class Context:
    """What every slide is made from: the facts, the sheet and the language."""

    pack: PackFacts
    sheet: Sheet
    language: str

    @property
    def bottom(self) -> float:
        """Where the room for contents ends."""
        return self.sheet.height - FOOT - 14

    @property
    def room(self) -> float:
        """How high the room for contents is."""
        return self.bottom - TOP

    def say(self, template: str, /, **values: object) -> str:
        """Return a sentence in the pack's language."""
        return translate(template, self.language, **values)

    def words(self, text: Text) -> str:
        """Return a sentence made from facts, as one plain line."""
        return plain_text(text.in_language(self.language), 600)


Content = Callable[[Context], tuple[str, str, Sequence[Item]]]
"""Makes a slide's contents: its title, the finding under the title, and what stands below."""


@lru_cache(maxsize=4096)
def data_text(value: object, longest: int = 80) -> str:
    """Return text from data for a slide: plain, without personal numbers, and no formula where a table is copied on."""
    text = plain_text(value, longest)
    text = mask_text(text) if MAY_BE_PERSONAL.search(text) else text
    return "'" + text if text.lstrip().startswith(FORMULA_STARTS) else text


def number_text(value: float | None, form: str = "{:,.0f}") -> str:
    """Return a number, or the mark of what is not known."""
    return UNKNOWN if value is None or pd.isna(value) else form.format(value)


def frame(context: Context, name: str, content: Content, number: int, total: int) -> Slide:
    """Return the slide `number` of `total` with head and foot."""
    title, lead, items = content(context)
    head, left = _marks(context)
    heading = Words(
        MARGIN,
        19,
        left - MARGIN - 20,
        52,
        (shorten(title, 36, left - MARGIN - 20, bold=True),),
        36,
        "#ffffff",
        bold=True,
    )
    width = WIDTH - 2 * MARGIN
    size = next((size for size in (28.0, 26.0, 24.0, 22.0) if len(wrap(lead, size, width, bold=True)) < 2), 20.0)
    found = write(MARGIN, LEAD, width, lead, size, bold=True)
    found = replace(found, top=LEAD + max(0.0, (TOP - 10 - LEAD - found.height) / 2))
    base = Box(0, 0, WIDTH, HEAD, INK)
    return Slide(name, heading, (base, *head, found, *items, *_foot(context, number, total)))


def _marks(context: Context) -> tuple[list[Item], float]:
    """Return the marks at the head's right end and where they begin."""
    items: list[Item] = []
    right = float(WIDTH - MARGIN)
    marks = [(SIMULATED, AMBER, INK)] if context.pack.study.simulated else []
    if context.pack.marking:
        marks.append((data_text(context.pack.marking, 20), RED, "#ffffff"))
    for text, fill, colour in marks:
        width = text_width(text, 26, bold=True) + 36
        items.append(Box(right - width, 20, width, 48, fill))
        items.append(Words(right - width, 25, width, 38, (text,), 26, colour, bold=True, align="center"))
        right -= width + 16
    return items, right


def _foot(context: Context, number: int, total: int) -> list[Item]:
    facts = context.pack.facts
    top = context.sheet.height - FOOT
    period = format_period(facts.study.period, facts.period_start, facts.period_end, context.language)
    parts = [data_text(facts.study.name(context.language)), context.say("Forecast for {period}", period=period)]
    parts += stamp(facts, context.pack.scale.scale_id, context.language)
    parts.append(context.say("Map approval no. {number}", number=data_text(context.pack.map_number) or "________"))
    text = " · ".join(parts)
    width = WIDTH - 2 * MARGIN - 110
    size = next((size for size in (18.0, 17.0, 16.0, 15.0) if text_width(text, size) <= width), 14.0)
    page = f"{number} / {total}"
    return [
        Box(MARGIN, top, WIDTH - 2 * MARGIN, 1.5, INK),
        write(MARGIN, top + 14, width, shorten(text, size, width), size, colour=MUTED),
        write(WIDTH - MARGIN - 100, top + 14, 100, page, 18, colour=MUTED, align="right"),
    ]


def fit_words(
    left: float,
    top: float,
    width: float,
    height: float,
    texts: Sequence[str],
    *,
    sizes: Sequence[float] = (32, 30, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18),
    bullet: bool = True,
) -> Words:
    """Return `texts` in the largest letters in which all of them fit into the box; in the smallest where none do."""
    for size in sizes:
        gap = size * 0.45
        if words_height(texts, size, width - (size if bullet else 0), gap) <= height:
            break
    return write(left, top, width, texts, size, bullet=bullet, gap=gap)


def one_line(left: float, top: float, width: float, text: str, sizes: Sequence[float]) -> Words:
    """Return `text` on one line in the largest of `sizes` that lets it; cut where none does."""
    size = next((size for size in sizes if text_width(text, size) <= width), sizes[-1])
    return write(left, top, width, shorten(text, size, width), size)


def heading(left: float, top: float, width: float, text: str, size: float = 26) -> Words:
    """Return the heading of a part of a slide."""
    return write(left, top, width, shorten(text, size, width, bold=True), size, bold=True)


def note(left: float, bottom: float, width: float, text: str, size: float = 18) -> Words:
    """Return a remark whose last line ends at `bottom`."""
    made = write(left, 0, width, text, size, colour=MUTED)
    return replace(made, top=bottom - made.height)
