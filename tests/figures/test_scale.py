import json

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from riskmap.figures.scale import (
    PALETTE,
    Scale,
    choose_breaks,
    draw_resolution,
    format_count,
    frozen_scale,
    make_scale,
    quarter_of,
    rgb,
    roll_up,
    scale_path,
)
from riskmap.grid.cells import cells_of_polygon
from riskmap.study import Study


@pytest.fixture
def study(tmp_path):
    made = Study(id="sea", resolution=7, period="week", timezone="UTC", home=tmp_path)
    made.folder.mkdir(parents=True)
    return made


def surface(factor=1.0):
    cells = cells_of_polygon(box(0, 0, 0.5, 0.5), 7)
    expected = factor * np.linspace(0.001, 1, len(cells))
    rank = np.arange(len(cells), 0, -1)
    return pd.DataFrame(
        {"cell": cells, "expected": expected, "baseline_expected": expected, "rank": rank, "monitored": True}
    )


def test_breaks_lie_where_the_top_shares_begin():
    # 0, 0.01, ..., 1: the top 20 % begin at 0.80, 10 % at 0.90, 5 % at 0.95, 2 % at 0.98, 1 % at 0.99;
    # each is raised to 1.2 times the one before, so that no class is too thin to be seen: 0.96, 1.2, 1.4, 1.7.
    assert choose_breaks(np.linspace(0, 1, 101)) == (0.8, 0.96, 1.2, 1.4, 1.7)


def test_breaks_rise_even_where_all_cells_are_equal_or_zero():
    for values in (np.zeros(10), np.full(10, 0.3), np.array([])):
        breaks = choose_breaks(values)
        assert len(breaks) == 5
        assert np.all(np.diff(breaks) > 0)


def test_a_count_on_a_break_belongs_to_the_class_above():
    scale = Scale("s", {8: (0.1, 0.2, 0.3, 0.4, 0.5)})
    assert list(scale.classes([0.0, 0.1, 0.19, 0.5, 9.0], 8)) == [0, 1, 1, 5, 5]


def test_the_same_surface_gives_the_same_scale_id_and_another_one_another():
    first = make_scale(surface(), 7, "sea", "2026Q1")
    assert make_scale(surface(), 7, "sea", "2026Q1") == first
    assert make_scale(surface(2), 7, "sea", "2026Q1").scale_id != first.scale_id
    assert make_scale(surface(), 7, "lake", "2026Q1").scale_id != first.scale_id


def test_a_scale_stays_frozen_within_its_quarter_and_is_new_in_the_next(study):
    january, march, april = (pd.Timestamp(day) for day in ("2026-01-05", "2026-03-30", "2026-04-06"))
    first = frozen_scale(study, january, surface())
    assert frozen_scale(study, march, surface(5)) == first
    assert frozen_scale(study, april, surface(5)) != first
    stored = json.loads(scale_path(study, "2026Q1").read_text(encoding="utf-8"))
    assert stored["scale_id"] == first.scale_id
    assert stored["palette"] == list(PALETTE)


def test_rolling_up_keeps_totals_and_the_best_rank():
    cells = surface()
    rolled = roll_up(cells, 5)
    assert len(rolled) < len(cells)
    assert rolled["expected"].sum() == pytest.approx(cells["expected"].sum())
    assert rolled["cells"].sum() == len(cells)
    assert rolled["rank"].min() == 1


def test_the_palette_darkens_with_every_class():
    lightness = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(rgb, PALETTE)]
    assert lightness == sorted(lightness, reverse=True)
    assert len(set(PALETTE)) == 6


# Viénot, Brettel and Mollon 1999 as linear-RGB matrices (Machado 2009 forms, severity 1).
BLINDNESS = {
    "deutan": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "protan": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "tritan": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


@pytest.mark.parametrize("kind", BLINDNESS)
def test_neighbouring_classes_differ_for_colour_blind_readers(kind):
    colours = np.array([rgb(colour) for colour in PALETTE]) / 255
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(BLINDNESS[kind]).T, 0, 1)
    luminance = 116 * np.cbrt(seen @ np.array([0.2126, 0.7152, 0.0722]).clip(1e-9)) - 16
    # Five steps of CIE lightness between neighbours can be told apart side by side.
    assert np.all(-np.diff(luminance) >= 5)


def test_counts_are_written_without_powers_of_ten():
    written = [format_count(value) for value in (0, 0.00012345, 0.034, 0.5, 2.345, 9.96, 12.6, 1234.5)]
    assert written == ["0", "0.00012", "0.034", "0.5", "2.3", "10", "13", "1,234"]


def test_quarters_are_named_by_the_period_start():
    assert [quarter_of(pd.Timestamp(day)) for day in ("2026-01-01", "2026-03-31", "2026-12-28")] == [
        "2026Q1",
        "2026Q1",
        "2026Q4",
    ]


@pytest.mark.parametrize(("cells", "resolution"), [(1, 8), (20_000, 8), (20_001, 7), (140_001, 6), (664_507, 6)])
def test_pictures_are_drawn_at_the_finest_resolution_that_shows(cells, resolution):
    assert draw_resolution(8, cells, 20_000) == resolution


def test_bounds_of_classes_are_the_edges_of_their_ranges():
    scale = Scale("x", {8: (0.1, 0.2, 0.3, 0.4, 0.5)})
    assert scale.lower_bounds(8) == ["≥ 0.5", "≥ 0.4", "≥ 0.3", "≥ 0.2", "≥ 0.1", "< 0.1"]
    assert len(scale.lower_bounds(8)) == len(scale.entries(8))
