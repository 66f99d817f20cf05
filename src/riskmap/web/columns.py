"""How wide the columns of a table are."""

from collections.abc import Iterable

LETTER_PX, PADDING_PX = 6.9, 20
"""Widths of a Latin letter and of what stands around a text."""


def width_px(texts: Iterable[str], header: str) -> int:
    """Return how wide a column of a table must be to show its texts and its header."""
    return int(max(map(letters, [*texts, header])) * LETTER_PX) + PADDING_PX


def letters(said: str) -> int:
    """Return how wide a sentence is, in Latin letters; a Chinese one is twice as wide."""
    return sum(2 if sign >= "\u2e80" else 1 for sign in said)
