"""Frozen colour classes of wastewater loads: a colour means the same load all quarter long, substance by substance.

The breaks of a substance are taken once a quarter, from the levels known at its first forecast (where the top 80, 60,
40, 20 and 5 % of places begin), and are kept in geodata/<area>/scales/loads-<quarter>.json. A substance first measured
later in the quarter is added then; what is kept is not changed. The palette is green to blue, so that nobody takes
this map for that of the risk, and falls in lightness with every class.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskmap.figures.scale import choose_breaks, class_ranges
from riskmap.snapshot import canonical_json, text_sha256, write_text
from riskmap.study import Study

LOAD_PALETTE = ("#e4efd9", "#b3dcc0", "#72bfb4", "#3596a8", "#1d6590", "#172f63")
LOAD_SHARES = (0.80, 0.60, 0.40, 0.20, 0.05)


@dataclass(frozen=True)
class LoadScale:
    """The classes of one substance and quarter: five rising loads, mg/d per 1000 people."""

    scale_id: str
    breaks: tuple[float, ...]

    def classes(self, loads: ArrayLike) -> NDArray[np.int8]:
        """Return the class of each load, 0 (lowest) to 5, shape (n,); -1 where there is none."""
        values = np.asarray(loads, float)
        found = np.searchsorted(self.breaks, values, side="right").astype(np.int8)
        return np.where(np.isnan(values), np.int8(-1), found)

    def entries(self) -> list[tuple[str, str]]:
        """Return the legend's (colour, range of loads), highest class first."""
        return list(zip(LOAD_PALETTE, class_ranges(self.breaks), strict=True))[::-1]


def frozen_load_scale(study: Study, quarter: str, analyte: str, levels: Callable[[], pd.Series]) -> LoadScale | None:
    """Return the scale of a substance in a quarter; the first call makes it from `levels` and keeps it.

    Without any level there is nothing to make classes of, and None is returned. To renew the scales inside a quarter,
    an analyst removes the file; the new ones then have other ids.
    """
    path = study.folder / "scales" / f"loads-{quarter}.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if analyte not in kept:
        values = levels().dropna().to_numpy(float)
        if not len(values):
            return None
        breaks = list(choose_breaks(values, LOAD_SHARES))
        digest = text_sha256(study.id, quarter, analyte, canonical_json(breaks), *LOAD_PALETTE)
        kept[analyte] = {"scale_id": f"{quarter}-{digest[:6]}", "breaks": breaks}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, canonical_json(kept))
    return LoadScale(kept[analyte]["scale_id"], tuple(kept[analyte]["breaks"]))
