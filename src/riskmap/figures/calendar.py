"""The calendar of deliveries: one row a source, one box a period, coloured by how many rows arrived."""

import altair as alt
import pandas as pd

from riskmap.figures.charts import FONT
from riskmap.figures.scale import INK, NOT_REPORTED

FEW, MANY = "#cfe3f2", "#08306b"
QUIET = "#fbfaf6"
ROW_PX = 30
STATE_IS = "datum.state == '{}'"
MONTHS = alt.Axis(
    format="%Y-%m", tickCount="month", labelAngle=0, labelOverlap="greedy", labelSeparation=12, grid=False
)


def calendar_chart(calendar: pd.DataFrame, words: dict[str, str]) -> alt.LayerChart:
    """Return the heat map; periods in which nothing was delivered are grey and struck through, never pale.

    Parameters
    ----------
    calendar
        label (the source's name), period (in words), said (what arrived, in words), period_start, period_end, rows,
        reported.
    words
        The chart's own words: source, period, rows, delivered.
    """
    data = calendar[["label", "period", "said", "period_start", "period_end", "rows", "reported"]]
    middle = data["period_start"] + (data["period_end"] - data["period_start"]) / 2
    data = data.assign(state=_states(data), middle=middle)
    order = list(dict.fromkeys(data["label"]))
    y = alt.Y("label:N", title=None, sort=order, axis=alt.Axis(labelLimit=300, ticks=False, domain=False))
    boxes = (
        alt.Chart(data)
        .mark_rect(stroke="#ffffff", strokeWidth=0.5)
        .encode(x=alt.X("period_start:T", title=None, axis=MONTHS), x2="period_end:T", y=y, tooltip=_tips(words))
    )
    arrived = boxes.transform_filter(STATE_IS.format("arrived")).encode(color=_colour(data["rows"], words["rows"]))
    quiet = boxes.transform_filter(STATE_IS.format("quiet")).encode(color=alt.value(QUIET))
    missing = boxes.transform_filter(STATE_IS.format("missing")).encode(color=alt.value(NOT_REPORTED))
    strokes = (
        alt.Chart(data)
        .mark_text(text="╱", fontSize=15, color=INK, tooltip=None)
        .transform_filter(STATE_IS.format("missing"))
        .encode(x="middle:T", y=y)
    )
    return _dressed(arrived, quiet, missing, strokes)


def _tips(words: dict[str, str]) -> list[alt.Tooltip]:
    titles = {"label": words["source"], "period": words["period"], "said": words["delivered"]}
    return [alt.Tooltip(f"{field}:N", title=title) for field, title in titles.items()]


def _colour(rows: pd.Series, title: str) -> alt.Color:
    """Return the colour of rows: by their logarithm, because sources differ by orders of magnitude."""
    legend = alt.Legend(
        orient="top", gradientLength=220, gradientThickness=12, format=",.0f", tickCount=5, titleOrient="left", offset=4
    )
    scale = alt.Scale(type="log", range=[FEW, MANY], domain=_domain(rows))
    return alt.Color("rows:Q", title=title, scale=scale, legend=legend)


def _dressed(*layers: alt.Chart) -> alt.LayerChart:
    return (
        alt.layer(*layers)
        .properties(height=alt.Step(ROW_PX), padding={"left": 4, "right": 8, "top": 4, "bottom": 4})
        .configure(font=FONT, background="#ffffff")
        .configure_axis(labelFontSize=13, labelColor=INK)
        .configure_legend(labelFontSize=12, titleFontSize=12, labelColor=INK, titleColor=INK)
        .configure_view(strokeWidth=0)
    )


def _states(calendar: pd.DataFrame) -> pd.Series:
    """A period brought rows, or none where none is an ordinary zero, or is missing."""
    state = pd.Series("missing", index=calendar.index, dtype="str")
    state[calendar["reported"].astype(bool)] = "quiet"
    state[calendar["rows"] > 0] = "arrived"
    return state


def _domain(rows: pd.Series) -> list[float]:
    """Return the ends of the colour scale: the fewest and the most rows that arrived, never one and the same."""
    some = rows[rows > 0]
    most = float(some.max()) if len(some) else 1.0
    return [min(float(some.min()) if len(some) else 1.0, most / 2), most]
