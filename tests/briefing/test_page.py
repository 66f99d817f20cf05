import itertools

import pandas as pd
import pytest
from PIL import Image

from riskmap.briefing.facts import gather_facts
from riskmap.briefing.page import choose_surface, draw_brief, write_brief
from riskmap.briefing.paper import Paper, plain_drawing
from riskmap.errors import SnapshotError
from riskmap.figures.scale import published_scale
from riskmap.surface.publish import list_surfaces, read_surface


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_brief_is_a_png_of_2000_by_1125_and_a_pdf_and_always_the_same_bytes(ocean, tmp_path, language):
    first = write_brief(ocean, tmp_path / "first", language=language)
    second = write_brief(ocean, tmp_path / "second", language=language)
    assert [path.name for path in first] == [f"brief-{language}.png", f"brief-{language}.pdf"]
    assert Image.open(first[0]).size == (2000, 1125)
    assert first[1].read_bytes().startswith(b"%PDF")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_texts_neither_overlap_nor_leave_the_page(ocean, language):
    with plain_drawing():
        surface = read_surface(ocean)
        paper = draw_brief(gather_facts(ocean, surface), published_scale(ocean, surface), language)
        paper.canvas.draw()
        boxes = [(text.get_text(), text.get_window_extent()) for text in paper.texts if text.get_text().strip()]
    assert len(boxes) > 40
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.x1 <= 2000, text
        assert box.y0 >= 0, text
        assert box.y1 <= 1125, text
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        # A line's box holds the font's full height; neighbours in one table may touch by the leading.
        assert not first.padded(-3).overlaps(second.padded(-3)), (one, other)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_says_where_its_numbers_come_from(ocean, language):
    with plain_drawing():
        surface = read_surface(ocean)
        scale = published_scale(ocean, surface)
        texts = " ".join(t.get_text() for t in draw_brief(gather_facts(ocean, surface), scale, language).texts)
    for part in (surface.snapshot_id, scale.scale_id, "SIMULATED / 模拟数据", ocean.name(language)):
        assert part in texts
    assert {"zh": "数据截止 2025年12月28日", "en": "Data cut-off 2025-12-28"}[language] in texts


def test_real_data_is_not_called_simulated(ocean):
    real = ocean.model_copy(update={"simulated": False})
    with plain_drawing():
        surface = read_surface(ocean)
        paper = draw_brief(gather_facts(real, surface), published_scale(ocean, surface), "en")
    assert "SIMULATED" not in " ".join(text.get_text() for text in paper.texts)


def test_a_brief_of_an_earlier_moment_shows_the_surface_of_then(ocean):
    infos = list_surfaces(ocean)
    chosen = choose_surface(ocean, infos[0].as_of + pd.Timedelta(days=3))
    assert chosen.snapshot_id == infos[0].snapshot_id
    with pytest.raises(SnapshotError, match="has no surface"):
        choose_surface(ocean, pd.Timestamp("2020-01-01"))


def test_lines_break_between_chinese_characters_and_between_english_words():
    with plain_drawing():
        paper = Paper(400, 200)
        chinese = paper.wrap("本周期预期一百三十六起，基线一百二十二起。", 14, 120)
        english = paper.wrap("Expected this period: 136 cases", 14, 120)
    assert "".join(chinese) == "本周期预期一百三十六起，基线一百二十二起。"
    assert len(chinese) > 1
    assert not any(line[0] in "，。" for line in chinese)
    assert " ".join(english) == "Expected this period: 136 cases"


def test_text_that_is_too_wide_is_cut_with_an_ellipsis():
    with plain_drawing():
        paper = Paper(400, 200)
        short = paper.shorten("<img src=x onerror=alert(1)>", 14, 100)
        assert short.endswith("…")
        assert paper.text_width(short, 14) <= 100
        assert paper.shorten("ab", 14, 100) == "ab"


def test_formulas_of_typesetting_in_names_are_drawn_as_they_stand():
    with plain_drawing():
        paper = Paper(400, 200)
        paper.write(10, 10, r"$\frac{1}{2", 14)
        paper.canvas.draw()
    assert paper.texts[0].get_text() == r"$\frac{1}{2"
