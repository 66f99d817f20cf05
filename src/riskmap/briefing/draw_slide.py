"""Slides drawn by matplotlib: pictures of them, and the pages of a PDF."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from riskmap.briefing.measure import LINE, wrap
from riskmap.briefing.slide import CELL_PAD_X, CELL_PAD_Y, WIDTH, Align, Box, Picture, Sheet, Slide, Table, Words
from riskmap.figures.scale import INK

DPI = 100
FINE = 1.5
"""Pictures are drawn with this many points a pixel of the slide: 257 an inch of A4, 225 an inch of a slide."""
BASELINE = 0.86
"""Where letters stand in the height of their size, from above."""
Image = NDArray[np.uint8]
Images = Mapping[int, Image]
"""The pictures of a slide by their position among its items."""


def draw_pictures(slide: Slide) -> Images:
    """Return the slide's pictures as RGB, FINE points a pixel; call it inside `plain_drawing`."""
    return {at: _draw_picture(item) for at, item in enumerate(slide.items) if isinstance(item, Picture)}


def _draw_picture(picture: Picture) -> Image:
    width, height = round(picture.width), round(picture.height)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI * FINE, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    left, top, right, bottom = picture.margins
    axes = figure.add_axes((left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height))
    picture.draw(axes)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


class Page:
    """A slide on a figure; `texts` keeps each line with the room it was given: left, top, width, height.

    Where it is `searchable`, thickened letters get invisible ones of the same words, for whoever searches or copies.
    """

    def __init__(self, slide: Slide, sheet: Sheet, images: Images, *, dpi: float, searchable: bool) -> None:
        self.sheet, self.searchable = sheet, searchable
        self.points = 72 / dpi
        self.figure = Figure(figsize=(WIDTH / dpi, sheet.height / dpi), dpi=dpi, facecolor="white")
        self.canvas = FigureCanvasAgg(self.figure)
        self.texts: list[tuple[Artist, tuple[float, float, float, float]]] = []
        for at, item in enumerate(slide.items):
            if isinstance(item, Box):
                self._fill(item)
            elif isinstance(item, Words):
                self._write(item)
            elif isinstance(item, Table):
                self._set(item)
            else:
                self._show(item, images[at])
        self._write(slide.title)

    def _place(self, left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
        tall = self.sheet.height
        return left / WIDTH, 1 - (top + height) / tall, width / WIDTH, height / tall

    def _fill(self, box: Box) -> None:
        x, y, width, height = self._place(box.left, box.top, box.width, box.height)
        line, thick = (box.line, self.points) if box.line else ("none", 0)
        self.figure.add_artist(Rectangle((x, y), width, height, facecolor=box.colour, edgecolor=line, linewidth=thick))

    def _show(self, picture: Picture, image: Image) -> None:
        axes = self.figure.add_axes(self._place(picture.left, picture.top, round(picture.width), round(picture.height)))
        axes.imshow(image, aspect="auto", interpolation="none" if self.searchable else "hanning")
        axes.axis("off")

    def _write(self, words: Words) -> None:
        top = words.top
        for lines in words.lines():
            if words.bullet:
                self._fill(Box(words.left, top + words.size * 0.55, words.size * 0.34, words.size * 0.34, "#b0193f"))
            room = (words.left + words.indent, words.width - words.indent)
            top = self._lines(lines, *room, top, words.size, words.colour, words.align, bold=words.bold) + words.gap

    def _set(self, table: Table) -> None:
        top = table.top
        for number, (row, height) in enumerate(zip(table.rows, table.heights, strict=True)):
            left = table.left
            for column, (text, width) in enumerate(zip(row, table.widths, strict=True)):
                lines = wrap(text, table.size, width - 2 * CELL_PAD_X, bold=number == 0)
                pad = max((height - len(lines) * table.size * LINE) / 2, CELL_PAD_Y)
                align: Align = "left" if column in table.left_aligned else "right"
                room = (left + CELL_PAD_X, width - 2 * CELL_PAD_X)
                self._lines(lines, *room, top + pad, table.size, INK, align, bold=number == 0)
                left += width
            top += height
            head = number == 0
            self._fill(Box(table.left, top - 1, table.width, 2 if head else 1, INK if head else "#dcd7ca"))

    def _lines(
        self,
        lines: Sequence[str],
        left: float,
        width: float,
        top: float,
        size: float,
        colour: str,
        align: Align,
        *,
        bold: bool,
    ) -> float:
        """Write lines and return where the next one would begin."""
        at = {"left": left, "center": left + width / 2, "right": left + width}[align]
        for line in lines:
            base = top + size * ((LINE - 1) / 2 + BASELINE)
            place = (at / WIDTH, 1 - base / self.sheet.height)
            style: dict[str, Any] = {"fontsize": size * self.points, "color": colour, "ha": align, "va": "baseline"}
            shown = self.figure.text(*place, line, **style)
            self.texts.append((shown, (left, top, width, size * LINE)))
            if bold:
                # There is no bold face: strokes thicken the letters, which makes outlines of them.
                shown.set_path_effects([withStroke(linewidth=size * self.points * 0.045, foreground=colour)])
                if self.searchable:
                    self.figure.text(*place, line, **style, alpha=0.0)
            top += size * LINE
        return top


def slide_png(slide: Slide, sheet: Sheet, images: Images) -> bytes:
    """Return the slide as PNG, a pixel a unit of the sheet; call it inside `plain_drawing`."""
    page = Page(slide, sheet, images, dpi=DPI, searchable=False)
    stream = io.BytesIO()
    packed = {"compress_level": 3}  # as small as at 6, the usual one, in two thirds of the time
    page.figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": "riskmap"}, pil_kwargs=packed)
    return stream.getvalue()


def slides_pdf(slides: Sequence[Slide], sheet: Sheet, images: Sequence[Images], title: str, made: datetime) -> bytes:
    """Return the slides as pages of one PDF whose text can be searched; call it inside `plain_drawing`.

    Parameters
    ----------
    made
        The moment that the file is dated to: that of the snapshot, or two prints of one snapshot would differ.
    """
    stream = io.BytesIO()
    about = {"Title": title, "Creator": "riskmap", "Producer": "riskmap", "CreationDate": made, "ModDate": None}
    with PdfPages(stream, metadata=about) as pdf:
        for slide, drawn in zip(slides, images, strict=True):
            page = Page(slide, sheet, drawn, dpi=WIDTH / sheet.inches, searchable=True)
            pdf.savefig(page.figure)
    return stream.getvalue()
