"""The chart of a place's history and forecast."""

from typing import Any

import pandas as pd

from riskmap.figures.scale import INK, NOT_REPORTED

OBSERVED = "#33658a"
FORECAST = "#b0193f"
BASELINE = "#111111"
GRID = "#e4e0d6"
"""On white paper, in the dark too, where the pages' own grid would be black."""
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
    forecast: dict[str, Any],
    words: dict[str, str],
    last: int,
    height: int = 165,
    font_px: int = 13,
) -> dict[str, Any]:
    """Return observed counts, grey bands where nothing was reported, and the forecast with its interval and baseline.

    Parameters
    ----------
    history
        From `history_frame`; a column `holiday` (bool), where there is one, marks periods with public holidays.
    forecast
        period_start, period_end, expected, baseline, and low and high where there is an interval.
    words
        The chart's own words: cases, not_reported.
    last
        How many periods are shown.
    height, font_px
        Of the chart and its letters, pixels.

    Returns
    -------
    A Vega-Lite specification. It is written out, since altair takes a tenth of a second and more to check it, and every
    click on a map draws one anew.
    """
    shown = history.tail(last)
    reported = shown["reported"].astype(bool)
    holidays = shown[shown["holiday"]] if "holiday" in shown else shown[:0]
    middle = forecast["period_start"] + (forecast["period_end"] - forecast["period_start"]) / 2
    x = {
        "field": "period_start",
        "type": "temporal",
        "title": None,
        "axis": {"format": "%y-%m", "labelAngle": 0, "labelOverlap": True},
    }
    spans = {"x": x, "x2": {"field": "period_end"}}
    counts = {"field": "count", "type": "quantitative", "title": words["cases"], "axis": {"tickMinStep": 1}}
    at = {"field": "middle", "type": "temporal"}
    layers = [
        _layer(
            shown[~reported],
            {"type": "rect", "color": NOT_REPORTED, "opacity": 0.45},
            spans | {"tooltip": {"value": words["not_reported"]}},
        ),
        _layer(
            shown.dropna(subset=["count"]),
            {"type": "bar", "color": OBSERVED, "binSpacing": 1},
            spans | {"y": counts, "y2": {"datum": 0}},
        ),
    ]
    if len(holidays):
        mark = {"type": "point", "shape": "triangle-up", "color": BASELINE, "filled": True, "size": 30, "yOffset": 7}
        layers.append(_layer(holidays, mark, {"x": x, "y": {"datum": 0}}))
    row = pd.DataFrame([forecast | {"middle": middle}])
    if "low" in forecast:
        mark = {"type": "rule", "color": FORECAST, "size": 4}
        layers.append(_layer(row, mark, {"x": at, "y": _quantity("low"), "y2": {"field": "high"}}))
    dot = {"type": "point", "color": FORECAST, "filled": True, "size": 90}
    tick = {"type": "tick", "color": BASELINE, "thickness": 3, "size": 16, "orient": "horizontal"}
    layers += [
        _layer(row, dot, {"x": at, "y": _quantity("expected")}),
        _layer(row, tick, {"x": at, "y": _quantity("baseline")}),
    ]
    letters = {"labelFontSize": font_px, "titleFontSize": font_px, "labelColor": INK, "titleColor": INK}
    letters |= {"gridColor": GRID}
    return {
        "layer": layers,
        "height": height,
        "padding": {"left": 4, "right": 8, "top": 4, "bottom": 4},
        "config": {"font": FONT, "background": "#ffffff", "axis": letters, "view": {"strokeWidth": 0}},
    }


def _quantity(field: str) -> dict[str, str]:
    return {"field": field, "type": "quantitative"}


def _layer(rows: pd.DataFrame, mark: dict[str, Any], encoding: dict[str, Any]) -> dict[str, Any]:
    """Return one layer with what it draws of `rows`; moments as text in local time, as Vega-Lite reads them."""
    drawn = rows[[channel["field"] for channel in encoding.values() if "field" in channel]]
    times = drawn.select_dtypes("datetime").columns
    said = drawn.assign(**{name: drawn[name].dt.strftime("%Y-%m-%dT%H:%M:%S") for name in times})
    return {"data": {"values": said.to_dict("records")}, "mark": mark, "encoding": encoding}
