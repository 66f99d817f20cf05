"""Charts and tables of an evaluation (riskmap.model.evaluate): ranking, calibration, spread.

Keys that an evaluation of an earlier version lacks are left out of what is shown.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from riskmap.figures.charts import BASELINE, FONT, FORECAST, GRID, OBSERVED
from riskmap.figures.scale import INK
from riskmap.language import Text

FORECAST_WORDS: Mapping[str, Text] = {
    "boosting": Text("Model"),
    "ewma_ring": Text("Baseline (smoothed counts with neighbours)"),
    "ewma": Text("Smoothed counts without neighbours"),
    "last_12": Text("Mean of the last 12 periods"),
    "last_period": Text("Last period repeated"),
    "same_period_last_year": Text("Same period last year"),
    "all_history": Text("Mean of all history"),
    "kernel_density": Text("Kernel density"),
    "perfect_intensity": Text("True rate (simulated)"),
    "perfect": Text("Perfect ranking (what happened)"),
}
COLOURS = {
    "boosting": FORECAST,
    "ewma_ring": BASELINE,
    "last_12": OBSERVED,
    "perfect": "#7a7a7a",
    "perfect_intensity": "#7a7a7a",
}
DASHES = {"boosting": [1, 0], "ewma_ring": [6, 3], "last_12": [2, 2], "perfect": [1, 3], "perfect_intensity": [1, 3]}
BOTH = ("boosting", "ewma_ring")
HEIGHT_PX = 330


def charted_forecasts(evaluation: Mapping[str, Any]) -> list[str]:
    """Return the forecasts that a chart compares; the best there can be is the true rate where it is known."""
    best = "perfect_intensity" if "perfect_intensity" in evaluation["models"] else "perfect"
    return [name for name in (*BOTH, "last_12", best) if name in evaluation["models"]]


def hit_rate_frame(evaluation: Mapping[str, Any], names: Sequence[str]) -> pd.DataFrame:
    """Return name, share, hit_rate, low, high of the named forecasts, by ascending share."""
    rows = [
        (name, float(share), found["hit_rate"], found["ci_low"], found["ci_high"])
        for name in names
        for share, found in evaluation["models"][name]["shares"].items()
    ]
    frame = pd.DataFrame(rows, columns=["name", "share", "hit_rate", "low", "high"])
    return frame.sort_values("share", kind="stable", ignore_index=True)


def band_frame(evaluation: Mapping[str, Any], names: Sequence[str] = BOTH) -> pd.DataFrame:
    """Return name, order, begin, end (shares of the area), expected, observed, ratio, low, high of each risk band.

    Bands in which nothing was expected have no ratio and are left out; so are forecasts without bands.
    """
    rows: list[tuple[object, ...]] = []
    for name in names:
        bands = (evaluation["models"].get(name) or {}).get("bands") or {}
        begin = 0.0
        ends = sorted((1.0 if key == "rest" else float(key), key) for key in bands)
        for order, (end, key) in enumerate(ends):
            band = bands[key]
            if band["ratio"] is not None:
                totals = (band["expected"], band["observed"], band["ratio"], band["ci_low"], band["ci_high"])
                rows.append((name, order, begin, end, *totals))
            begin = end
    columns = ["name", "order", "begin", "end", "expected", "observed", "ratio", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def pit_frame(evaluation: Mapping[str, Any], names: Sequence[str] = BOTH) -> pd.DataFrame:
    """Return name, begin, end, height of the bins of each forecast's PIT histogram."""
    rows: list[tuple[object, ...]] = []
    for name in names:
        heights = (evaluation["models"].get(name) or {}).get("pit") or []
        rows += [(name, at / len(heights), (at + 1) / len(heights), height) for at, height in enumerate(heights)]
    return pd.DataFrame(rows, columns=["name", "begin", "end", "height"])


def hit_rate_chart(frame: pd.DataFrame, labels: Mapping[str, str], words: Mapping[str, str]) -> alt.LayerChart:
    """Return hit rate by share of the area: a line a forecast, the band of its 95 % interval for the model alone.

    Parameters
    ----------
    frame
        From `hit_rate_frame`.
    labels
        The forecasts' names in words.
    words
        The chart's own words: share, hit_rate, interval.
    """
    data = frame.assign(
        label=frame["name"].map(labels),
        interval=[f"{low:.1%} – {high:.1%}" for low, high in zip(frame["low"], frame["high"], strict=True)],
    )
    x = alt.X(
        "share:Q",
        title=words["share"],
        axis=alt.Axis(format=".0%", values=sorted(data["share"].unique())),
        scale=alt.Scale(type="log", nice=False),
    )
    y = alt.Y("hit_rate:Q", title=words["hit_rate"], axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]))
    names = list(dict.fromkeys(data["name"]))
    scale = alt.Scale(domain=[labels[name] for name in names], range=[COLOURS[name] for name in names])
    dashes = alt.Scale(domain=scale.domain, range=[DASHES[name] for name in names])
    # Without its own opacity a line in the legend would be as faint as the bands.
    key = alt.Legend(
        orient="top", title=None, labelLimit=320, columns=1, symbolType="stroke", symbolSize=300, symbolOpacity=1
    )
    tips = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("share:Q", title=words["share"], format=".0%"),
        alt.Tooltip("hit_rate:Q", title=words["hit_rate"], format=".1%"),
        alt.Tooltip("interval:N", title=words["interval"]),
    ]
    bands = alt.Chart(data[data["name"].isin(BOTH)]).mark_area(opacity=0.16)
    bands = bands.encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=alt.Color("label:N", scale=scale, legend=key))
    lines = alt.Chart(data).mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=45))
    lines = lines.encode(
        x=x,
        y=y,
        color=alt.Color("label:N", scale=scale, legend=key),
        strokeDash=alt.StrokeDash("label:N", scale=dashes, legend=key),
        tooltip=tips,
    )
    return _dressed(bands, lines)


def band_chart(frame: pd.DataFrame, labels: Mapping[str, str], words: Mapping[str, str]) -> alt.LayerChart:
    """Return observed over expected cases by risk band with 95 % intervals, and the line at 1 of a right forecast.

    Parameters
    ----------
    frame
        From `band_frame`.
    words
        The chart's own words: band, ratio, interval, expected, observed.
    """
    data = frame.assign(
        label=frame["name"].map(labels),
        band=[f"{begin:.0%}–{end:.0%}" for begin, end in zip(frame["begin"], frame["end"], strict=True)],
        interval=[f"{low:.2f} – {high:.2f}" for low, high in zip(frame["low"], frame["high"], strict=True)],
    )
    order = list(dict.fromkeys(data.sort_values("order", kind="stable")["band"]))
    x = alt.X("band:N", title=words["band"], sort=order, axis=alt.Axis(labelAngle=0, labelOverlap=False))
    offset = alt.XOffset("label:N", sort=[labels[name] for name in BOTH], scale=alt.Scale(paddingOuter=0.6))
    scale = alt.Scale(domain=[labels[name] for name in BOTH], range=[COLOURS[name] for name in BOTH])
    colour = alt.Color("label:N", scale=scale, legend=alt.Legend(orient="top", title=None, labelLimit=320))
    tips = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("band:N", title=words["band"]),
        alt.Tooltip("expected:Q", title=words["expected"], format=",.1f"),
        alt.Tooltip("observed:Q", title=words["observed"], format=",.0f"),
        alt.Tooltip("ratio:Q", title=words["ratio"], format=".2f"),
        alt.Tooltip("interval:N", title=words["interval"]),
    ]
    right = alt.Chart().mark_rule(color=INK, strokeDash=[4, 3]).encode(y=alt.datum(1))
    spans = alt.Chart(data).mark_rule(strokeWidth=2.5).encode(x=x, xOffset=offset, y="low:Q", y2="high:Q", color=colour)
    zero = alt.Scale(zero=False)
    points = alt.Chart(data).mark_point(filled=True, size=80, opacity=1)
    points = points.encode(
        x=x, xOffset=offset, y=alt.Y("ratio:Q", title=words["ratio"], scale=zero), color=colour, tooltip=tips
    )
    return _dressed(right, spans, points)


def pit_chart(frame: pd.DataFrame, labels: Mapping[str, str], words: Mapping[str, str]) -> alt.LayerChart:
    """Return the PIT histogram: bars of the model, ticks of the baseline, the line at which a right spread lies.

    Parameters
    ----------
    frame
        From `pit_frame`.
    words
        The chart's own words: pit, height.
    """
    data = frame.assign(label=frame["name"].map(labels), middle=(frame["begin"] + frame["end"]) / 2)
    x = alt.X("begin:Q", title=words["pit"], scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".1f"))
    y = alt.Y("height:Q", title=words["height"], axis=alt.Axis(format=".0%"))
    tips = [alt.Tooltip("label:N", title=" "), alt.Tooltip("height:Q", title=words["height"], format=".1%")]
    bars = alt.Chart(data[data["name"] == "boosting"]).mark_bar(color=FORECAST, opacity=0.55, binSpacing=2)
    bars = bars.encode(x=x, x2="end:Q", y=y, y2=alt.datum(0), tooltip=tips)
    ticks = alt.Chart(data[data["name"] == "ewma_ring"]).mark_tick(
        color=BASELINE, thickness=3, size=22, orient="horizontal"
    )
    ticks = ticks.encode(x="middle:Q", y="height:Q", tooltip=tips)
    right = alt.Chart().mark_rule(color=INK, strokeDash=[4, 3]).encode(y=alt.datum(0.1))
    return _dressed(bars, ticks, right)


def _dressed(*layers: alt.Chart) -> alt.LayerChart:
    return (
        alt.layer(*layers)
        .properties(height=HEIGHT_PX, padding={"left": 4, "right": 8, "top": 4, "bottom": 4})
        .configure(font=FONT, background="#ffffff")
        .configure_axis(labelFontSize=13, titleFontSize=13, labelColor=INK, titleColor=INK, gridColor=GRID)
        .configure_legend(labelFontSize=13, labelColor=INK)
        .configure_view(strokeWidth=0)
    )
