"""Charts of the pages (altair)."""

import altair as alt
import pandas as pd

from riskmap.figures.scale import INK, NOT_REPORTED

OBSERVED = "#33658a"
FORECAST = "#b0193f"
BASELINE = "#111111"
FONT = "Noto Sans SC, Noto Sans SC rest, Microsoft YaHei, sans-serif"


def history_frame(counts: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """Return one row a period: its count (0 where reported without a case, missing where not reported).

    Parameters
    ----------
    counts
        Columns period_start, count: the non-zero rows of one cell or area.
    periods
        Columns period_start, period_end, reported.
    """
    totals = counts.groupby("period_start")["count"].sum()
    frame = periods.sort_values("period_start", ignore_index=True)
    observed = frame["period_start"].map(totals).fillna(0.0)
    return frame.assign(count=observed.where(frame["reported"].astype(bool)))


def history_chart(
    history: pd.DataFrame,
    forecast: dict[str, object],
    words: dict[str, str],
    last: int,
    height: int = 165,
    font_px: int = 13,
) -> alt.LayerChart:
    """Return observed counts, grey bands where nothing was reported, and the forecast with its interval and baseline.

    Parameters
    ----------
    history
        From `history_frame`; a column `holiday` (bool), where there is one, marks periods with public holidays.
    forecast
        period_start, period_end, expected, baseline, and low and high where there is an interval.
    words
        The chart's own words: period, cases, forecast, baseline, not_reported.
    last
        How many periods are shown.
    height, font_px
        Of the chart and its letters, pixels.
    """
    shown = history.tail(last)
    x = alt.X("period_start:T", title=None, axis=alt.Axis(format="%y-%m", labelAngle=0, labelOverlap=True))
    bands = (
        alt.Chart(shown[~shown["reported"].astype(bool)])
        .mark_rect(color=NOT_REPORTED, opacity=0.45)
        .encode(x=x, x2="period_end:T", tooltip=alt.value(words["not_reported"]))
    )
    bars = (
        alt.Chart(shown.dropna(subset=["count"]))
        .mark_bar(color=OBSERVED, binSpacing=1)
        .encode(
            x=x,
            x2="period_end:T",
            y=alt.Y("count:Q", title=words["cases"], axis=alt.Axis(tickMinStep=1)),
            y2=alt.datum(0),
        )
    )
    layers = [bands, bars]
    if "holiday" in shown and shown["holiday"].any():
        layers.append(
            alt.Chart(shown[shown["holiday"]])
            .mark_point(shape="triangle-up", color=BASELINE, filled=True, size=30, yOffset=7)
            .encode(x=x, y=alt.datum(0))
        )
    row = pd.DataFrame([forecast])
    middle = row["period_start"] + (row["period_end"] - row["period_start"]) / 2
    row = row.assign(middle=middle)
    at = alt.X("middle:T")
    if "low" in row:
        layers.append(alt.Chart(row).mark_rule(color=FORECAST, size=4).encode(x=at, y="low:Q", y2="high:Q"))
    layers.append(alt.Chart(row).mark_point(color=FORECAST, filled=True, size=90).encode(x=at, y="expected:Q"))
    layers.append(
        alt.Chart(row).mark_tick(color=BASELINE, thickness=3, size=16, orient="horizontal").encode(x=at, y="baseline:Q")
    )
    return (
        alt.layer(*layers)
        .properties(height=height, padding={"left": 4, "right": 8, "top": 4, "bottom": 4})
        .configure(font=FONT, background="#ffffff")
        .configure_axis(labelFontSize=font_px, titleFontSize=font_px, labelColor=INK, titleColor=INK)
        .configure_view(strokeWidth=0)
    )
