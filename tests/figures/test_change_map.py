import numpy as np
import pandas as pd

from riskmap.figures.change_map import class_steps, step_entries
from riskmap.figures.scale import Scale
from riskmap.figures.static_map import DrawnCells

SCALE = Scale("2026Q1-abc", {8: (1.0, 2.0, 3.0, 4.0, 5.0)})


def drawn(**expected):
    cells = pd.DataFrame({"cell": np.array([int(name[1:]) for name in expected], np.uint64)})
    return DrawnCells(cells.assign(expected=list(expected.values())), 8)


def test_a_step_is_the_class_now_less_the_class_before_and_unknown_where_there_was_none():
    now = drawn(c1=0.5, c2=1.5, c3=9.0, c4=0.1, c5=1.0)
    before = drawn(c2=0.5, c1=0.9, c3=0.0, c4=2.5)
    steps = class_steps(now, before, SCALE)
    assert steps.iloc[:4].tolist() == [0.0, 1.0, 2.0, -2.0]
    assert np.isnan(steps.iloc[4])
    assert len(step_entries(missing=True)) == 6
    assert len(step_entries(missing=False)) == 5
