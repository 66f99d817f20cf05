"""The sources of an area: what each delivered and when, how fresh it is, and where gaps are."""

from collections.abc import Hashable
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from riskmap.figures.calendar import calendar_chart
from riskmap.figures.plain import plain_text, plain_texts
from riskmap.figures.words import PERIODS_WORDS, format_day, format_period, layer_word
from riskmap.language import Text
from riskmap.layers.covers import WITHOUT_SPANS, imports_without_spans
from riskmap.layers.folders import import_folders
from riskmap.panel.deliveries import STALE_AFTER_PERIODS, delivery_calendar, delivery_clock, list_sources
from riskmap.schema import TIME_COLUMNS
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.exports import show_table
from riskmap.web.imports import NOTHING, show_imports, show_undone
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.notices import tell

SHORT_DATUMS = {"WGS 84": "WGS84", "China Geodetic Coordinate System 2000": "CGCS2000"}
"""Names that files carry, as they are called on maps."""
TOLD_BY = {"recipe": Text("the recipe"), "file": Text("the file"), "fit": Text("the places themselves")}
CALENDAR_PERIODS = {"day": 180, "week": 156, "month": 60, "quarter": 40}


@needs("read_data")
def show_sources(study: Study) -> None:
    """Show the table of sources, the calendar of their deliveries, the imports and what was undone."""
    with st.spinner(t("Loading")):
        now = delivery_clock(study, pd.Timestamp.now(study.zone).tz_localize(None))
        sources = list_sources(study, now)
    if sources.empty:
        tell("note", t("Nothing was imported into this area yet; bring in files first."))
        show_undone(study)
        return
    _show_table(study, sources, now)
    _show_calendar(study)
    show_imports(study)
    show_undone(study)


def _show_table(study: Study, sources: pd.DataFrame, now: pd.Timestamp) -> None:
    language = current_view().language
    st.subheader(t("Sources"), anchor=False)
    table = _sources_table(study, sources, language)
    show_table(
        "sources", t("Sources"), table, hide_index=True, height="content", row_height=30, key=f"sources-{language}"
    )
    periods = say(PERIODS_WORDS[study.period])
    words = [t("▲ stale: more than {n} {periods} without a delivery.", n=STALE_AFTER_PERIODS, periods=periods)]
    if study.simulated:
        day = _day(now, language, last=True)
        words.append(t("Ages are counted from the newest simulated record, {day}.", day=day))
    st.html(lines_html([" ".join(words)], muted=True))


def _sources_table(study: Study, sources: pd.DataFrame, language: str) -> pd.DataFrame:
    rows = sources.to_dict("records")
    return pd.DataFrame(
        {
            t("Layer"): [layer_word(row["layer"], language) for row in rows],
            t("Source"): plain_texts(sources["source_id"]),
            t("Rows"): [f"{row['rows']:,}" for row in rows],
            t("In quarantine at import"): [f"{n:,}" if n else NOTHING for n in sources["quarantined"]],
            t("First record"): [_day(row["first"], language) for row in rows],
            t("Delivered until"): [_day(row["last"], language, last=True) for row in rows],
            t("Age"): [NOTHING if pd.isna(row["last"]) else _age(study, row) for row in rows],
            t("Datum"): [_datum(row["datum"]) for row in rows],
            t("Datum told by"): [_told_by(row["datum_by"]) for row in rows],
            t("Encoding"): [plain_text(row["encoding"]) or NOTHING for row in rows],
            t("Publisher"): [plain_text(row["publisher"]) or NOTHING for row in rows],
            t("Licence"): [plain_text(row["licence"]) or NOTHING for row in rows],
        }
    )


def _datum(names: str) -> str:
    known = [SHORT_DATUMS.get(name, name) for name in names.split(", ")]
    return plain_text(", ".join(dict.fromkeys(known))) or NOTHING


def _told_by(names: str) -> str:
    """Return who told the datums of a source."""
    return ", ".join(say(TOLD_BY[name]) for name in names.split(", ") if name in TOLD_BY) or NOTHING


def _day(moment: pd.Timestamp, language: str, *, last: bool = False) -> str:
    """Return a day; the last one before an exclusive end where `last`."""
    if pd.isna(moment):
        return NOTHING
    return format_day(moment - pd.Timedelta(1, "us") if last else moment, language)


def _age(study: Study, row: dict[Hashable, Any]) -> str:
    days, periods, stale = (row[name] for name in ("age_days", "age_periods", "stale"))
    if study.period == "day":
        words = t("{days} days", days=f"{days:,}")
    else:
        unit = say(PERIODS_WORDS[study.period])
        words = t("{days} days ({n} {periods})", days=f"{days:,}", n=periods, periods=unit)
    return f"▲ {words}" if stale else words


def _show_calendar(study: Study) -> None:
    """Show rows per period and source; what was not delivered is struck through."""
    language = current_view().language
    calendar = delivery_calendar(study, CALENDAR_PERIODS[study.period])
    if calendar.empty:
        return
    st.subheader(t("Deliveries by period"), anchor=False)
    words = {"source": t("Source"), "period": t("Period"), "rows": t("Rows"), "delivered": t("Delivered")}
    st.altair_chart(calendar_chart(_in_words(study, calendar, language), words), key=f"calendar-{language}")
    keys = {
        "arrived": t("rows delivered, darker is more"),
        "quiet": t("none, where few are usual or as declared: counted as zero"),
        "missing": t("nothing delivered: unknown, not zero"),
    }
    marks = "".join(f'<span><i class="{name}"></i>{escape(word)}</span>' for name, word in keys.items())
    st.html(f'<div class="rm-calendar-key">{marks}</div>')
    old = [name for layer in TIME_COLUMNS for name in imports_without_spans(import_folders(study, layer))]
    if old:
        names = ", ".join(name[:8] for name in old)
        st.html(lines_html([say(Text(WITHOUT_SPANS, {"imports": names}))], muted=True))


def _in_words(study: Study, calendar: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return the calendar with each source, period and delivery as readers name them."""
    spans = calendar.drop_duplicates("period_start")
    periods = {
        start: format_period(study.period, start, end, language)
        for start, end in zip(spans["period_start"], spans["period_end"], strict=True)
    }
    sources = zip(calendar["layer"], calendar["source_id"], strict=True)
    delivered = zip(calendar["rows"], calendar["reported"], calendar["declared"], strict=True)
    return calendar.assign(
        label=[f"{layer_word(layer, language)} · {plain_text(source)}" for layer, source in sources],
        period=calendar["period_start"].map(periods),
        said=[_said(rows, reported=reported, declared=said) for rows, reported, said in delivered],
    )


def _said(rows: float, *, reported: bool, declared: bool) -> str:
    if rows > 0:
        return t("{n} rows", n=f"{round(rows):,}")
    if declared and reported:
        return t("none, and declared to be covered: counted as zero")
    return t("none, where few are usual: counted as zero") if reported else t("nothing delivered: unknown, not zero")
