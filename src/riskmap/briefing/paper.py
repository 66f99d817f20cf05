"""A sheet of fixed size in pixels on which text is wrapped, placed and remembered, so that a test can see overlaps."""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Text as Artist

from riskmap.figures.fonts import register_font
from riskmap.figures.scale import INK

DPI = 100
# Chinese may break after any character; these never begin a line.
NEVER_FIRST = "，。；：、！？）》”’%,.;:!?)"
PIECES = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]+|\s+")


@dataclass
class Paper:
    """A figure measured in pixels from its upper left corner."""

    width: int
    height: int
    figure: Figure = field(init=False)
    texts: list[Artist] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.figure = Figure(figsize=(self.width / DPI, self.height / DPI), dpi=DPI, facecolor="white")
        self.canvas = FigureCanvasAgg(self.figure)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Return axes at a place given in pixels."""
        box = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        return self.figure.add_axes(box)

    def box(self, left: float, top: float, width: float, height: float, colour: str) -> None:
        """Fill a rectangle."""
        place = (left / self.width, 1 - (top + height) / self.height)
        size = (width / self.width, height / self.height)
        self.figure.add_artist(Rectangle(place, *size, facecolor=colour, edgecolor="none"))

    def line(self, left: float, top: float, width: float, colour: str = "#c9c4b6") -> None:
        """Draw a hairline."""
        self.box(left, top, width, 1.2, colour)

    def write(
        self, left: float, top: float, text: str, size: float, colour: str = INK, align: str = "left", weight: float = 0
    ) -> None:
        """Write one line whose upper edge is at `top`; `weight` thickens the strokes of the one regular face."""
        artist = self.figure.text(
            left / self.width, 1 - top / self.height, text, fontsize=size, color=colour, ha=align, va="top"
        )
        if weight:
            artist.set_path_effects([withStroke(linewidth=weight, foreground=colour)])
        self.texts.append(artist)

    def text_width(self, text: str, size: float) -> float:
        """Return how many pixels wide `text` is."""
        font = FontProperties(family=register_font(), size=size)
        width, _, _ = self.canvas.get_renderer().get_text_width_height_descent(text, font, ismath=False)
        return float(width)

    def wrap(self, text: str, size: float, width: float) -> list[str]:
        """Return `text` as lines no wider than `width` pixels, broken as Chinese and as English break."""
        lines, line = [], ""
        for piece in PIECES.findall(text):
            if line and piece not in NEVER_FIRST and self.text_width(line + piece, size) > width:
                lines.append(line.rstrip())
                line = ""
            line += piece if line else piece.lstrip()
        return [*lines, line.rstrip()] if line.strip() else lines

    def shorten(self, text: str, size: float, width: float) -> str:
        """Return `text`, cut with an ellipsis where it is wider than `width` pixels."""
        if self.text_width(text, size) <= width:
            return text
        while text and self.text_width(text + "…", size) > width:
            text = text[:-1]
        return text + "…"

    def paragraph(self, left: float, top: float, text: str, size: float, width: float, gap: float = 1.35) -> float:
        """Write wrapped text and return where the next paragraph may begin."""
        step = size * DPI / 72 * gap
        for line in self.wrap(text, size, width):
            self.write(left, top, line, size)
            top += step
        return top

    def table(
        self,
        left: float,
        top: float,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[int],
        size: float,
    ) -> float:
        """Write a table, first column to the left, the others to the right; return where it ends."""
        step = size * DPI / 72 * 1.75
        for number, row in enumerate([head, *rows]):
            x = left
            for column, (text, width) in enumerate(zip(row, widths, strict=True)):
                shown = self.shorten(text, size, width - 8)
                at = x if column == 0 else x + width
                self.write(at, top, shown, size, align="left" if column == 0 else "right")
                x += width
            top += step
            self.line(left, top - step * 0.22, sum(widths), INK if number == 0 else "#dcd7ca")
        return top


def plain_drawing() -> AbstractContextManager[None]:
    """Return the settings under which pages are drawn: the shipped font, and no formulas inside text from data."""
    return rc_context(
        {
            "font.family": register_font(),
            "text.parse_math": False,
            "axes.unicode_minus": False,
        }
    )
