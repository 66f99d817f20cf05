"""What a slide holds and where, in pixels of a sheet 2,000 wide: the one description that every form is drawn from.

Texts stand in boxes that are as large as they need, tables have rows as high as their texts: nothing is left to the
program that shows them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes

from riskmap.briefing.measure import LINE, longest_word, text_width, wrap
from riskmap.figures.scale import INK

WIDTH = 2000
Align = Literal["left", "right", "center"]
CELL_PAD_X, CELL_PAD_Y = 10, 5
MOST_FOR_A_WORD = 320
"""Wider no column grows for the sake of one word: names from data may hold no blank at all."""


@dataclass(frozen=True)
class Sheet:
    """A form of paper: its height where it is 2,000 wide, and its width in inches."""

    name: str
    height: int
    inches: float


SCREEN = Sheet("16x9", 1125, 40 / 3)
A4 = Sheet("a4", round(WIDTH * 210 / 297), 297 / 25.4)


@dataclass(frozen=True)
class Box:
    """A filled rectangle."""

    left: float
    top: float
    width: float
    height: float
    colour: str
    line: str = ""


@dataclass(frozen=True)
class Words:
    """Paragraphs in a box: one size, one colour; `bullet` puts a mark before each."""

    left: float
    top: float
    width: float
    height: float
    paragraphs: tuple[str, ...]
    size: float
    colour: str = INK
    bold: bool = False
    align: Align = "left"
    bullet: bool = False
    gap: float = 0.0

    @property
    def indent(self) -> float:
        """How far a paragraph stands behind its mark."""
        return self.size if self.bullet else 0.0

    def lines(self) -> list[list[str]]:
        """Return the lines of each paragraph."""
        return [wrap(text, self.size, self.width - self.indent, bold=self.bold) for text in self.paragraphs]


@dataclass(frozen=True)
class Table:
    """Rows of texts, the first of them the head; all columns but those in `left_aligned` stand to the right."""

    left: float
    top: float
    widths: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]
    size: float
    heights: tuple[float, ...]
    left_aligned: tuple[int, ...] = (0,)

    @property
    def width(self) -> float:
        """The table's width."""
        return sum(self.widths)

    @property
    def height(self) -> float:
        """The table's height."""
        return sum(self.heights)


@dataclass(frozen=True)
class Picture:
    """Something drawn; `words` says what is seen to those who cannot see it.

    `margins` (left, top, right, bottom) are the room for the letters around a chart.
    """

    left: float
    top: float
    width: float
    height: float
    draw: Callable[[Axes], object]
    words: str
    margins: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


Item = Box | Words | Table | Picture


@dataclass(frozen=True)
class Slide:
    """One slide: a short name, its title, and what stands on it from back to front."""

    name: str
    title: Words
    items: tuple[Item, ...]


def words_height(
    paragraphs: Sequence[str], size: float, width: float, gap: float = 0.0, *, bold: bool = False
) -> float:
    """Return how high a box of `width` must be for `paragraphs`."""
    lines = sum(len(wrap(text, size, width, bold=bold)) for text in paragraphs)
    return lines * size * LINE + gap * max(len(paragraphs) - 1, 0)


def write(
    left: float,
    top: float,
    width: float,
    text: str | Sequence[str],
    size: float,
    *,
    colour: str = INK,
    bold: bool = False,
    align: Align = "left",
    bullet: bool = False,
    gap: float = 0.0,
) -> Words:
    """Return words in a box as high as they need."""
    paragraphs = (text,) if isinstance(text, str) else tuple(text)
    room = width - (size if bullet else 0.0)
    height = words_height(paragraphs, size, room, gap, bold=bold)
    return Words(left, top, width, height, paragraphs, size, colour, bold, align, bullet, gap)


def set_table(
    left: float,
    top: float,
    widths: Sequence[float],
    rows: Sequence[Sequence[str]],
    size: float,
    *,
    room: float = 0.0,
    left_aligned: Sequence[int] = (0,),
) -> Table:
    """Return a table whose rows hold their texts; where `room` is higher than needed, rows grow by up to a half."""
    settled = settle_widths(widths, rows, size)
    needed = [
        max(_lines(text, size, width, head=number == 0) for text, width in zip(row, settled, strict=True)) * size * LINE
        + 2 * CELL_PAD_Y
        for number, row in enumerate(rows)
    ]
    grow = min(max(room / sum(needed), 1.0), 1.5) if room else 1.0
    cells = tuple(tuple(row) for row in rows)
    heights = tuple(height * grow for height in needed)
    return Table(left, top, settled, cells, size, heights, tuple(left_aligned))


def _lines(text: str, size: float, width: float, *, head: bool) -> int:
    return len(wrap(text, size, width - 2 * CELL_PAD_X, bold=head))


def _unbroken(text: str, size: float, *, head: bool) -> float:
    """Return how wide a column must be for `text`: its longest word, but the whole of a Chinese heading."""
    whole = head and text and not text.isascii()
    return text_width(text, size, bold=True) if whole else longest_word(text, size, bold=head)


def settle_widths(widths: Sequence[float], rows: Sequence[Sequence[str]], size: float) -> tuple[float, ...]:
    """Return widths of the same sum in which no word is broken, as far as wide columns have room to give.

    Headings come first: a name that is one very long word breaks none of theirs.
    """
    return _settled(_settled(widths, rows[:1], size), rows, size)


def _settled(widths: Sequence[float], rows: Sequence[Sequence[str]], size: float) -> tuple[float, ...]:
    """Return widths for the words of `rows` alone."""
    needed = [
        min(
            max(_unbroken(row[column], size, head=number == 0) for number, row in enumerate(rows)) + 2 * CELL_PAD_X + 1,
            max(width, MOST_FOR_A_WORD),
        )
        for column, width in enumerate(widths)
    ]
    lack = sum(max(need - width, 0.0) for need, width in zip(needed, widths, strict=True))
    spare = [max(width - need, 0.0) for need, width in zip(needed, widths, strict=True)]
    given = min(lack / sum(spare), 1.0) if sum(spare) else 0.0
    taken = min(sum(spare) / lack, 1.0) if lack else 0.0
    return tuple(
        width - free * given + max(need - width, 0.0) * taken
        for width, need, free in zip(widths, needed, spare, strict=True)
    )
