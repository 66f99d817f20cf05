"""Slides as a PowerPoint file: texts that can be edited, native tables, pictures of the maps; always the same bytes."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import matplotlib.image
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Emu, Pt

from riskmap.briefing.draw_slide import Image, Images
from riskmap.briefing.measure import LINE
from riskmap.briefing.slide import CELL_PAD_X, CELL_PAD_Y, WIDTH, Align, Box, Picture, Sheet, Slide, Table, Words
from riskmap.figures.scale import INK

FONT = "Microsoft YaHei"
"""On every Windows with Chinese; where it is missing the program takes another one, and lines were broken early."""
ALIGN = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER}
TITLE_ONLY = 5
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
"""Before it there are no times in a zip."""


class Deck:
    """A presentation that is being written; lengths are in units of the sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self.unit = sheet.inches * 914400 / WIDTH
        self.deck: Any = Presentation()
        self.deck.slide_width, self.deck.slide_height = self._emu(WIDTH), self._emu(sheet.height)

    def _emu(self, length: float) -> Emu:
        return Emu(round(length * self.unit))

    def _points(self, length: float) -> Pt:
        return Pt(round(length * self.unit / 12700, 2))

    def _box(self, item: Box | Words | Table | Picture) -> tuple[Emu, Emu, Emu, Emu]:
        return self._emu(item.left), self._emu(item.top), self._emu(item.width), self._emu(item.height)

    def add(self, slide: Slide, images: Images) -> None:
        """Add a slide."""
        made = self.deck.slides.add_slide(self.deck.slide_layouts[TITLE_ONLY])
        for at, item in enumerate(slide.items):
            if isinstance(item, Box):
                self._fill(made, item)
            elif isinstance(item, Words):
                left, top, width, height = self._box(item)
                self._write(made.shapes.add_textbox(left, top, width, height).text_frame, item)
            elif isinstance(item, Table):
                self._set(made, item)
            else:
                self._show(made, item, images[at])
        title = made.shapes.title
        title.left, title.top, title.width, title.height = self._box(slide.title)
        self._write(title.text_frame, slide.title)
        # Shapes lie in the order of the tree: the title belongs above the bar it stands on.
        made.shapes._spTree.append(title._element)

    def _fill(self, slide: Any, box: Box) -> None:
        shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *self._box(box))
        shape.fill.solid()
        shape.fill.fore_color.rgb = _colour(box.colour)
        shape.shadow.inherit = False
        if box.line:
            shape.line.color.rgb = _colour(box.line)
            shape.line.width = Pt(0.5)
        else:
            shape.line.fill.background()

    def _show(self, slide: Any, picture: Picture, image: Image) -> None:
        stream = io.BytesIO()
        matplotlib.image.imsave(stream, image, format="png", metadata={"Software": "riskmap"})
        stream.seek(0)
        shape = slide.shapes.add_picture(stream, *self._box(picture))
        shape._element.nvPicPr.cNvPr.set("descr", picture.words)

    def _write(self, frame: Any, words: Words) -> None:
        _plain_frame(frame)
        for number, text in enumerate(words.paragraphs):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            self._paragraph(paragraph, text, words.size, words.colour, words.align, bold=words.bold)
            paragraph.space_after = self._points(words.gap) if number + 1 < len(words.paragraphs) else Pt(0)
            if words.bullet:
                self._bullet(paragraph, words.size)

    def _paragraph(self, paragraph: Any, text: str, size: float, colour: str, align: Align, *, bold: bool) -> None:
        paragraph.alignment = ALIGN[align]
        paragraph.line_spacing = self._points(size * LINE)
        paragraph.space_before = Pt(0)
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold, run.font.name = self._points(size), bold, FONT
        run.font.color.rgb = _colour(colour)
        properties = run._r.get_or_add_rPr()
        _child(properties, "a:ea", typeface=FONT)

    def _bullet(self, paragraph: Any, size: float) -> None:
        properties = paragraph._p.get_or_add_pPr()
        properties.set("marL", str(self._emu(size)))
        properties.set("indent", str(-self._emu(size)))
        colour = _child(properties, "a:buClr")
        _child(colour, "a:srgbClr", val="B0193F")
        _child(properties, "a:buFont", typeface="Arial")
        _child(properties, "a:buChar", char="•")

    def _set(self, slide: Any, table: Table) -> None:
        frame = slide.shapes.add_table(len(table.rows), len(table.widths), *self._box(table))
        native = frame.table
        native.horz_banding = native.first_row = False
        for column, width in enumerate(table.widths):
            native.columns[column].width = self._emu(width)
        for number, (row, height) in enumerate(zip(table.rows, table.heights, strict=True)):
            native.rows[number].height = self._emu(height)
            for column, text in enumerate(row):
                align: Align = "left" if column in table.left_aligned else "right"
                self._cell(native.cell(number, column), text, table.size, align, head=number == 0)

    def _cell(self, cell: Any, text: str, size: float, align: Align, *, head: bool) -> None:
        cell.margin_left = cell.margin_right = self._emu(CELL_PAD_X)
        cell.margin_top = cell.margin_bottom = self._emu(CELL_PAD_Y)
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        cell.fill.background()
        self._paragraph(cell.text_frame.paragraphs[0], text, size, INK, align, bold=head)
        properties = cell._tc.get_or_add_tcPr()
        for side in ("a:lnL", "a:lnR", "a:lnT"):
            _child(_child(properties, side, w="0"), "a:noFill")
        line = _child(properties, "a:lnB", w="15875" if head else "6350")
        fill = _child(line, "a:solidFill")
        _child(fill, "a:srgbClr", val=INK[1:].upper() if head else "DCD7CA")
        # The schema wants borders before the fill.
        for element in properties.findall(qn("a:noFill")):
            properties.remove(element)
            properties.append(element)


def _child(parent: Any, tag: str, **attributes: str) -> Any:
    """Append an element of our own: what the library has no words for."""
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(name, value)
    parent.append(element)
    return element


def _plain_frame(frame: Any) -> None:
    frame.word_wrap = True
    frame.auto_size = MSO_AUTO_SIZE.NONE
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor = MSO_ANCHOR.TOP


def _colour(text: str) -> RGBColor:
    return RGBColor.from_string(text[1:].upper())


def slides_pptx(slides: Sequence[Slide], sheet: Sheet, images: Sequence[Images], title: str, made: datetime) -> bytes:
    """Return the slides as a PowerPoint file.

    Parameters
    ----------
    made
        The moment that the file and all its parts are dated to.
    """
    deck = Deck(sheet)
    for slide, drawn in zip(slides, images, strict=True):
        deck.add(slide, drawn)
    about = deck.deck.core_properties
    about.title, about.author, about.last_modified_by = title, "riskmap", "riskmap"
    about.subject = about.keywords = about.comments = about.category = ""
    about.created = about.modified = made.replace(tzinfo=None)
    about.revision = 1
    stream = io.BytesIO()
    deck.deck.save(stream)
    return repack(stream.getvalue(), made)


def repack(archive: bytes, made: datetime) -> bytes:
    """Return a zip with the same parts in the same order, all dated to `made` rather than to the clock."""
    moment = max(made, EARLIEST.replace(tzinfo=made.tzinfo))
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(_part(name, moment), old.read(name))
    return stream.getvalue()


def pack_zip(files: Sequence[tuple[str, bytes]], made: datetime) -> bytes:
    """Return files in one zip, dated to `made`."""
    moment = max(made, EARLIEST.replace(tzinfo=made.tzinfo))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files:
            archive.writestr(_part(name, moment), content)
    return stream.getvalue()


def _part(name: str, moment: datetime) -> zipfile.ZipInfo:
    part = zipfile.ZipInfo(name, moment.timetuple()[:6])
    part.compress_type = zipfile.ZIP_DEFLATED
    part.create_system = 3
    part.external_attr = 0o644 << 16
    return part
