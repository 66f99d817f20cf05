import json

import numpy as np
import pandas as pd
import pytest

from riskmap.figures.load_scale import LOAD_PALETTE, LoadScale, frozen_load_scale
from riskmap.figures.scale import PALETTE, rgb
from riskmap.study import Study


@pytest.fixture
def study(tmp_path):
    return Study(id="sea", resolution=8, period="week", timezone="Asia/Shanghai", home=tmp_path)


def test_classes_are_kept_all_quarter_long_whatever_is_measured_then(study):
    first = frozen_load_scale(study, "2025Q4", "ketamine", lambda: pd.Series([10.0, 20, 30, 40, 50]))
    later = frozen_load_scale(study, "2025Q4", "ketamine", lambda: pd.Series([900.0] * 5))
    assert first == later
    # the top 80, 60, 40, 20 and 5 % of 10 to 50, linear between them, to two digits
    assert first.breaks == (18.0, 26.0, 34.0, 42.0, 50.0)
    assert frozen_load_scale(study, "2026Q1", "ketamine", lambda: pd.Series([900.0] * 5)).scale_id != first.scale_id


def test_a_substance_measured_later_joins_without_moving_the_others(study):
    first = frozen_load_scale(study, "2025Q4", "ketamine", lambda: pd.Series([1.0, 2.0]))
    assert frozen_load_scale(study, "2025Q4", "mdma", lambda: pd.Series([np.nan])) is None
    other = frozen_load_scale(study, "2025Q4", "mdma", lambda: pd.Series([7.0, np.nan]))
    kept = json.loads((study.folder / "scales" / "loads-2025Q4.json").read_text())
    assert {name: entry["scale_id"] for name, entry in kept.items()} == {
        "ketamine": first.scale_id,
        "mdma": other.scale_id,
    }


def test_a_load_has_the_class_of_its_range_and_no_load_has_none():
    scale = LoadScale("x", (1.0, 2.0, 3.0, 4.0, 5.0))
    assert scale.classes([0.5, 1.0, 4.9, 5.0, np.nan]).tolist() == [0, 1, 4, 5, -1]
    assert scale.entries()[0] == (LOAD_PALETTE[-1], "≥ 5")
    assert scale.entries()[-1] == (LOAD_PALETTE[0], "< 1")


def test_the_palette_darkens_and_shares_no_colour_with_that_of_the_risk():
    lightness = [np.dot(rgb(colour), (0.2126, 0.7152, 0.0722)) for colour in LOAD_PALETTE]
    assert min(-np.diff(lightness)) > 20
    assert not set(LOAD_PALETTE) & set(PALETTE)
