"""Which periods hold public holidays of the area's country: their counts are not like those of other periods.

Offices close, people travel and registers catch up later, so that a holiday week is low and the week after it high
without anything having changed. Such periods are flagged, not corrected.
"""

import re

import numpy as np
import pandas as pd
from babel.core import get_global
from numpy.typing import NDArray

from riskmap.study import Study

PERIODS_WITH_FLAGS = ("day", "week")
"""Hardly a month is without a holiday, so a flag on months would say nothing."""
_REMARK = re.compile(r"\s*[(（].*?[)）]")
_MOVED = re.compile(r"[(（].*\d")
"""A working day made free and worked on another date: it belongs to the festival beside it."""
_LOCALES = {"zh": "zh_CN", "en": "en_US"}


def flag_holidays(starts: pd.DatetimeIndex, study: Study) -> pd.DataFrame:
    """Return the holidays in each period that begins at `starts` and ends at the next, shape (len(starts) - 1, 2).

    Columns `holidays_zh` and `holidays_en` hold names, joined by commas, and "" where there is none. The country is
    that of the study's time zone; where a language is not known of a country, its own names stand (package holidays).
    """
    names = {f"holidays_{language}": _names(starts, study, language) for language in _LOCALES}
    return pd.DataFrame(names, dtype="str")


def count_holidays(starts: pd.DatetimeIndex, study: Study) -> NDArray[np.float64] | None:
    """Return how many days of each period, from one of `starts` to the next, are public holidays.

    Returns
    -------
    Shape (len(starts) - 1,); None where the holidays of the area's country are not known.
    """
    days = _holidays(starts, study)
    if days is None:
        return None
    counted = np.diff(pd.DatetimeIndex(days.index).searchsorted(starts, side="left"))
    return counted.astype(float)


def _holidays(starts: pd.DatetimeIndex, study: Study, locale: str | None = None) -> pd.Series | None:
    """Return names of the public holidays in the years of `starts`, by day; None where those of the country are not
    known."""
    import holidays  # takes a good part of a second, and the pages never ask

    country = get_global("zone_territories").get(study.timezone)
    if country not in holidays.list_supported_countries():
        return None
    years = range(starts[0].year, starts[-1].year + 1)
    return pd.Series(holidays.country_holidays(country, years=years, language=locale)).sort_index()


def _names(starts: pd.DatetimeIndex, study: Study, language: str) -> list[str]:
    days = _holidays(starts, study, _LOCALES[language]) if study.period in PERIODS_WITH_FLAGS else None
    if days is None:
        return [""] * (len(starts) - 1)
    position = starts.searchsorted(pd.DatetimeIndex(days.index), side="right") - 1
    comma = "、" if language == "zh" else ", "
    moved = days.str.contains(_MOVED)
    names = days.str.replace(_REMARK, "", regex=True)
    found = names[moved].groupby(position[moved]).unique().to_dict()
    found |= names[~moved].groupby(position[~moved]).unique().to_dict()
    return [comma.join(found.get(number, ())) for number in range(len(starts) - 1)]
