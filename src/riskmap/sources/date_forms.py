"""The forms in which people write dates, each read as its beginning and the finest part that it names."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmap.sources.date_order import Order, decide_order
from riskmap.sources.numbers import normalise
from riskmap.sources.numerals import dates_in_digits

NAT = np.datetime64("NaT", "us")
EXCEL_EPOCHS = {"excel1900": np.datetime64("1899-12-30", "us"), "excel1904": np.datetime64("1904-01-01", "us")}
"""Day 0 of Excel's two systems; that of 1900 for days after its invented 29 February 1900, which is day 60."""
INVENTED_DAY = 60

_TIME = r"(?:(?:[T ]+|(?<=[日号]))(?P<half>上午|下午|凌晨|早上|中午|晚上|[AaPp][Mm])?\s*"
_TIME += r"(?P<hour>\d{1,2})(?::(?=\d)|[时点]整?|(?=\s*(?:$|Z|[AaPp][Mm])))"
_TIME += r"(?:(?P<minute>\d{1,2})(?:(?::|分)(?P<second>\d{1,2})(?:[.,]\d+)?)?[秒分]?)?(?:\s*(?P<after>[AaPp][Mm]))?)?"
_ZONE = r"\s*(?P<zone>Z|(?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}(?::?\d{2})?|[(]?北京时间[)]?)?"
_FORMS = (
    rf"^(?P<year>\d{{4}})(?P<sign>[-/.])(?P<month>\d{{1,2}})(?:(?P=sign)(?P<day>\d{{1,2}}){_TIME}{_ZONE})?$",
    rf"^(?P<year>\d{{4}})年\s*(?P<month>\d{{1,2}})月(?:份|\s*(?P<day>\d{{1,2}})[日号]?{_TIME}{_ZONE})?$",
    r"^(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?:(?P<day>\d{2})"
    r"(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?)?$",
    r"^(?P<year>\d{4})\s*(?:-?\s*[Qq]|年第?)(?P<quarter>[1-4])(?:季度?)?$",
    r"^(?P<year>\d{4})-?W(?P<week>\d{2})$",
    r"^(?P<year>(?:19|20)\d{2})年?$",
    rf"^(?P<day>\d{{1,2}})[ -](?P<name>[A-Za-z]{{3,9}})[ -](?P<year>\d{{4}}){_TIME}{_ZONE}$",
    rf"^(?P<name>[A-Za-z]{{3,9}})\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_TIME}{_ZONE}$",
    r"^(?P<serial>\d{5}(?:\.\d+)?)$",
    rf"^(?P<first>\d{{1,2}})(?P<sign>[-/.])(?P<other>\d{{1,2}})(?P=sign)(?P<year>\d{{4}}|\d{{2}}){_TIME}{_ZONE}$",
)
_QUICK = {
    r"^\d{4}-\d{2}-\d{2}$": ("%Y-%m-%d", "day"),
    r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$": ("%Y-%m-%d %H:%M", "minute"),
    r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$": ("%Y-%m-%d %H:%M:%S", "second"),
    r"^\d{4}/\d{1,2}/\d{1,2}$": ("%Y/%m/%d", "day"),
    r"^\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}$": ("%Y/%m/%d %H:%M", "minute"),
}
"""Forms that whole columns are mostly in, read ten times faster than by taking them apart."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = ("month", "day", "hour", "minute", "second")


@dataclass(frozen=True)
class Readings:
    """What each text says: `start` as written (datetime64[us], NaT where unreadable), the finest `unit` named, the zone
    `label` ("" where none); how day and month were told apart in the column, by what share of such dates.
    """

    start: np.ndarray
    unit: np.ndarray
    label: np.ndarray
    order: Order = ""
    deciding_share: float = 0.0


def read_dates(texts: pd.Series) -> Readings:
    """Read dates in any form that needs no guess."""
    plain = normalise(texts).reset_index(drop=True)
    start = np.full(len(plain), NAT)
    unit = np.full(len(plain), "", dtype=object)
    label = np.full(len(plain), "", dtype=object)
    order: Order = ""
    share = 0.0
    left = np.arange(len(plain))
    for pattern, (form, finest) in _QUICK.items():
        matched = plain.iloc[left].str.match(pattern).to_numpy(bool)
        read = pd.to_datetime(plain.iloc[left[matched]], format=form, errors="coerce").to_numpy("datetime64[us]")
        rows, there = left[matched], ~np.isnat(read)
        start[rows] = read
        unit[rows[there]] = finest
        left = np.setdiff1d(left, rows[there], assume_unique=True)
        if not len(left):
            return Readings(start, unit, label)
    plain = plain.where(unit != "", dates_in_digits(plain))
    for pattern in _FORMS:
        left = np.flatnonzero(unit == "")
        parts = plain.iloc[left].str.extract(pattern)
        matched = parts["serial" if "serial" in parts else "year"].notna().to_numpy(bool)
        if not matched.any():
            continue
        rows, parts = left[matched], parts[matched]
        if "first" in parts:
            parts, order, share = decide_order(parts)
        start[rows], unit[rows] = _assemble(parts)
        if "zone" in parts:
            label[rows] = parts["zone"].fillna("").to_numpy(object)
    return Readings(start, unit, label, order, share)


def read_serials(texts: pd.Series, system: str) -> Readings:
    """Read Excel's day numbers of one of its two systems (EXCEL_EPOCHS); a fraction is a time, to the minute."""
    serial = pd.to_numeric(normalise(texts), errors="coerce").to_numpy("float64")
    serial = np.where((serial >= 1) & (serial < 2_958_466), serial, np.nan)  # to the end of year 9999
    start, unit = _from_serial(serial, system)
    return Readings(start, unit, np.full(len(start), "", dtype=object))


def _from_serial(serial: np.ndarray, system: str = "excel1900") -> tuple[np.ndarray, np.ndarray]:
    there = np.isfinite(serial)
    known = np.where(there, serial, 0)
    start = EXCEL_EPOCHS[system] + np.round(known * 1440).astype("int64").astype("timedelta64[m]")
    if system == "excel1900":
        start = start + np.where(known < INVENTED_DAY, 1, 0).astype("timedelta64[D]")
        there &= np.floor(known) != INVENTED_DAY
    return np.where(there, start, NAT), np.where(known == np.floor(known), "day", "minute").astype(object)


def _assemble(parts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the beginning and the unit of each row of matched parts; NaT where there is no such day."""
    if "serial" in parts:
        return _from_serial(parts["serial"].astype("float64").to_numpy())
    numbers = {name: pd.to_numeric(parts[name], errors="coerce").to_numpy("float64")
               for name in ("year", *_PARTS) if name in parts}  # fmt: skip
    unit = np.full(len(parts), "year", dtype=object)
    if "name" in parts:
        short = parts["name"].str.lower().str.slice(0, 3)
        numbers["month"] = short.map({name: place for place, name in enumerate(_MONTHS, 1)}).to_numpy("float64")
        numbers["month"] = np.nan_to_num(numbers["month"], nan=99)
    for name in _PARTS:
        if name in numbers:
            unit[~np.isnan(numbers[name])] = name
    if "quarter" in parts:
        numbers["month"], unit[:] = parts["quarter"].astype("float64").to_numpy() * 3 - 2, "quarter"
    if "half" in parts:
        numbers["hour"] = _hour_of_day(numbers["hour"], parts["half"].fillna(""), parts["after"].fillna(""))
    start = _compose(numbers)
    if "week" in parts:
        start, unit[:] = _iso_week(numbers["year"], parts["week"].astype("int64").to_numpy()), "week"
    return start, unit


def _compose(numbers: dict[str, np.ndarray]) -> np.ndarray:
    """Return the moments that years, months ... name; missing parts are the first; NaT where there is none such."""

    def part(name: str, missing: float) -> np.ndarray:
        values = numbers.get(name)
        shape = numbers["year"].shape
        return np.full(shape, missing) if values is None else np.where(np.isnan(values), missing, values)

    year, month, day = part("year", 1), part("month", 1), part("day", 1)
    hour, minute, second = part("hour", 0), part("minute", 0), part("second", 0)
    fits = (month >= 1) & (month <= 12) & (day >= 1) & (minute < 60) & (second < 60) & (year >= 1000)
    fits &= (hour < 24) | ((hour == 24) & (minute == 0) & (second == 0))
    month_index = np.where(fits, (year - 1970) * 12 + month - 1, 0).astype("int64").astype("datetime64[M]")
    start = month_index.astype("datetime64[D]") + np.where(fits, day - 1, 0).astype("int64").astype("timedelta64[D]")
    fits &= start.astype("datetime64[M]") == month_index
    seconds = np.where(fits, hour * 3600 + minute * 60 + second, 0).astype("int64").astype("timedelta64[s]")
    return np.where(fits, start.astype("datetime64[us]") + seconds, NAT)


def _iso_week(year: np.ndarray, week: np.ndarray) -> np.ndarray:
    """Return the Mondays of ISO 8601 weeks: week 1 holds 4 January."""
    fourth = (year.astype("int64") - 1970).astype("datetime64[Y]").astype("datetime64[D]") + np.timedelta64(3, "D")
    # Day 0, 1 January 1970, was a Thursday.
    monday = fourth - ((fourth.astype("int64") + 3) % 7).astype("timedelta64[D]")
    start = monday + ((week - 1) * 7).astype("timedelta64[D]")
    own_year = (start + np.timedelta64(3, "D")).astype("datetime64[Y]").astype("int64") + 1970
    return np.where((week >= 1) & (own_year == year), start.astype("datetime64[us]"), NAT)


def _hour_of_day(hour: np.ndarray, before: pd.Series, after: pd.Series) -> np.ndarray:
    """Return hours of 24; 99, which no day has, where the half of the day and the hour do not go together."""
    half = before.mask(before == "", after).str.lower()
    morning = half.isin(["am", "上午", "凌晨", "早上"]).to_numpy(bool)
    afternoon = half.isin(["pm", "下午", "晚上", "中午"]).to_numpy(bool)
    hours = np.where(afternoon & (hour < 12) & ~((half == "中午") & (hour == 11)).to_numpy(bool), hour + 12, hour)
    hours = np.where(morning & (hour == 12), 0, hours)
    odd = (morning & (hour > 12)) | ((half == "晚上") & (hour == 12)).to_numpy(bool)
    return np.where(odd | ((before != "") & (after != "")).to_numpy(bool), 99, hours)
