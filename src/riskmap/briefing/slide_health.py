"""The model: its checks, and how it did on past periods beside its baseline."""

from collections.abc import Sequence

import pandas as pd

from riskmap.briefing import findings
from riskmap.briefing.layout import AMBER, MARGIN, RULE, TOP, UNKNOWN, Context, heading, note
from riskmap.briefing.model_health import Check
from riskmap.briefing.slide import WIDTH, Box, Item, write
from riskmap.briefing.slide_places import fitting_table
from riskmap.figures.scale import format_count
from riskmap.figures.words import format_day, format_period

FULL = WIDTH - 2 * MARGIN
HALF = (FULL - 40) / 2
RIGHT = MARGIN + HALF + 40
GAP, TILE = 18, 196
TONES = {"good": ("#2e7d5b", ""), "look": (AMBER, "▲"), "unknown": (RULE, "?")}


def model_health(context: Context) -> tuple[str, str, Sequence[Item]]:
    """Return the slide of the model's health."""
    pack = context.pack
    title, lead = context.say("Health of the model"), context.words(findings.health(pack.checks))
    width = (FULL - GAP * (len(pack.checks) - 1)) / len(pack.checks)
    items: list[Item] = []
    for number, check in enumerate(pack.checks):
        items += _tile(context, check, MARGIN + number * (width + GAP), width)
    text = context.say(
        "Model {model}; baseline: {baseline}. A hit rate is the share of the cases of past periods that fell into the "
        "cells marked by each forecast; intervals of 95 %. What was recorded so far still grows by late registrations.",
        model=str(pack.surface.manifest["model_id"]),
        baseline=str(pack.surface.manifest["baseline"]),
    )
    remark = note(MARGIN, context.bottom, FULL, text)
    below = (TOP + TILE + 30, remark.top - 16)
    return title, lead, [*items, *_skill(context, *below), *_past(context, *below), remark]


def _tile(context: Context, check: Check, left: float, width: float) -> list[Item]:
    colour, sign = TONES[check.verdict]
    return [
        Box(left, TOP, width, TILE, "#f4f1e8"),
        Box(left, TOP, width, 8, colour),
        write(left + 16, TOP + 16, width - 32, context.words(check.name), 19),
        write(left + 16, TOP + 70, width - 32, f"{sign} {check.value}".strip(), 34, bold=True),
        write(left + 16, TOP + 122, width - 32, context.words(check.meaning), 17),
    ]


def _skill(context: Context, top: float, bottom: float) -> list[Item]:
    pack = context.pack
    title = heading(MARGIN, top, HALF, context.say("Skill: model beside baseline"))
    top += title.height + 8
    if not pack.skill or pack.evaluation is None:
        missing = context.say("Not measured yet; `riskmap evaluate {area}` does it.", area=pack.study.id)
        return [title, write(MARGIN, top + 6, HALF, missing, 24)]
    origins = pack.evaluation["origins"]
    span = context.say(
        "{n} past periods, begun between {first} and {last}",
        n=len(origins),
        first=format_day(origins[0], context.language),
        last=format_day(origins[-1], context.language),
    )
    said = write(MARGIN, top, HALF, span, 21)
    share = findings.say_share(pack.study.operating_share)
    head = [context.say("Forecast"), context.say("Hit rate at {share}", share=share)]
    rows = [[*head, context.say("95 % interval"), context.say("Cases N")]]
    for row in pack.skill:
        interval = f"{row.low:.1%} – {row.high:.1%}"
        rows.append([context.words(row.name), f"{row.hit_rate:.1%}", interval, f"{row.events:,}"])
    widths = (HALF - 520, 160, 230, 130)
    return [title, said, fitting_table(said.top + said.height + 10, bottom, widths, rows, (0,))]


def _past(context: Context, top: float, bottom: float) -> list[Item]:
    past = context.pack.past
    title = heading(RIGHT, top, HALF, context.say("Forecasts published before, and what was recorded"))
    top += title.height + 8
    if not len(past):
        return [title, write(RIGHT, top + 6, HALF, context.say("This is the first forecast."), 24)]
    head = [context.say("Period"), context.say("Expected"), context.say("80 % interval"), context.say("Baseline")]
    rows = [[*head, context.say("Recorded so far")]]
    for row in past.to_dict("records"):
        period = format_period(context.pack.study.period, row["period_start"], row["period_end"], context.language)
        interval = " – ".join(UNKNOWN if pd.isna(row[key]) else format_count(row[key]) for key in ("low", "high"))
        recorded = context.say("not known") if pd.isna(row["recorded"]) else f"{row['recorded']:,.0f}"
        rows.append([period, format_count(row["expected"]), interval, format_count(row["baseline"]), recorded])
    return [title, fitting_table(top, bottom, (HALF - 560, 120, 170, 120, 150), rows, (0,), left=RIGHT)]
