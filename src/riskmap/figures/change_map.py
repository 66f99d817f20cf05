"""By how many classes of the frozen scale each cell rose or fell between two forecasts."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmap.figures.legend import LegendEntry
from riskmap.figures.scale import NOT_REPORTED, Scale
from riskmap.figures.static_map import DrawnCells, fill_cells
from riskmap.language import Text

STEPS = {2: "#b34700", 1: "#f2a65a", 0: "#efe8d8", -1: "#9cc3e4", -2: "#1b5a9a"}
"""Orange against blue, which no kind of colour blindness confuses; none is a colour of the classes but the lowest."""
WORDS = {
    2: Text("up two classes or more"),
    1: Text("up one class"),
    0: Text("same class"),
    -1: Text("down one class"),
    -2: Text("down two classes or more"),
}
NOT_BEFORE = Text("not in the forecast before")


def class_steps(now: DrawnCells, before: DrawnCells, scale: Scale) -> pd.Series:
    """Return for each cell of `now` its class less the one before, -2 to 2; missing where `before` lacks the cell.

    Both are classed by the one scale given, so that a new quarter's classes are no change.
    """
    classes = pd.Series(scale.classes(now.cells["expected"], now.resolution), index=now.cells["cell"]).astype(float)
    known = pd.Series(scale.classes(before.cells["expected"], now.resolution), index=before.cells["cell"])
    return (classes - known.reindex(classes.index)).clip(-2, 2)


def draw_steps(axes: Axes, steps: pd.Series) -> None:
    """Paint the cells in the colour of their step."""
    names = steps.fillna(99).to_numpy(int)
    palette = {**STEPS, 99: NOT_REPORTED}
    fill_cells(axes, steps.index.to_numpy(np.uint64), np.array([palette[step] for step in names]))


def step_entries(*, missing: bool) -> list[LegendEntry]:
    """Return the legend of the steps, with what lacks a forecast before where some are `missing`."""
    entries = [LegendEntry("box", colour, colour, WORDS[step]) for step, colour in STEPS.items()]
    return entries + ([LegendEntry("box", NOT_REPORTED, NOT_REPORTED, NOT_BEFORE)] if missing else [])
