"""Periods as whole numbers: days, weeks from Monday, months and quarters since 1970.

Times are wall-clock times of the study's zone, so a period begins at local midnight.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.errors import PanelError
from riskmap.study import Period

PERIODS_PER_YEAR: dict[Period, int] = {"day": 365, "week": 52, "month": 12, "quarter": 4}
_MONDAY_OFFSET = 3  # 1970-01-01 was a Thursday
Index = NDArray[np.int64]


def period_index(times: pd.Series | pd.DatetimeIndex | NDArray[np.datetime64], period: Period) -> Index:
    """Return the number of the period that each time falls in, shape (n,)."""
    stamps = np.asarray(times, dtype="datetime64[us]")
    if np.isnat(stamps).any():
        raise PanelError("A time is missing in {n} of {total} rows.", n=int(np.isnat(stamps).sum()), total=len(stamps))
    if period in ("month", "quarter"):
        months = stamps.astype("datetime64[M]").astype(np.int64)
        return months // 3 if period == "quarter" else months
    days = stamps.astype("datetime64[D]").astype(np.int64)
    return (days + _MONDAY_OFFSET) // 7 if period == "week" else days


def period_starts(index: Index | range, period: Period) -> pd.DatetimeIndex:
    """Return the first moment of each numbered period."""
    numbers = np.asarray(index, dtype=np.int64)
    if period in ("month", "quarter"):
        months = numbers * (3 if period == "quarter" else 1)
        return pd.DatetimeIndex(months.astype("datetime64[M]").astype("datetime64[us]"))
    days = numbers * 7 - _MONDAY_OFFSET if period == "week" else numbers
    return pd.DatetimeIndex(days.astype("datetime64[D]").astype("datetime64[us]"))


def origin_index(known_on: pd.Series | NDArray[np.datetime64], period: Period) -> Index:
    """Return the first period before whose start each record was known, shape (n,).

    A record known exactly at a period's first moment is known to the forecast made then (`known_on <= as_of`).
    """
    stamps = np.asarray(known_on, dtype="datetime64[us]")
    just_before = (stamps - np.timedelta64(1, "us")).astype("datetime64[us]")
    return period_index(just_before, period) + 1


@dataclass(frozen=True)
class Timeline:
    """The periods of a panel: numbers `first` to `first + size - 1`; positions count from 0.

    Position s, used as an origin, is a forecast made at the start of that period; `size` itself is the forecast for
    the first period after the last one.
    """

    first: int
    size: int
    period: Period

    def starts(self) -> pd.DatetimeIndex:
        """Return the first moment of each period and of the one that follows, shape (size + 1,)."""
        return period_starts(range(self.first, self.first + self.size + 1), self.period)

    def position(self, moment: pd.Timestamp) -> int:
        """Return the position of the period that `moment` falls in; may lie outside 0..size."""
        return int(period_index(np.array([moment], dtype="datetime64[us]"), self.period)[0]) - self.first

    @property
    def per_year(self) -> int:
        """Periods in a year."""
        return PERIODS_PER_YEAR[self.period]

    def season(self) -> NDArray[np.float64]:
        """Return the share of the year gone at each position 0..size, shape (size + 1,)."""
        starts = self.starts()
        days_in_year = np.where(starts.is_leap_year, 366.0, 365.0)
        return (starts.day_of_year.to_numpy() - 1) / days_in_year
