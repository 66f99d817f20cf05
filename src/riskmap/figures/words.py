"""Words and dates that maps, charts, pages and the brief share, in both languages."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from riskmap.language import Text
from riskmap.layers.substances import known_analytes
from riskmap.panel.feature_words import SITE_NAMES

LAYER_WORDS: Mapping[str, Text] = {
    "cases": Text("Cases"),
    "seizures": Text("Seizures"),
    "hubs": Text("Hubs"),
    "enterprises": Text("Enterprises"),
    "venues": Text("Venues"),
    "plants": Text("Catchments"),
    "not_monitored": Text("Not monitored"),
    "blind_spots": Text("Blind spots"),
    "roads": Text("Roads"),
    "incidents": Text("Other incidents"),
    "samples": Text("Wastewater samples"),
    "sites": Text("Sites"),
    "areas": Text("Administrative areas"),
    "population": Text("Population"),
    "effort": Text("Hours of police work"),
}
KIND_WORDS: Mapping[str, Text] = {
    **SITE_NAMES,
    "manufacture": Text("manufacture"),
    "trafficking": Text("trafficking"),
    "transport": Text("transport"),
    "possession": Text("possession"),
    "use_venue": Text("venue of use"),
    "precursor": Text("precursor"),
    "other": Text("other"),
}
PERIOD_WORDS: Mapping[str, Text] = {
    "day": Text("day"),
    "week": Text("week"),
    "month": Text("month"),
    "quarter": Text("quarter"),
}
PERIODS_WORDS: Mapping[str, Text] = {
    "day": Text("days"),
    "week": Text("weeks"),
    "month": Text("months"),
    "quarter": Text("quarters"),
}
PLANT_LEVEL_WORDS: Mapping[str, Text] = {
    "plant": Text("treatment plant"),
    "street": Text("street"),
    "community": Text("community"),
}
SITE_GROUPS: Mapping[str, Sequence[str]] = {
    "hubs": ("logistics_park", "sorting_centre", "courier_outlet", "warehouse", "freight_station", "port", "airport"),
    "enterprises": ("precursor_producer", "precursor_dealer", "precursor_user", "precursor_store"),
    "venues": ("venue",),
}
SIMULATED = "SIMULATED / 模拟数据"
NOT_SURE = Text("not known")


def layer_word(layer: str, language: str) -> str:
    """Return a layer's name in words; an unknown layer keeps its own."""
    return LAYER_WORDS[layer].in_language(language) if layer in LAYER_WORDS else layer


def kind_word(kind: str, language: str) -> str:
    """Return a site's or event's kind in words; an unknown kind keeps its own."""
    return KIND_WORDS[kind].in_language(language) if kind in KIND_WORDS else kind


def analyte_words(language: str) -> dict[str, str]:
    """Return the names of the known substances; what laboratories call otherwise keeps its name."""
    known = known_analytes()
    return dict(zip(known["analyte"], best_names(known, "analyte", language), strict=True))


def format_day(moment: pd.Timestamp | str | None, language: str) -> str:
    """Return a day, such as 2026-01-05 or 2026年1月5日."""
    if moment is None or pd.isna(moment):
        return NOT_SURE.in_language(language)
    day = pd.Timestamp(moment)
    return f"{day.year}年{day.month}月{day.day}日" if language == "zh" else f"{day:%Y-%m-%d}"


def format_moment(moment: pd.Timestamp | str | None, language: str) -> str:
    """Return a day, and the time where it is not midnight."""
    text = format_day(moment, language)
    if moment is None or pd.isna(moment):
        return text
    at = pd.Timestamp(moment)
    return text if at == at.normalize() else f"{text} {at:%H:%M}"


def format_period(period: str, start: pd.Timestamp, end: pd.Timestamp, language: str) -> str:
    """Return a period [start, end) as people name it."""
    last = end - pd.Timedelta(days=1)
    if (start.year, start.month) == (last.year, last.month) and start.day == 1 and end.day == 1:
        return f"{start.year}年{start.month}月" if language == "zh" else f"{start:%b %Y}"
    if period == "quarter":
        return f"{start.year}年第{start.quarter}季度" if language == "zh" else f"{start.year} Q{start.quarter}"
    if start == last or period == "day":
        return format_day(start, language)
    if language == "zh":
        until = _until(start, last)
        return f"{start.year}年{start.month}月{start.day}日—{until}"
    return f"{start:%Y-%m-%d} to {last:%m-%d}" if start.year == last.year else f"{start:%Y-%m-%d} to {last:%Y-%m-%d}"


def _until(start: pd.Timestamp, last: pd.Timestamp) -> str:
    if start.year != last.year:
        return f"{last.year}年{last.month}月{last.day}日"
    return f"{last.day}日" if start.month == last.month else f"{last.month}月{last.day}日"


def format_signed(value: float) -> str:
    """Return a change with its sign, one digit."""
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")


def best_names(frame: pd.DataFrame, fallback: str, language: str) -> pd.Series:
    """Return each row's name in `language`, else its other name, else the column `fallback`; columns may be missing."""
    order = ("name_zh", "name_en") if language == "zh" else ("name_en", "name_zh")
    columns = [frame[column].tolist() for column in (*order, fallback) if column in frame]
    names = [next((name for name in row if isinstance(name, str) and name), None) for row in zip(*columns, strict=True)]
    return pd.Series(names or [None] * len(frame), index=frame.index, dtype=object)


def join_names(names: Iterable[str], language: str) -> str:
    """Return the names as one list, with the comma of `language`."""
    return ("、" if language == "zh" else ", ").join(names)
