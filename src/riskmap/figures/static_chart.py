"""The history of cases drawn by matplotlib: counts, gaps, the forecast with its interval, the baseline."""

from collections.abc import Mapping
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from riskmap.figures.charts import BASELINE, FORECAST, OBSERVED
from riskmap.figures.scale import INK, NOT_REPORTED


def draw_history(axes: Axes, history: pd.DataFrame, forecast: Mapping[str, Any], size: float) -> None:
    """Draw what was recorded and what is expected.

    Parameters
    ----------
    history
        From `charts.history_frame`: period_start, period_end, reported, count.
    forecast
        period_start, period_end, expected, baseline, and low and high where there is an interval.
    size
        Of the letters, in points.
    """
    starts, ends = (mdates.date2num(history[name]) for name in ("period_start", "period_end"))
    axes.bar(starts, history["count"], width=(ends - starts) * 0.88, align="edge", color=OBSERVED, zorder=2)
    for start, end, reported in zip(starts, ends, history["reported"].astype(bool), strict=True):
        if not reported:
            axes.axvspan(start, end, color=NOT_REPORTED, alpha=0.6, linewidth=0, zorder=1)
    span = mdates.date2num([forecast["period_start"], forecast["period_end"]])
    middle = float(np.mean(span))
    if "low" in forecast:
        axes.plot([middle, middle], [forecast["low"], forecast["high"]], color=FORECAST, linewidth=5, zorder=3)
    axes.plot([middle], [forecast["expected"]], "o", color=FORECAST, markersize=11, zorder=4)
    axes.plot([span[0] - 2, span[1] + 2], [forecast["baseline"]] * 2, color=BASELINE, linewidth=3.5, zorder=5)
    locator = mdates.AutoDateLocator(minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y-%m"))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.tick_params(labelsize=size, colors=INK, length=3)
    axes.set_ylim(bottom=0)
    axes.set_facecolor("white")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
