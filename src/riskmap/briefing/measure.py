"""How much room text takes: the same measure for pictures, pages and slides, so that all of them break lines alike."""

import re
from functools import cache

from matplotlib.ft2font import FT2Font, LoadFlags

from riskmap.figures.fonts import FONT_FILE

LINE = 1.42
"""Height of a line over the size of its letters."""
SAFETY = 1.04
"""Slides are shown with the fonts of other machines: lines are broken this much earlier than ours would need."""
BOLD = 1.06
"""Bold letters are this much wider than regular ones."""
# Chinese may break after any character; these never begin a line.
NEVER_FIRST = "，。；：、！？）》”’%,.;:!?)"
PIECES = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日|[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]+|\s+")
UNITS = 1000


@cache
def _font() -> FT2Font:
    font = FT2Font(str(FONT_FILE))
    font.set_size(UNITS, 72)
    return font


@cache
def _advance(character: str) -> float:
    """Return the width of one character at size 1."""
    return float(_font().load_char(ord(character), flags=LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 / UNITS


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide `text` is, in the unit of `size`."""
    return sum(map(_advance, text)) * size * SAFETY * (BOLD if bold else 1.0)


def wrap(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Return `text` as lines no wider than `width`, broken as Chinese and as English break; a long word is cut."""
    lines, line = [], ""
    for piece in _pieces(text, size, width, bold=bold):
        if line and piece not in NEVER_FIRST and text_width((line + piece).rstrip(), size, bold=bold) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str, size: float, width: float, *, bold: bool) -> list[str]:
    found = []
    for piece in PIECES.findall(text):
        # Names from data may hold no blank at all.
        while len(piece) > 1 and text_width(piece, size, bold=bold) > width:
            fit = next(n for n in range(len(piece) - 1, 0, -1) if n == 1 or text_width(piece[:n], size) <= width / BOLD)
            found.append(piece[:fit])
            piece = piece[fit:]
        found.append(piece)
    return found


def longest_word(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of the longest piece that is not broken."""
    return max((text_width(piece, size, bold=bold) for piece in PIECES.findall(text)), default=0.0)


def shorten(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """Return `text`, cut with an ellipsis where it is wider than `width`."""
    if text_width(text, size, bold=bold) <= width:
        return text
    while text and text_width(text + "…", size, bold=bold) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def fit_lines(text: str, size: float, width: float, most: int) -> str:
    """Return `text`, cut with an ellipsis where it needs more than `most` lines."""
    kept, end = text, ""
    while len(wrap(kept + end, size, width)) > most:
        kept, end = kept[:-1].rstrip(), "…"
    return kept + end
