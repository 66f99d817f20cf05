"""Dates as people write them, each as the half-open interval that it covers.

"2023-03" is the whole of March, never its first day; "2023-03-05 14:20" is one minute.
"""

from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from riskmap.sources.date_forms import EXCEL_EPOCHS, NAT, Readings, read_dates, read_serials
from riskmap.sources.date_order import Order

LOCAL = "local"
"""A recipe's time zone for sources whose zone labels are wrong: the clock is the study's whatever the label says."""
NAMED_FORMS = ("auto", *EXCEL_EPOCHS)
"""What a recipe may give under [dates] besides strptime forms."""
_LABEL = r"(Z|[+-]\d{2}:?\d{2})$"
_UNIT_MINUTES = {"second": 1 / 60, "minute": 1, "hour": 60, "day": 1440, "week": 7 * 1440}


@dataclass(frozen=True)
class Intervals:
    """`start` and `end` (datetime64[us], NaT where unreadable); how day and month were told apart, by what share;
    `converted` says which rows were written in another zone and now stand in the study's.
    """

    start: pd.Series
    end: pd.Series
    order: Order = ""
    deciding_share: float = 0.0
    converted: pd.Series | None = None


def parse_intervals(texts: pd.Series, formats: list[str], zone: tzinfo, source_zone: str = "") -> Intervals:
    """Return the interval that each text covers, as wall-clock times of `zone`.

    Parameters
    ----------
    texts
        One text a row; blank gives NaT.
    formats
        strptime forms, "auto", "excel1900" and "excel1904", tried in turn on what is left.
    zone
        The study's time zone.
    source_zone
        Zone of times that name none: "" for the study's own, "local" whatever a label says, or an IANA name.
    """
    codes, distinct = pd.factorize(texts.fillna("").str.strip(), use_na_sentinel=False)
    plain = pd.Series(distinct, dtype="str")
    start, end = np.full(len(plain), NAT), np.full(len(plain), NAT)
    converted = np.zeros(len(plain), dtype=bool)
    order: Order = ""
    share = 0.0
    for form in formats:
        left = np.isnat(start) & (plain != "").to_numpy(bool)
        if not left.any():
            break
        read = _read(plain[left], form)
        if read.order:
            order, share = read.order, read.deciding_share
        start[left] = on_the_clock(read, zone, source_zone)
        end[left] = start_to_end(start[left], read.unit)
        converted[left] = (start[left] != read.start) & ~np.isnat(read.start)
    first, last, moved = (pd.Series(values[codes], index=texts.index) for values in (start, end, converted))
    return Intervals(first, last, order, share, moved)


def _read(texts: pd.Series, form: str) -> Readings:
    if form == "auto":
        return read_dates(texts)
    if form in EXCEL_EPOCHS:
        return read_serials(texts, form)
    label = _all(texts, "")
    if form.endswith("%z"):
        label = texts.str.extract(_LABEL)[0].fillna("").to_numpy(object)
        # A text without a label is not of this form.
        texts, form = texts.str.replace(_LABEL, "", regex=True).str.strip().mask(label == ""), form[:-2].strip()
    parsed = pd.to_datetime(texts, format=form, errors="coerce", utc="%z" in form)
    if "%z" in form:
        parsed, label = parsed.dt.tz_localize(None), _all(texts, "Z")
    return Readings(parsed.to_numpy("datetime64[us]"), _all(texts, form_unit(form)), label)


def _all(texts: pd.Series, value: str) -> np.ndarray:
    return np.full(len(texts), value, dtype=object)


def form_unit(form: str) -> str:
    """Return the finest part that a strptime form names."""
    for unit, marks in (("second", "SfTsc"), ("minute", "M"), ("hour", "HI"), ("day", "djxDFu"), ("month", "mbB")):
        if any(f"%{mark}" in form or f"%-{mark}" in form for mark in marks):
            return unit
    return "year"


def start_to_end(start: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return the ends of intervals that begin at `start` and last one of `units`."""
    end = np.full(len(start), NAT)
    for unit, minutes in _UNIT_MINUTES.items():
        chosen = units == unit
        end[chosen] = start[chosen] + np.timedelta64(round(minutes * 60_000_000), "us")
    for unit, months in (("month", 1), ("quarter", 3), ("year", 12)):
        chosen = units == unit
        end[chosen] = (start[chosen].astype("datetime64[M]") + months).astype("datetime64[us]")
    return end


def on_the_clock(read: Readings, zone: tzinfo, source_zone: str) -> np.ndarray:
    """Return the beginnings on the study's clock: days as they stand, times from the zone that they are in."""
    start = read.start.copy()
    if source_zone == LOCAL:
        return start
    timed = np.isin(read.unit, ["hour", "minute", "second"])
    labelled = timed & (read.label != "")
    plain = timed & ~labelled
    start[plain] = to_zone(start[plain], zone, source_zone)
    if labelled.any():
        utc = start[labelled] - _offsets(pd.Series(read.label[labelled], dtype="str"))
        start[labelled] = pd.Series(utc).dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    return start


def _offsets(labels: pd.Series) -> np.ndarray:
    """Return what zone labels (Z, UTC, +08:00, GMT-5, 北京时间) are ahead of UTC, as timedelta64[m]."""
    plain = labels.str.replace("北京时间", "+08:00").str.strip("()")
    digits = plain.str.extract(r"([+-])(\d{1,2}):?(\d{2})?$")
    minutes = pd.to_numeric(digits[1]).fillna(0) * 60 + pd.to_numeric(digits[2]).fillna(0)
    ahead: np.ndarray = (minutes * np.where(digits[0] == "-", -1, 1)).to_numpy("int64").astype("timedelta64[m]")
    return ahead


def to_zone(start: np.ndarray, zone: tzinfo, source_zone: str) -> np.ndarray:
    """Return naive times of `source_zone` as naive times of `zone`."""
    if source_zone in ("", LOCAL) or source_zone == str(zone):
        return start
    times = pd.Series(start).dt.tz_localize(ZoneInfo(source_zone), ambiguous=False, nonexistent="shift_forward")
    return times.dt.tz_convert(zone).dt.tz_localize(None).to_numpy("datetime64[us]")
