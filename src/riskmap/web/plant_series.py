"""The series of the chosen sampling place: its numbers, its samples one by one, and what the chart's marks mean."""

import pandas as pd
import streamlit as st

from riskmap.briefing.plant_facts import FLAG_WORDS
from riskmap.briefing.wastewater_facts import STALE_DAYS
from riskmap.figures.load_chart import load_chart, load_marks
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import format_count
from riskmap.figures.words import PLANT_LEVEL_WORDS, format_day
from riskmap.wastewater.series import load_series, sampling_gaps
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.notices import PLAIN
from riskmap.web.places import Row, Shown, load_words, newest_words, trend_words

SPAN = pd.DateOffset(months=18)
CHROME_PX = 620
"""What stands above and below the chart."""


def show_series(shown: Shown, window: tuple[int, int]) -> None:
    """Show the chosen place: what is known of it in words, and its samples in a chart as high as the window leaves."""
    if shown.chosen is None:
        return
    row = shown.places.iloc[shown.chosen].to_dict()
    # A heading is Markdown, which would fetch the pictures that a code names.
    words = {"code": plain_text(row["code"], 24).translate(PLAIN), "level": say(PLANT_LEVEL_WORDS[str(row["level"])])}
    st.subheader(
        t("{code} · {level}, serving {people} people", **words, people=f"{row['population']:,.0f}"), anchor=False
    )
    st.html(lines_html(_lines(row)))
    if row["state"] == "small":
        return
    moment = shown.sampling.moment
    series = load_series(shown.sampling.loads, row["plant_id"], row["catchment"], shown.analyte, moment)
    if not len(series):
        return
    series = series.assign(mark=load_marks(series), text=[_sample_text(sample) for sample in series.to_dict("records")])
    gaps = sampling_gaps(series["sampled_from"], moment, pd.Timedelta(days=STALE_DAYS))
    said = {"load": t("mg/d per 1,000 people"), "not_sampled": t("no sample")}
    height = min(max(window[1] - CHROME_PX, 140), 420)
    span = (max(moment - SPAN, series["sampled_from"].min()), moment)
    st.altair_chart(load_chart(series, gaps, span, said, height), key="place-series")
    st.html(lines_html(_key(series, gaps), muted=True))


def _lines(row: Row) -> list[str]:
    """Return what is known of the place in words."""
    if row["state"] == "small":
        return [load_words(row)]
    level, trend = load_words(row), trend_words(row)
    if pd.isna(row["sampled_on"]):
        return [level]
    change = t("{level}; against the samples before {trend}", level=level, trend=trend)
    said = change if trend else t("{level}; its change cannot be told", level=level)
    day = format_day(row["sampled_on"], current_view().language)
    newest = t("Last sampled {day}; newest result {result}", day=day, result=newest_words(row))
    flags = [say(FLAG_WORDS[flag]) for flag in row["flags"]]
    return [said, " · ".join([newest, *flags])]


def _sample_text(sample: Row) -> str:
    """Return what the pointer reads on one sample."""
    parts = [format_day(sample["sampled_from"], current_view().language)]
    value: str = t("unknown limit") if pd.isna(sample["value"]) else format_count(float(sample["value"]))
    parts.append(f"{sample['qualifier']} {value}" if sample["censored"] else value)
    if sample["flagged"]:
        parts.append(say(FLAG_WORDS[str(sample["flag"])]))
    elif not sample["in_use"]:
        parts.append(t("other laboratory, method, kind or catchment"))
    return " · ".join(parts)


def _key(series: pd.DataFrame, gaps: pd.DataFrame) -> list[str]:
    """Return what the marks mean, of those that the chart shows."""
    marks = set(series["mark"])
    parts = [t("Dot: result. Red line: trend.")]
    if {"limit", "aside_limit"} & marks:
        parts.append(t("Hollow triangle: below the limit of detection or quantification, drawn at the limit."))
    if {"flagged", "flagged_limit"} & marks:
        parts.append(t("Cross: flagged, does not count."))
    if {"aside", "aside_limit"} & marks:
        parts.append(t("Grey: other laboratory, method, kind or catchment."))
    if len(gaps):
        parts.append(t("Grey band: no sample for over {n} days.", n=STALE_DAYS))
    return [" ".join(parts)]
