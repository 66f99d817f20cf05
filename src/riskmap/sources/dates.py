"""Dates as people write them, each as the half-open interval that it covers.

"2023-03" is the whole of March, never its first day; "2023-03-05 14:20" is one minute.
"""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from riskmap.sources.numbers import normalise

Order = Literal["", "day_first", "month_first", "undecided", "mixed"]
LOCAL = "local"
"""A recipe's time zone for sources whose zone labels are wrong: the clock is the study's whatever the label says."""

_TIME = r"(?:(?:[T ]+|(?<=日))(?P<hour>\d{1,2})(?::|时|点)(?P<minute>\d{1,2})"
_TIME += r"(?:(?::|分)(?P<second>\d{1,2})(?:\.\d+)?)?[秒分]?)?"
_ZONE = r"\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?"
_YEAR_FIRST = (
    rf"^(?P<year>\d{{4}})(?:[-/.]|年)(?P<month>\d{{1,2}})(?:(?:[-/.]|月)(?P<day>\d{{1,2}})日?{_TIME}{_ZONE}|月)?$"
)
_COMPACT = r"^(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?:(?P<day>\d{2})"
_COMPACT += r"(?:(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?)?$"
_QUARTER = r"^(?P<year>\d{4})\s*(?:-?\s*[Qq]|年第?)(?P<quarter>[1-4一二三四])(?:季度)?$"
_YEAR = r"^(?P<year>(?:19|20)\d{2})年?$"
_YEAR_LAST = r"^(?P<first>\d{1,2})[-/.](?P<second_part>\d{1,2})[-/.](?P<year>\d{4}|\d{2})"
_YEAR_LAST += rf"{_TIME}\s*(?P<half>[AaPp][Mm])?$"
_QUICK = {
    r"^\d{4}-\d{2}-\d{2}$": "%Y-%m-%d",
    r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$": "%Y-%m-%d %H:%M",
    r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$": "%Y-%m-%d %H:%M:%S",
    r"^\d{4}/\d{1,2}/\d{1,2}$": "%Y/%m/%d",
    r"^\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}$": "%Y/%m/%d %H:%M",
}
"""Forms that whole columns are mostly in, read ten times faster than by taking them apart."""
_SERIAL = r"^(?P<serial>\d{5}(?:\.\d+)?)$"
_UNIT_MINUTES = {"second": 1 / 60, "minute": 1, "hour": 60, "day": 1440}
_CHINESE_DIGITS = {"一": "1", "二": "2", "三": "3", "四": "4"}
EXCEL_EPOCH = np.datetime64("1899-12-30", "us")
"""Day 0 of Excel's 1900 system for days after its invented 29 February 1900."""
NAT = np.datetime64("NaT", "us")


@dataclass(frozen=True)
class Intervals:
    """`start` and `end` (datetime64[us], NaT where unreadable); how day and month were told apart, by what share."""

    start: pd.Series
    end: pd.Series
    order: Order = ""
    deciding_share: float = 0.0


def parse_intervals(texts: pd.Series, formats: list[str], zone: tzinfo, source_zone: str = "") -> Intervals:
    """Return the interval that each text covers, as wall-clock times of `zone`.

    Parameters
    ----------
    texts
        One text a row; blank gives NaT.
    formats
        strptime forms and "auto", tried in turn on what is left.
    zone
        The study's time zone.
    source_zone
        Zone of times that name none: "" for the study's own, "local" whatever a label says, or an IANA name.
    """
    codes, distinct = pd.factorize(texts.fillna("").str.strip(), use_na_sentinel=False)
    frame = pd.DataFrame({"text": pd.Series(distinct, dtype="str")})
    start = np.full(len(frame), NAT)
    end = np.full(len(frame), NAT)
    order: Order = ""
    share = 0.0
    for form in formats:
        left = np.isnat(start) & (frame["text"] != "").to_numpy(bool)
        if not left.any():
            break
        if form == "auto":
            start[left], end[left], order, share = _parse_auto(frame["text"][left], zone, source_zone)
        else:
            start[left], end[left] = _parse_form(frame["text"][left], form, zone, source_zone)
    return Intervals(pd.Series(start[codes], index=texts.index), pd.Series(end[codes], index=texts.index), order, share)


def _parse_form(texts: pd.Series, form: str, zone: tzinfo, source_zone: str) -> tuple[np.ndarray, np.ndarray]:
    labelled = "%z" in form
    parsed = pd.to_datetime(texts, format=form, errors="coerce", utc=labelled)
    if labelled:
        local = parsed.dt.tz_localize(None) if source_zone == LOCAL else parsed.dt.tz_convert(zone).dt.tz_localize(None)
        start = local.to_numpy("datetime64[us]")
    else:
        start = to_zone(parsed.to_numpy("datetime64[us]"), zone, source_zone)
    return start, start_to_end(start, np.full(len(start), form_unit(form)))


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


def to_zone(start: np.ndarray, zone: tzinfo, source_zone: str) -> np.ndarray:
    """Return naive times of `source_zone` as naive times of `zone`."""
    if source_zone in ("", LOCAL) or source_zone == str(zone):
        return start
    times = pd.Series(start).dt.tz_localize(ZoneInfo(source_zone), ambiguous=False, nonexistent="shift_forward")
    return times.dt.tz_convert(zone).dt.tz_localize(None).to_numpy("datetime64[us]")


def _parse_auto(texts: pd.Series, zone: tzinfo, source_zone: str) -> tuple[np.ndarray, np.ndarray, Order, float]:
    plain = normalise(texts).reset_index(drop=True)
    start = np.full(len(plain), NAT)
    units = np.full(len(plain), "", dtype=object)
    order: Order = ""
    share = 0.0
    for pattern, form in _QUICK.items():
        rows = np.flatnonzero((units == "") & plain.str.match(pattern).to_numpy(bool))
        if len(rows):
            parsed = pd.to_datetime(plain.iloc[rows], format=form, errors="coerce").to_numpy("datetime64[us]")
            unit = form_unit(form)
            start[rows] = parsed if unit == "day" else to_zone(parsed, zone, source_zone)
            units[rows] = unit
    for pattern in (_YEAR_FIRST, _COMPACT, _QUARTER, _YEAR, _SERIAL, _YEAR_LAST):
        left = np.flatnonzero(units == "")
        if not len(left):
            break
        parts = plain.iloc[left].str.extract(pattern)
        matched = parts.iloc[:, 0].notna().to_numpy(bool)
        if not matched.any():
            continue
        rows, parts = left[matched], parts[matched]
        if "second_part" in parts:
            parts, order, share = _decide_order(parts)
        start[rows], units[rows] = _assemble(parts, zone, source_zone)
    return start, start_to_end(start, units), order, share


def _assemble(parts: pd.DataFrame, zone: tzinfo, source_zone: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the beginning and the unit of each row of matched parts; NaT where there is no such day."""
    if "serial" in parts:
        return _from_serial(parts["serial"].astype("float64").to_numpy())
    numbers = {name: pd.to_numeric(parts[name], errors="coerce").to_numpy("float64")
               for name in ("year", "month", "day", "hour", "minute", "second") if name in parts}  # fmt: skip
    if "quarter" in parts:
        quarter = parts["quarter"].replace(_CHINESE_DIGITS).astype("float64").to_numpy()
        numbers["month"] = quarter * 3 - 2
    if "half" in parts:
        numbers["hour"] = _hour_of_day(numbers["hour"], parts["half"])
    units = np.full(len(parts), "quarter" if "quarter" in parts else "year", dtype=object)
    for unit in ("month", "day", "hour", "minute", "second"):
        if unit in numbers and not (unit == "month" and "quarter" in parts):
            units[~np.isnan(numbers[unit])] = unit
    start = _compose(numbers)
    if "zone" in parts and parts["zone"].notna().any() and source_zone != LOCAL:
        return _from_labelled(start, parts["zone"], zone, source_zone), units
    timed = np.isin(units, ["hour", "minute", "second"])
    start[timed] = to_zone(start[timed], zone, source_zone)
    return start, units


def _compose(numbers: dict[str, np.ndarray]) -> np.ndarray:
    def part(name: str, missing: float) -> np.ndarray:
        values = numbers.get(name)
        shape = numbers["year"].shape
        return np.full(shape, missing) if values is None else np.where(np.isnan(values), missing, values)

    year, month, day = part("year", 1), part("month", 1), part("day", 1)
    hour, minute, second = part("hour", 0), part("minute", 0), part("second", 0)
    fits = (month >= 1) & (month <= 12) & (day >= 1) & (hour <= 24) & (minute < 60) & (second < 60) & (year >= 1000)
    month_index = np.where(fits, (year - 1970) * 12 + month - 1, 0).astype("int64").astype("datetime64[M]")
    start = month_index.astype("datetime64[D]") + np.where(fits, day - 1, 0).astype("int64").astype("timedelta64[D]")
    fits &= start.astype("datetime64[M]") == month_index
    seconds = (hour * 3600 + minute * 60 + second).astype("int64").astype("timedelta64[s]")
    return np.where(fits, start.astype("datetime64[us]") + seconds, NAT)


def _from_serial(serial: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Excel's day numbers; a fraction is a time, to the minute."""
    minutes = np.round(serial * 1440).astype("int64").astype("timedelta64[m]")
    units = np.where(serial == np.floor(serial), "day", "minute").astype(object)
    return EXCEL_EPOCH + minutes, units


def _from_labelled(start: np.ndarray, labels: pd.Series, zone: tzinfo, source_zone: str) -> np.ndarray:
    """Return times with an offset as times of `zone`; those without one as `to_zone` does."""
    digits = labels.str.extract(r"^([+-])(\d{2}):?(\d{2})$")
    minutes = pd.to_numeric(digits[1]).fillna(0) * 60 + pd.to_numeric(digits[2]).fillna(0)
    offset = (minutes * np.where(digits[0] == "-", -1, 1)).to_numpy("int64").astype("timedelta64[m]")
    utc = pd.Series(start - offset).dt.tz_localize("UTC")
    local = utc.dt.tz_convert(zone).dt.tz_localize(None).to_numpy("datetime64[us]")
    return np.where(labels.notna().to_numpy(bool), local, to_zone(start, zone, source_zone))


def _hour_of_day(hour: np.ndarray, half: pd.Series) -> np.ndarray:
    lower = half.str.lower()
    afternoon = (lower == "pm").to_numpy(bool)
    morning = (lower == "am").to_numpy(bool)
    return np.where(afternoon & (hour < 12), hour + 12, np.where(morning & (hour == 12), 0, hour))


def _decide_order(parts: pd.DataFrame) -> tuple[pd.DataFrame, Order, float]:
    """Tell day from month over the whole column: a number above 12 can only be a day.

    Rows stay unreadable (no day) where nothing decides, or the evidence points both ways.
    """
    first = parts["first"].astype("int64")
    second = parts["second_part"].astype("int64")
    day_first, month_first = (first > 12) & (second <= 12), (second > 12) & (first <= 12)
    share = float((day_first | month_first).mean())
    order: Order = "undecided"
    if day_first.any() or month_first.any():
        order = "mixed" if day_first.any() and month_first.any() else "day_first" if day_first.any() else "month_first"
    year = parts["year"].astype("int64")
    # Two-digit years: 00-69 are 2000-2069, as strptime has it.
    short = parts["year"].str.len() == 2
    year = year.mask(short, year + 1900).mask(short & (year < 70), year + 2000)
    decided = order in ("day_first", "month_first")
    day, month = (first, second) if order == "day_first" else (second, first)
    return parts.assign(year=year, month=month if decided else 13, day=day), order, share
