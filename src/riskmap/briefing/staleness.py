"""Whether what is shown is still of use: a screen on a wall looks as fresh after a year as on its first day."""

import numpy as np
import pandas as pd

from riskmap.figures.words import format_day
from riskmap.language import Text
from riskmap.panel.periods import period_index
from riskmap.study import Study
from riskmap.surface.publish import Surface

LONGEST_PERIODS = 2
"""Full periods that may have passed since the data cut-off; sources report a period or two late."""


def staleness(study: Study, surface: Surface, now: pd.Timestamp, language: str) -> list[Text]:
    """Return why a forecast is no longer of use at `now` (wall clock of the study's zone); empty for a fresh one.

    It is stale where its period is over, and where its newest record is of a period more than LONGEST_PERIODS before
    the present one, or of no known time.
    """
    found = []
    end, cut_off = pd.Timestamp(surface.manifest["period_end"]), surface.manifest.get("data_cut_off")
    if end <= now:
        days = (now.normalize() - end.normalize()).days
        last = format_day(end - pd.Timedelta(days=1), language)
        found.append(Text("Forecast ended {day} ({n} d ago).", {"day": last, "n": days + 1}))
    if cut_off is None or pd.isna(cut_off):
        return [*found, Text("It is not known until when the data reaches.")]
    moments = np.array([pd.Timestamp(cut_off), now], dtype="datetime64[us]")
    newest, present = period_index(moments, study.period)
    if present - newest > LONGEST_PERIODS:
        days = (now.normalize() - pd.Timestamp(cut_off).normalize()).days
        values = {"day": format_day(cut_off, language), "n": days}
        found.append(Text("Newest data {day} ({n} d old).", values))
    return found
