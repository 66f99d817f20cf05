"""The pack: the same bytes each time, every number from the facts, every text in its place."""

import dataclasses
import io
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from fabricated import ATTACK, COMMENT, MAP_NUMBER, MARKING, WEEKS
from PIL import Image
from pptx import Presentation
from pptx.util import Emu
from pypdf import PdfReader

from riskmap.briefing.draw_slide import Page
from riskmap.briefing.layout import data_text
from riskmap.briefing.measure import LINE, wrap
from riskmap.briefing.pack import CONTENTS, Pack, describe_slides, write_pack
from riskmap.briefing.pack_facts import choose_surface, gather_pack
from riskmap.briefing.slide import A4, CELL_PAD_X, SCREEN, WIDTH, Box, Picture, Table, Words, settle_widths
from riskmap.figures.fonts import plain_drawing
from riskmap.figures.scale import format_count
from riskmap.grid.cells import cell_centres, cells_to_text
from riskmap.language import catalogue
from riskmap.study import REPOSITORY, check_study, study_toml
from riskmap.surface.publish import list_surfaces, read_surface

# One worker draws the packs: they are kept for all tests of this file.
pytestmark = pytest.mark.xdist_group("pack")
LANGUAGES = ("zh", "en")
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def texts_of(slide):
    """All texts of a described slide."""
    found = list(slide.title.paragraphs)
    for item in slide.items:
        found += item.paragraphs if isinstance(item, Words) else ()
        found += itertools.chain(*item.rows) if isinstance(item, Table) else ()
    return found


def deck_texts(deck):
    """All texts of a PowerPoint file, slide by slide."""
    for slide in deck.slides:
        found = []
        for shape in slide.shapes:
            if shape.has_text_frame:
                found += [paragraph.text for paragraph in shape.text_frame.paragraphs]
            if shape.has_table:
                found += [cell.text for row in shape.table.rows for cell in row.cells]
        yield found


@pytest.fixture(scope="module")
def decks(packs):
    return {name: Presentation(io.BytesIO(pack.file(pack.documents[0]))) for name, pack in packs.items()}


def test_another_process_makes_the_same_bytes(briefed, packs, tmp_path):
    command = [
        sys.executable,
        "-m",
        "riskmap.cli",
        "--home",
        str(briefed.home),
        "brief",
        "ocean",
        "--out",
        str(tmp_path),
    ]
    command += ["--language", "en", "--marking", MARKING, "--map-number", MAP_NUMBER]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "America/Lima"}
    subprocess.run(command, check=True, capture_output=True, env=environment, cwd=REPOSITORY)
    pack = packs["en"]
    names = [*pack.documents, *pack.pictures]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert [name for name in names if (tmp_path / name).read_bytes() != pack.file(name)] == []


def end_at_once(*_):
    os._exit(1)


def test_a_pack_is_whole_where_the_other_process_is_ended(briefed, packs, tmp_path, monkeypatch):
    monkeypatch.setattr("riskmap.briefing.pack._print", end_at_once)
    monkeypatch.setattr(Pack, "file", lambda _, name: name.encode())
    written = write_pack(briefed, tmp_path, language="en", marking=MARKING, map_number=MAP_NUMBER)
    assert [path.name for path in written] == [*packs["en"].documents, *packs["en"].pictures]
    assert [path.name for path in written if path.read_bytes() != path.name.encode()] == []


def spoken(value, found):
    """Gather every way in which a fact may be written."""
    if isinstance(value, (bool, np.bool_)) or value is None or value is pd.NaT:
        return
    if isinstance(value, (int, float, np.number)):
        if np.isfinite(value):
            size = abs(float(value))
            forms = [f"{size:{form}}" for form in (",.0f", ".0f", ".1f", ".2f", ".3f", ".0%", ".1%", ".2g", "g")]
            found |= {form.rstrip("%") for form in [*forms, format_count(size)]}
    elif isinstance(value, pd.Timestamp):
        found |= {f"{value.year}", f"{value.month}", f"{value.month:02d}", f"{value.day}", f"{value.day:02d}"}
        found |= {f"{number}" for number in (value - pd.Timedelta(days=1)).timetuple()[:3]}
        found.add(f"{value - pd.Timedelta(days=1):%d}")
    elif isinstance(value, str):
        found |= set(NUMBER.findall(value))
        if re.fullmatch(r"\d{4}-\d\d-\d\d.*", value):
            spoken(pd.Timestamp(value), found)
    elif isinstance(value, pd.DataFrame):
        for column in value:
            distinct = value[column].drop_duplicates() if column != "geometry" else []
            for entry in distinct:
                spoken(entry, found)
        found.add(f"{len(value):,}")
    elif isinstance(value, Mapping):
        for entry in value.values():
            spoken(entry, found)
    elif isinstance(value, (list, tuple)):
        found.add(f"{len(value)}")
        for entry in value:
            spoken(entry, found)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            spoken(getattr(value, field.name), found)


def facts_in_words(facts):
    """Every number that the snapshot's facts hold, and what is counted from them."""
    found = set()
    surface, areas = facts.surface, facts.facts.areas
    spoken(facts, found)
    spoken([surface.snapshot_id, facts.scale.scale_id, surface.manifest], found)
    for name in ("periods", "areas"):
        spoken(surface.table(name), found)
    spoken(
        list(
            surface.cells.loc[surface.cells["rank"] <= facts.facts.top_cells, ["expected", "baseline_expected"]].sum()
        ),
        found,
    )
    spoken(
        [facts.lists.left, len(facts.lists.new), (facts.steps > 0).sum(), (facts.steps < 0).sum(), len(facts.steps)],
        found,
    )
    spoken([len(areas), len(areas[areas["expected"].cumsum() < areas["expected"].sum() / 2]) + 1], found)
    spoken([outcome.share for outcome in facts.lists.outcomes], found)
    spoken([facts.study.operating_share, facts.wastewater.monitored_share], found)
    for column in ("county_code", "kind"):
        spoken(facts.visits.by(column), found)
    for verdict in ("finding", "analyte"):
        spoken(
            facts.wastewater.moves.groupby(verdict, dropna=False).agg({"now": ["median", "size"], "before": "median"}),
            found,
        )
    for cells in (facts.lists.top.head(20), facts.lists.last_top.head(20)):
        spoken([float(value) for value in np.ravel(cell_centres(cells["cell"].to_numpy()))], found)
        spoken(list(cells_to_text(cells["cell"].to_numpy())), found)
        spoken(list(cells["reasons"]), found)
    spoken([text for _, text in facts.scale.entries(facts.study.resolution)], found)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_in_the_deck_is_in_the_facts_or_in_a_sentence_of_ours(packs, decks, language):
    ours = {number for pair in catalogue("zh").items() for text in pair for number in NUMBER.findall(text)}
    ours |= {f"{number}" for number in range(1, len(CONTENTS) + 1)} | {
        "1.5",
        "4",
        "56",
        "13",
        "52",
        "0.75",
        "2025",
        "9",
    }
    known = facts_in_words(packs[language].facts) | ours | set(NUMBER.findall(MAP_NUMBER + COMMENT))
    said = " ".join(itertools.chain(*deck_texts(decks[language])))
    assert len(NUMBER.findall(said)) > 300
    assert sorted(set(NUMBER.findall(said)) - known) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_deck_says_what_the_description_says_and_so_does_the_pdf(packs, decks, language):
    pack = packs[language]
    pdf = PdfReader(io.BytesIO(pack.file(pack.documents[1])))
    assert len(pdf.pages) == len(CONTENTS)
    for slide, said, page in zip(pack.slides(SCREEN), deck_texts(decks[language]), pdf.pages, strict=True):
        assert sorted(filter(None, said)) == sorted(filter(None, texts_of(slide)))
        printed = re.sub(r"\s", "", page.extract_text())
        missing = [text for text in texts_of(slide) if re.sub(r"\s", "", text) not in printed]
        # Lines of one cell or paragraph may be parted by those of its neighbours.
        assert all(line in printed for text in missing for line in map(_squeeze, wrap(text, 20, 60)) if len(line) < 3)
        assert _squeeze(slide.title.paragraphs[0]) in printed


def _squeeze(text):
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_carries_marks_and_where_it_comes_from(packs, decks, language):
    facts = packs[language].facts
    for said in deck_texts(decks[language]):
        together = " ".join(said)
        marks = ("SIMULATED / 模拟数据", MARKING, MAP_NUMBER, facts.surface.snapshot_id, facts.scale.scale_id)
        assert [mark for mark in marks if mark not in together] == []
    assert all(line in " ".join(next(deck_texts(decks[language]))) for line in COMMENT.splitlines())


def test_real_data_without_settings_carries_no_marks(packs):
    facts = packs["en"].facts
    real = facts.study.model_copy(update={"simulated": False})
    plain = dataclasses.replace(facts, facts=dataclasses.replace(facts.facts, study=real), marking="", map_number="")
    said = " ".join(itertools.chain(*map(texts_of, describe_slides(plain, SCREEN, "en"))))
    assert "SIMULATED" not in said
    assert MARKING not in said
    assert "Map approval no. ________" in said


def test_marking_and_map_number_are_settings_that_change_no_forecast(ocean):
    marked = check_study({**ocean.model_dump(), "home": ocean.home, "marking": MARKING, "map_number": MAP_NUMBER})
    facts = gather_pack(marked, read_surface(marked))
    assert (facts.marking, facts.map_number) == (MARKING, MAP_NUMBER)
    assert study_toml(marked) == study_toml(ocean)


@pytest.mark.parametrize("sheet", [SCREEN, A4], ids=lambda sheet: sheet.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_overlaps_or_leaves_the_page(packs, language, sheet):
    for slide in packs[language].slides(sheet):
        placed = [item for item in (*slide.items, slide.title) if not isinstance(item, Box)]
        for item in placed:
            assert item.left >= 0, (slide.name, item)
            assert item.top >= 0, (slide.name, item)
            assert item.left + item.width <= WIDTH, (slide.name, item)
            assert item.top + item.height <= sheet.height, (slide.name, item)
        for one, other in itertools.combinations(placed, 2):
            beside = one.left + one.width <= other.left + 1 or other.left + other.width <= one.left + 1
            above = one.top + one.height <= other.top + 1 or other.top + other.height <= one.top + 1
            assert beside or above, (slide.name, one, other)


@pytest.mark.parametrize("language", LANGUAGES)
def test_drawn_letters_stay_in_the_room_they_were_given(packs, language):
    pack = packs[language]
    with plain_drawing():
        for number, slide in enumerate(pack.slides(SCREEN)):
            page = Page(slide, SCREEN, pack.images(SCREEN, number), dpi=100, searchable=False)
            renderer = page.canvas.get_renderer()
            for text, (left, top, width, height) in page.texts:
                box = text.get_window_extent(renderer)
                assert box.x0 >= left - 2, (slide.name, text)
                assert box.x1 <= left + width + 2, (slide.name, text)
                assert SCREEN.height - box.y1 >= top - 2, (slide.name, text)
                assert SCREEN.height - box.y0 <= top + height + 2, (slide.name, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_of_the_deck_fit_into_its_boxes_and_cells(decks, language):
    deck = decks[language]
    unit = deck.slide_width / WIDTH
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left + shape.width <= deck.slide_width + Emu(9)
            assert shape.top + shape.height <= deck.slide_height + Emu(9)
            if shape.has_table:
                for row in shape.table.rows:
                    for cell, column in zip(row.cells, shape.table.columns, strict=True):
                        _fits(cell.text_frame, column.width / unit - 2 * CELL_PAD_X, row.height / unit, unit)
            elif shape.has_text_frame and shape.text_frame.text:
                _fits(shape.text_frame, shape.width / unit, shape.height / unit, unit)


def _fits(frame, width, height, unit):
    used = 0.0
    for paragraph in frame.paragraphs:
        run = paragraph.runs[0]
        size = run.font.size / unit
        indent = size if paragraph._p.pPr.get("marL") else 0
        used += len(wrap(run.text, size, width - indent + 0.5, bold=run.font.bold)) * size * LINE
        used += (paragraph.space_after or 0) / unit
    assert used <= height + 2, frame.text


def test_a_picture_has_2000_by_1125_pixels_and_the_papers_their_own_form(packs):
    pack = packs["en"]
    assert {Image.open(io.BytesIO(pack.file(name))).size for name in pack.pictures} == {(2000, 1125)}
    forms = []
    for name in pack.documents[1:]:
        reader = PdfReader(io.BytesIO(pack.file(name)))
        box = reader.pages[0].mediabox
        forms.append((round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)))
        assert reader.metadata.creation_date.strftime("%Y-%m-%d") == pack.facts.surface.manifest["as_of"][:10]
    assert forms[0][0] / forms[0][1] == pytest.approx(16 / 9, abs=0.01)
    assert forms[1] == (297, 210)


def test_the_deck_holds_native_tables_titles_and_described_pictures(decks):
    shapes = [shape for slide in decks["en"].slides for shape in slide.shapes]
    assert sum(shape.has_table for shape in shapes) >= 8
    pictures = [shape for shape in shapes if shape.shape_type == 13]
    assert len(pictures) == 3
    assert all(picture._element.nvPicPr.cNvPr.get("descr") for picture in pictures)
    assert [slide.shapes.title.text for slide in decks["en"].slides][1] == "Map of the week"


def test_a_county_without_data_is_shown_as_unknown_and_breaks_nothing(packs):
    facts = packs["en"].facts
    areas = facts.facts.areas.copy()
    last = areas.index[-1]
    empty = {"expected": np.nan, "low": np.nan, "high": np.nan, "baseline_expected": np.nan, "monitored_share": np.nan}
    areas = areas.astype({"last_count": float, "before_count": float})
    areas.loc[last, [*empty, "last_count", "before_count", "z"]] = np.nan
    areas.loc[last, ["name_zh", "name_en"]] = None
    changed = dataclasses.replace(facts, facts=dataclasses.replace(facts.facts, areas=areas))
    for language in LANGUAGES:
        slide = describe_slides(changed, SCREEN, language)[list(CONTENTS).index("areas")]
        table = next(item for item in slide.items if isinstance(item, Table))
        row = next(row for row in table.rows if row[0] == areas.loc[last, "area_code"])
        assert row[1:7] == ("–", "– – –", "–", "–", "–", "–")
        assert row[7] == {"en": "not known", "zh": "不详"}[language]


def test_a_period_that_was_not_reported_has_no_count_and_no_change(packs):
    facts = packs["en"].facts
    total = dataclasses.replace(facts.facts.total, now=None)
    changed = dataclasses.replace(facts, facts=dataclasses.replace(facts.facts, total=total))
    slides = dict(zip(CONTENTS, describe_slides(changed, SCREEN, "en"), strict=True))
    table = next(item for item in slides["areas"].items if isinstance(item, Table))
    assert {row[4] for row in table.rows[1:]} == {"–"}
    assert "No area changed notably." not in texts_of(slides["headline"])


def test_an_area_with_a_first_forecast_and_nothing_else_has_a_pack_too(ocean):
    first = choose_surface(ocean, list_surfaces(ocean)[0].as_of)
    facts = gather_pack(ocean, first)
    bare = dataclasses.replace(facts, areas=gpd.GeoDataFrame(facts.areas.head(0)), visits=None)
    said = " ".join(itertools.chain(*map(texts_of, describe_slides(bare, SCREEN, "en"))))
    for sentence in (
        "There is no earlier forecast: what changed in it is not known.",
        "No inspection list had been drawn up by then.",
        "No load can be compared: wastewater says nothing about this period.",
        "Not measured yet",
        "This is the first forecast.",
    ):
        assert sentence in said
    assert not [
        item for slide in describe_slides(bare, SCREEN, "en")[2:3] for item in slide.items if isinstance(item, Picture)
    ]


def test_a_name_of_one_long_word_breaks_no_heading():
    head = ["Area", "Expected", "80 % interval", "Baseline"]
    room = (190.0, 100.0, 130.0, 100.0)
    widths = settle_widths(room, [head, ["onerror=document.title=1>", "11", "8 - 14", "10"]], 20)
    assert sum(widths) == pytest.approx(sum(room))
    for text, width in zip(head, widths, strict=True):
        lines = wrap(text, 20, width - 2 * CELL_PAD_X, bold=True)
        assert [word for line in lines for word in line.split()] == text.split()


def test_texts_from_data_are_plain_and_no_formulas(packs):
    assert data_text("=1+1") == "'=1+1"
    assert data_text("@@=alert(1)").startswith("'")
    assert data_text("a\x00b\ud800") == "a b"
    assert data_text("call 13812345678") == "call ***"
    said = [text for slide in packs["en"].slides(SCREEN) for text in texts_of(slide)]
    assert ATTACK in said
    assert not [text for text in said if text.lstrip().startswith(("=", "@"))]


def test_what_became_of_the_last_list_is_counted_from_the_snapshot(packs):
    lists, surface = packs["en"].facts.lists, packs["en"].facts.surface
    previous = packs["en"].facts.facts.previous
    start = pd.Timestamp(previous.manifest["period_start"])
    top = round(len(previous.cells) * 0.05)
    for outcome, column in zip(lists.outcomes, ("rank", "baseline_rank"), strict=True):
        chosen = set(previous.cells.loc[previous.cells[column] <= top, "cell"])
        hits = cases = 0
        for row in surface.table("counts").itertuples():
            if row.period_start == start:
                cases += row.count
                hits += row.count if row.cell in chosen else 0
        assert (outcome.hits, outcome.cases, outcome.cells) == (hits, cases, top)
        assert outcome.low < outcome.share < outcome.high
    assert len(surface.table("periods")) == WEEKS
