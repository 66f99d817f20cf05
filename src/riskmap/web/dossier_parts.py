"""Parts that the dossiers of cells and of areas share."""

import pandas as pd
import streamlit as st

from riskmap.figures.charts import history_chart
from riskmap.figures.scale import format_count
from riskmap.figures.words import PERIOD_WORDS
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.language import say, t
from riskmap.web.legend import lines_html

PERIODS_SHOWN = {"day": 120, "week": 78, "month": 36, "quarter": 20}


def show_history(study: Study, surface: Surface, row: pd.Series, history: pd.DataFrame, key: str) -> None:
    """Show the cases of a place over time, and its forecast: expected, baseline_expected, low and high of `row`."""
    st.subheader(t("Cases recorded, and the forecast"), anchor=False)
    manifest = surface.manifest
    forecast = {
        "period_start": pd.Timestamp(manifest["period_start"]),
        "period_end": pd.Timestamp(manifest["period_end"]),
        "expected": float(row["expected"]),
        "baseline": float(row["baseline_expected"]),
    }
    if "low" in row:
        forecast |= {"low": float(row["low"]), "high": float(row["high"])}
    words = {"cases": t("cases"), "not_reported": t("not reported")}
    chart = history_chart(history, forecast, words, PERIODS_SHOWN[study.period])
    st.vega_lite_chart(chart, width="stretch", key=key)
    st.html(lines_html([chart_key()], muted=True))


def chart_key() -> str:
    """Return what the history chart's colours mean."""
    return t("Blue: recorded. Grey band: not reported. Red: forecast with 80 % interval. Black line: baseline.")


def show_hours(study: Study, found: tuple[float, float] | None) -> None:
    """Show the hours worked in a usual cell of a place beside those of all cells with reports."""
    if found is None:
        return
    hours, usual = found
    st.subheader(t("Hours of police work"), anchor=False)
    said = t(
        "{hours} hours a {period} over the last year; a usual cell with reports has {usual}. "
        "Recorded cases follow the hours.",
        hours=format_count(hours),
        usual=format_count(usual),
        period=say(PERIOD_WORDS[study.period]),
    )
    st.html(lines_html([said]))
