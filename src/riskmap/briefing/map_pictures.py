"""The pack's maps and its chart: what is drawn in them, and the legends that stand beside them as texts."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from riskmap.briefing.layout import Context, data_text
from riskmap.briefing.measure import text_width
from riskmap.briefing.sentences import area_names
from riskmap.briefing.slide import Box, Item, write
from riskmap.figures import static_map
from riskmap.figures.change_map import draw_steps
from riskmap.figures.charts import history_frame
from riskmap.figures.legend import LegendEntry
from riskmap.figures.scale import INK
from riskmap.figures.static_chart import draw_history
from riskmap.figures.words import format_signed

LABELS = 11.5
MOST_LABELS = 15
"""More names would hide the cells that they name: those with most expected cases are written, or what changed."""
CHART_LETTERS = 13
PERIODS_SHOWN = {"day": 56, "week": 52, "month": 36, "quarter": 16}
LEGEND_ROW = 36


def draw_week(context: Context, axes: Axes) -> None:
    """Draw the cells in their frozen classes."""
    static_map.frame_map(axes, context.pack.outline.bounds)
    static_map.draw_cells(axes, context.pack.drawn, context.pack.scale)
    _draw_places(context, axes, marks=False)


def draw_change(context: Context, steps: pd.Series, axes: Axes) -> None:
    """Draw by how many classes cells moved, and which areas' recorded cases changed notably."""
    static_map.frame_map(axes, context.pack.outline.bounds)
    draw_steps(axes, steps)
    _draw_places(context, axes, marks=True)


def _draw_places(context: Context, axes: Axes, *, marks: bool) -> None:
    facts, areas = context.pack.facts, context.pack.areas
    static_map.draw_lines(axes, [context.pack.outline], INK, 1.6, 5)
    if not marks:  # under what changed, roads would only hide it
        static_map.draw_lines(axes, list(context.pack.roads.geometry), "#8b8f94", 0.6, 3)
    level = facts.areas["level"].iloc[0] if len(facts.areas) else "county"
    shown = areas[areas["level"] == level].drop_duplicates("area_code").set_index("area_code")
    static_map.draw_lines(axes, list(shown.geometry), "#4a5560", 0.7, 4)
    told = facts.areas[facts.areas["area_code"].isin(shown.index)].reset_index(drop=True)
    names = pd.Series([data_text(name) for name in area_names(told, context.language)], dtype=object)
    if marks:
        # Areas that changed come first: of two names that would cover each other the first is written.
        signs = {1: " ▲ z = ", -1: " ▼ z = "}
        names += [
            signs[row["notable"]] + format_signed(row["z"]) if row["notable"] else "" for row in told.to_dict("records")
        ]
        order = (told["notable"] == 0).sort_values(kind="stable").index
        told, names = told.loc[order], names.loc[order]
    told, names = told.head(MOST_LABELS), names.head(MOST_LABELS)
    static_map.draw_labels(axes, shown.loc[told["area_code"]].reset_index(), names, LABELS)


def draw_cases(context: Context, axes: Axes) -> None:
    """Draw the whole area's cases and the forecast."""
    facts = context.pack.facts
    periods = facts.surface.table("periods")
    counts = periods[["period_start", "cases"]].rename(columns={"cases": "count"})
    manifest = facts.surface.manifest
    forecast: dict[str, object] = {
        "period_start": facts.period_start,
        "period_end": facts.period_end,
        "expected": float(manifest["expected_total"]),
        "baseline": float(manifest["baseline_total"]),
    }
    if facts.interval:
        forecast |= dict(zip(("low", "high"), facts.interval, strict=True))
    shown = history_frame(counts, periods).tail(PERIODS_SHOWN[facts.study.period])
    draw_history(axes, shown, forecast, CHART_LETTERS)


def legend_items(
    left: float, top: float, width: float, title: str, entries: Sequence[LegendEntry], language: str
) -> list[Item]:
    """Return a legend of our own boxes and texts: a title and rows of entries, as many a row as fit."""
    items: list[Item] = [write(left, top, width, title, 20)]
    x, y = left, top + items[0].height + 8
    for entry in entries:
        text = entry.words(language)
        needed = 44 + text_width(text, 20) + 26
        if x > left and x + needed - 26 > left + width:
            x, y = left, y + LEGEND_ROW
        items += _mark(entry, x, y)
        items.append(write(x + 44, y, text_width(text, 20) + 2, text, 20))
        x += needed
    return items


def _mark(entry: LegendEntry, left: float, top: float) -> list[Item]:
    fill = "#fbfaf6" if entry.mark == "dotted" else entry.fill
    items: list[Item] = [Box(left, top + 3, 34, 22, fill, "#8a8573")]
    if entry.mark == "dotted":
        items += [Box(left + 6 + 9 * x, top + 8 + 9 * y, 3, 3, entry.fill) for x in range(3) for y in range(2)]
    return items
