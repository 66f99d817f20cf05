"""Rows of areas for the tables: what is expected, what was recorded, and what may be said of the change."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from riskmap.briefing.layout import UNKNOWN, Context, data_text, number_text
from riskmap.briefing.sentences import area_names
from riskmap.figures.scale import format_count
from riskmap.figures.words import format_signed

Rows = list[list[str]]
Row = dict[Hashable, Any]


def short_rows(context: Context) -> Rows:
    """Return head and rows: area, expected, interval, baseline."""
    head = [context.say("Area"), context.say("Expected"), context.say("80 % interval"), context.say("Baseline")]
    return [head, *([name, *_expected(row)] for name, row in _named(context))]


def change_rows(context: Context) -> Rows:
    """Return head and rows: area, last, before, z, finding; the areas with a finding first."""
    head = [context.say("Area"), context.say("Last"), context.say("Before"), "z", context.say("Finding")]
    rows = sorted(_named(context), key=lambda pair: -abs(pair[1]["notable"]))
    return [head, *([name, *_change(context, row)] for name, row in rows)]


def full_rows(context: Context) -> Rows:
    """Return head and rows with everything that is told of an area."""
    head = [*short_rows(context)[0], *change_rows(context)[0][1:]]
    head += [context.say("No exact place"), context.say("Monitored")]
    return [
        head,
        *(
            [
                name,
                *_expected(row),
                *_change(context, row),
                number_text(row.get("last_unplaced")),
                number_text(row["monitored_share"], "{:.0%}"),
            ]
            for name, row in _named(context)
        ),
    ]


def _named(context: Context) -> list[tuple[str, Row]]:
    areas = context.pack.facts.areas
    names = [data_text(name) for name in area_names(areas, context.language)]
    return list(zip(names, areas.to_dict("records"), strict=True))


def _expected(row: Row) -> list[str]:
    keys = ("expected", "low", "high", "baseline_expected")
    said: list[str] = [UNKNOWN if pd.isna(row[key]) else format_count(row[key]) for key in keys]
    expected, low, high, baseline = said
    return [expected, f"{low} – {high}", baseline]


def _change(context: Context, row: Row) -> list[str]:
    """Return last, before, z and the finding; a period that was not reported has no count."""
    total = context.pack.facts.total
    last = np.nan if total.now is None else float(row["last_count"])
    before = np.nan if total.before is None else float(row["before_count"])
    counts = [number_text(last), number_text(before)]
    if UNKNOWN in counts:
        return [*counts, UNKNOWN, context.say("not known")]
    if last + before < context.pack.study.minimum_count:
        return [*counts, UNKNOWN, context.say("too few")]
    words = {1: context.say("▲ rise"), -1: context.say("▼ fall"), 0: context.say("no notable change")}
    return [*counts, format_signed(row["z"]), words[row["notable"]]]
