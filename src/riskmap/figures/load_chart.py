"""The chart of one place's loads: results, limits below which results lie, what does not count, gaps, and the trend."""

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from riskmap.figures.charts import FONT, GRID
from riskmap.figures.scale import INK, NOT_REPORTED

MEASURED = "#1d6590"
TREND = "#b0193f"
ASIDE = "#7a858f"
"""Samples that do not count: flagged ones, and those of another laboratory, method or kind."""
MARKS = ("measured", "limit", "aside", "aside_limit", "flagged", "flagged_limit")


def load_marks(series: pd.DataFrame) -> pd.Series:
    """Return how each sample of `wastewater.series.load_series` is drawn: one of MARKS."""
    mark = pd.Series("measured", index=series.index).where(series["in_use"], "aside")
    mark = mark.mask(series["flagged"], "flagged")
    below = series["censored"].astype(bool)
    return mark.mask(below, mark + "_limit").replace("measured_limit", "limit")


def load_chart(
    series: pd.DataFrame,
    gaps: pd.DataFrame,
    span: tuple[pd.Timestamp, pd.Timestamp],
    words: Mapping[str, str],
    height: int = 190,
) -> alt.LayerChart:
    """Return the loads of one place: hollow marks at the limit for results below it, grey bands where nobody sampled.

    Parameters
    ----------
    series
        sampled_from, value (mg/d per 1000 people), trend, mark (`load_marks`) and text, what the pointer reads.
    gaps
        gap_from, gap_to.
    span
        First and last moment shown.
    words
        The chart's own words: load, not_sampled.
    """
    first, last = span
    shown = series[(series["sampled_from"] >= first) & series["value"].notna()]
    scale = alt.Scale(domain=[_instant(first), _instant(last)], clamp=True)
    x = alt.X("sampled_from:T", title=None, scale=scale, axis=alt.Axis(format="%y-%m", labelAngle=0, labelOverlap=True))
    y = alt.Y("value:Q", title=words["load"], scale=alt.Scale(zero=True))
    band = alt.Chart(gaps[gaps["gap_to"] > first]).mark_rect(color=NOT_REPORTED, opacity=0.45)
    layers: list[alt.Chart] = [
        band.encode(
            x=alt.X("gap_from:T", scale=scale, title=None), x2="gap_to:T", tooltip=alt.value(words["not_sampled"])
        )
    ]
    trend = shown.dropna(subset=["trend"])
    # Nobody knows how the load went while nobody sampled: the line does not cross a gap.
    trend = trend.assign(part=np.searchsorted(gaps["gap_to"].to_numpy(), trend["sampled_from"].to_numpy(), "right"))
    line = alt.Chart(trend).mark_line(color=TREND, strokeWidth=2.5)
    layers.append(line.encode(x=x, y="trend:Q", detail="part:N"))
    for mark in MARKS:
        part = shown[shown["mark"] == mark]
        if len(part):
            layers.append(_points(part, mark).encode(x=x, y=y, tooltip="text:N"))
    return (
        alt.layer(*layers)
        .properties(height=height, padding={"left": 4, "right": 8, "top": 6, "bottom": 4})
        .configure(font=FONT, background="#ffffff")
        .configure_axis(labelFontSize=13, titleFontSize=13, labelColor=INK, titleColor=INK, gridColor=GRID)
        .configure_view(strokeWidth=0)
    )


def _points(part: pd.DataFrame, mark: str) -> alt.Chart:
    """Return one kind of marks: filled for results, hollow for limits, crosses for flagged samples."""
    colour = MEASURED if mark in ("measured", "limit") else ASIDE
    if mark.startswith("flagged"):
        return alt.Chart(part).mark_point(shape="cross", color=colour, angle=45, filled=mark == "flagged", size=60)
    hollow = mark.endswith("limit")
    return alt.Chart(part).mark_point(
        shape="triangle-down" if hollow else "circle",
        color=colour,
        fill="#ffffff" if hollow else colour,
        size=55 if hollow else 40,
        strokeWidth=1.8,
    )


def _instant(moment: pd.Timestamp) -> alt.DateTime:
    return alt.DateTime(year=moment.year, month=moment.month, date=moment.day)
