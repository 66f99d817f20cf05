"""Frozen colour classes: a colour means the same expected count all quarter long.

Six classes of the expected count per cell and period. Their breaks are taken once a quarter, from the quarter's first
surface, where its top 1, 2, 5, 10 and 20 % of cells begin (the bands in which skill is scored), and are kept in
geodata/<area>/scales/<quarter>.json. Classes by count and not by rank: ranks always colour one cell in a hundred dark
red, in a quiet week too, so that nobody could see a week get better. Each resolution that a map may roll up to has
its own breaks, because a larger cell holds more.

The palette runs from paper to dark red to violet, falling in lightness with every class, so that it can be read in
grey, by colour-blind people, and on a beamer. Maps always lie on the same light paper, on light and on dark pages.
What has no forecast has no class: grey is *not reported*, dots are *not monitored*; neither is ever the colour of a
low count.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskmap.grid.cells import cell_areas_km2, parents_of
from riskmap.language import Text
from riskmap.snapshot import canonical_json, text_sha256, write_text
from riskmap.study import Study
from riskmap.surface.publish import Surface, list_surfaces, read_surface

PALETTE = ("#efe8d8", "#fbcf78", "#fba04f", "#e45a32", "#b0193f", "#5a0a4d")
PAPER = "#fbfaf6"
INK = "#14202b"
NOT_REPORTED = "#9aa3ab"
NOT_MONITORED = "#5d6b78"
SHARES = (0.20, 0.10, 0.05, 0.02, 0.01)
# Four steps of resolution up, 2,401 cells become one: a province at resolution 8 is drawn from about 14,000 cells at 6.
ROLL_UPS = 4


@dataclass(frozen=True)
class Scale:
    """The classes of one study and quarter; `breaks` holds five rising expected counts for each resolution."""

    scale_id: str
    breaks: dict[int, tuple[float, ...]]

    def classes(self, expected: ArrayLike, resolution: int) -> NDArray[np.int8]:
        """Return the class of each expected count, 0 (lowest) to 5, shape (n,)."""
        return np.searchsorted(self.breaks[resolution], np.asarray(expected, float), side="right").astype(np.int8)

    def lower_bounds(self, resolution: int) -> list[str]:
        """Return where each class begins, highest first; of the lowest one where it ends."""
        edges = [format_count(value) for value in self.breaks[resolution]]
        return [f"< {edges[0]}", *(f"≥ {edge}" for edge in edges)][::-1]

    def entries(self, resolution: int) -> list[tuple[str, str]]:
        """Return the legend's (colour, range of expected counts), highest class first."""
        return list(zip(PALETTE, class_ranges(self.breaks[resolution]), strict=True))[::-1]


def class_ranges(breaks: Sequence[float]) -> list[str]:
    """Return the range of each class in words, lowest first."""
    edges = [format_count(value) for value in breaks]
    return [f"< {edges[0]}", *(f"{low} – {high}" for low, high in pairwise(edges)), f"≥ {edges[-1]}"]


def rgb(colour: str) -> list[int]:
    """Return [red, green, blue], 0 to 255, of a colour written #rrggbb."""
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def format_count(value: float) -> str:
    """Return an expected count with two digits that matter, whole from ten on, never in powers of ten."""
    if value >= 9.95:
        return f"{value:,.0f}"
    return np.format_float_positional(value, precision=2, fractional=False, trim="-") if value > 0 else "0"


def quarter_of(period_start: pd.Timestamp) -> str:
    """Return the quarter a period begins in, such as 2026Q1."""
    return f"{period_start.year}Q{period_start.quarter}"


def roll_up(cells: pd.DataFrame, resolution: int) -> pd.DataFrame:
    """Return the surface summed over parent cells, sorted by cell; counts add, the best rank stays.

    `cells` counts how many cells a row stands for, `monitored` is the share of them that a catchment covers.
    """
    parent = parents_of(cells["cell"].to_numpy(), resolution)
    frame = cells.assign(cell=parent, cells=1, monitored=cells["monitored"].astype(float))
    rules = {"expected": "sum", "baseline_expected": "sum", "rank": "min", "monitored": "mean", "cells": "sum"}
    return frame.groupby("cell", sort=True).agg(rules).reset_index()


def draw_resolution(resolution: int, cells: int, most: int) -> int:
    """Return the finest resolution at which `cells` cells, rolled up seven to one, are at most `most`."""
    steps = max(math.ceil(math.log(max(cells, 1) / most, 7)), 0)
    return max(resolution - steps, 0)


def choose_breaks(expected: NDArray[np.float64], shares: Sequence[float] = SHARES) -> tuple[float, ...]:
    """Return rising breaks, to two digits: where the top 20, 10, 5, 2 and 1 % begin, or other falling `shares`."""
    if not len(expected):
        expected = np.zeros(1)
    raw = np.quantile(expected, [1 - share for share in shares])
    smallest = max(float(expected.max()) * 1e-3, 1e-6)
    breaks: list[float] = []
    for value in raw:
        # Ties (few distinct counts) would leave classes without a width.
        floor = breaks[-1] * 1.2 if breaks else smallest
        breaks.append(float(f"{max(value, floor):.2g}"))
    return tuple(breaks)


def make_scale(cells: pd.DataFrame, resolution: int, *key: str) -> Scale:
    """Return the scale that the surface `cells` gives; the same cells and key give the same id."""
    breaks = {resolution: choose_breaks(cells["expected"].to_numpy())}
    for coarser in range(resolution - 1, max(resolution - ROLL_UPS, 0) - 1, -1):
        breaks[coarser] = choose_breaks(roll_up(cells, coarser)["expected"].to_numpy())
    digest = text_sha256(*key, canonical_json(breaks), *PALETTE)
    return Scale(f"{key[-1]}-{digest[:6]}" if key else digest[:6], breaks)


def scale_path(study: Study, quarter: str) -> Path:
    """Return where the study keeps the classes of `quarter`."""
    return study.folder / "scales" / f"{quarter}.json"


def frozen_scale(study: Study, period_start: pd.Timestamp, first_cells: pd.DataFrame) -> Scale:
    """Return the quarter's scale; the first call of a quarter makes it from `first_cells` and keeps it.

    To renew a scale inside its quarter, an analyst removes the file; the new one then has another id.
    """
    quarter = quarter_of(period_start)
    path = scale_path(study, quarter)
    if not path.is_file():
        scale = make_scale(first_cells, study.resolution, study.id, study.period, quarter)
        path.parent.mkdir(parents=True, exist_ok=True)
        breaks = {str(resolution): list(values) for resolution, values in scale.breaks.items()}
        write_text(path, canonical_json({"scale_id": scale.scale_id, "breaks": breaks, "palette": list(PALETTE)}))
    stored = json.loads(path.read_text(encoding="utf-8"))
    return Scale(stored["scale_id"], {int(key): tuple(values) for key, values in stored["breaks"].items()})


def published_scale(study: Study, surface: Surface) -> Scale:
    """Return the frozen scale of the surface's quarter, made from the first surface published for that quarter.

    Readers of a part of the area see the classes of the whole: one colour means one count to everybody.
    """
    start = pd.Timestamp(surface.manifest["period_start"])
    same = [info for info in list_surfaces(study) if quarter_of(info.period_start) == quarter_of(start)]
    first = surface
    if same and not scale_path(study, quarter_of(start)).is_file():
        first = read_surface(study.whole(), same[0].snapshot_id)
    return frozen_scale(study, start, first.cells)


def typical_area_km2(cells: NDArray[np.uint64]) -> float:
    """Return the median area of (the first) cells, km2."""
    return float(np.median(cell_areas_km2(cells[:2000]))) if len(cells) else 0.0


def cell_size(resolution: int, area_km2: float) -> Text:
    """Return how large a cell of the drawn resolution typically is, in words."""
    area = format_count(area_km2)
    return Text("H3 resolution {resolution}, {area} km² a cell", {"resolution": resolution, "area": area})
