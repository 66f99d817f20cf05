"""The weekly pack: one description of slides, and from it PowerPoint, PDF for screen and paper, and single pictures.

The same snapshot, records, inspection list, evaluation and comment give the same bytes: nothing in the files tells of
the machine or the minute.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from riskmap.briefing.comment import write_comment
from riskmap.briefing.draw_slide import Images, draw_pictures, slide_png, slides_pdf
from riskmap.briefing.layout import Content, Context, frame
from riskmap.briefing.pack_facts import PackFacts, choose_surface, gather_pack
from riskmap.briefing.slide import A4, SCREEN, Sheet, Slide
from riskmap.briefing.slide_headline import headline
from riskmap.briefing.slide_health import model_health
from riskmap.briefing.slide_list import list_table
from riskmap.briefing.slide_maps import change_map, week_map
from riskmap.briefing.slide_method import gaps_and_method
from riskmap.briefing.slide_places import areas_table, cells_table
from riskmap.briefing.slide_visits import visits
from riskmap.briefing.slide_wastewater import wastewater
from riskmap.briefing.write_pptx import pack_zip, slides_pptx
from riskmap.figures.fonts import plain_drawing
from riskmap.figures.words import SIMULATED
from riskmap.study import Study
from riskmap.terms import settle_terms

CONTENTS: dict[str, Content] = {
    "headline": headline,
    "map": week_map,
    "change": change_map,
    "areas": areas_table,
    "cells": cells_table,
    "list": list_table,
    "wastewater": wastewater,
    "inspections": visits,
    "model": model_health,
    "method": gaps_and_method,
}


def describe_slides(facts: PackFacts, sheet: Sheet, language: str) -> list[Slide]:
    """Return the slides as they stand on `sheet`."""
    context = Context(facts, sheet, language)
    return [
        frame(context, name, content, number, len(CONTENTS))
        for number, (name, content) in enumerate(CONTENTS.items(), start=1)
    ]


class Pack:
    """The files of one pack; each slide, picture and file is made when it is first asked for, and kept."""

    def __init__(self, facts: PackFacts, language: str) -> None:
        self.facts, self.language = facts, language
        self._slides: dict[str, list[Slide]] = {}
        self._images: dict[tuple[str, int], Images] = {}
        self._files: dict[str, bytes] = {}
        stem = f"brief-{language}"
        self.pictures = [f"{stem}-{number:02d}-{name}.png" for number, name in enumerate(CONTENTS, start=1)]
        self._makers: dict[str, Callable[[], bytes]] = {
            f"{stem}.pptx": self._pptx,
            f"{stem}-16x9.pdf": lambda: self._pdf(SCREEN),
            f"{stem}-a4.pdf": lambda: self._pdf(A4),
        }
        self.documents = list(self._makers)
        self.to_print = self.documents[1:]
        self.album = f"{stem}-png.zip"
        self._makers[self.album] = lambda: pack_zip([(name, self.file(name)) for name in self.pictures], self.moment)

    @property
    def moment(self) -> datetime:
        """The moment that the files are dated to: the forecast's."""
        as_of = pd.Timestamp(self.facts.surface.manifest["as_of"])
        return as_of.to_pydatetime().replace(tzinfo=self.facts.study.zone)

    @property
    def title(self) -> str:
        """The title in the files' properties."""
        mark = f" ({SIMULATED})" if self.facts.study.simulated else ""
        return f"{self.slides(SCREEN)[0].title.paragraphs[0]}, {self.facts.surface.snapshot_id}{mark}"

    def slides(self, sheet: Sheet) -> list[Slide]:
        """Return the slides as they stand on `sheet`."""
        if sheet.name not in self._slides:
            self._slides[sheet.name] = describe_slides(self.facts, sheet, self.language)
        return self._slides[sheet.name]

    def images(self, sheet: Sheet, number: int) -> Images:
        """Return the maps and charts of the slide at position `number`."""
        key = (sheet.name, number)
        if key not in self._images:
            with plain_drawing():
                self._images[key] = draw_pictures(self.slides(sheet)[number])
        return self._images[key]

    def file(self, name: str) -> bytes:
        """Return the contents of one file: a document, a picture or the album of all pictures."""
        if name not in self._files:
            made = self._makers[name]() if name in self._makers else self._png(self.pictures.index(name))
            self._files[name] = made
        return self._files[name]

    def keep(self, files: Mapping[str, bytes]) -> None:
        """Take over files that were made elsewhere from the same facts."""
        self._files.update(files)

    def _png(self, number: int) -> bytes:
        images = self.images(SCREEN, number)
        with plain_drawing():
            return slide_png(self.slides(SCREEN)[number], SCREEN, images)

    def _pdf(self, sheet: Sheet) -> bytes:
        images = [self.images(sheet, number) for number in range(len(CONTENTS))]
        with plain_drawing():
            return slides_pdf(self.slides(sheet), sheet, images, self.title, self.moment)

    def _pptx(self) -> bytes:
        images = [self.images(SCREEN, number) for number in range(len(CONTENTS))]
        return slides_pptx(self.slides(SCREEN), SCREEN, images, self.title, self.moment)


def write_pack(
    study: Study,
    out: Path,
    *,
    as_of: pd.Timestamp | None = None,
    language: str = "zh",
    comment: str | None = None,
    marking: str | None = None,
    map_number: str | None = None,
) -> list[Path]:
    """Write the pack into `out` and return the paths: PPTX, two PDFs, one PNG a slide.

    A second process draws the PDFs: drawing is most of the work, and Python draws with one core.

    Parameters
    ----------
    comment
        Kept as the comment on the snapshot before the pack is made; "" removes it, None leaves it.
    marking, map_number
        Printed in the stead of those of the study's settings, where given.

    Raises
    ------
    SnapshotError, BriefingError
        If no surface was published by `as_of`, or the comment is too long.
    """
    surface = choose_surface(study, as_of)
    if comment is not None:
        write_comment(study, surface.snapshot_id, comment)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        other.submit(_be_ready)
        facts = gather_pack(study, surface, marking=marking, map_number=map_number)
        pack = Pack(facts, language)
        names = [*pack.documents, *pack.pictures]
        with suppress(BrokenProcessPool):  # ended from outside, as for want of memory: then all is made here
            printed = other.submit(_print, facts, language)
            for name in names:
                if name not in pack.to_print:
                    pack.file(name)
            pack.keep(printed.result())
    contents = [pack.file(name) for name in names]
    out.mkdir(parents=True, exist_ok=True)
    for name, content in zip(names, contents, strict=True):
        (out / name).write_bytes(content)
    return [out / name for name in names]


def _be_ready() -> None:
    """Nothing: that this module is read takes the other process some seconds, while facts are gathered."""


def _print(facts: PackFacts, language: str) -> dict[str, bytes]:
    """Return the files to print, by name."""
    settle_terms(facts.study.home)
    pack = Pack(facts, language)
    return {name: pack.file(name) for name in pack.to_print}
