"""Wastewater: how many loads moved, which, and where cases and loads part; plants go by their codes."""

from collections.abc import Sequence

import pandas as pd

from riskmap.briefing import findings
from riskmap.briefing.layout import MARGIN, TOP, UNKNOWN, Context, data_text, heading, note, number_text
from riskmap.briefing.slide import WIDTH, Item, write
from riskmap.briefing.slide_places import fitting_table
from riskmap.briefing.wastewater_facts import SAMPLES, STALE_DAYS
from riskmap.decisions.blind_spots import NOTABLE, count_verdicts
from riskmap.figures.scale import format_count
from riskmap.figures.words import analyte_words, format_day

HALF = (WIDTH - 2 * MARGIN - 40) / 2
RIGHT = MARGIN + HALF + 40
MOST_MOVES, MOST_PLANTS = 6, 8


def wastewater(context: Context) -> tuple[str, str, Sequence[Item]]:
    """Return the slide of wastewater; without samples it says so."""
    found = context.pack.wastewater
    title, lead = context.say("Wastewater"), context.words(findings.wastewater_moves(found))
    text = context.say(
        "Loads in mg per day and 1,000 people, means of {k} samples against the {k} before, of one series, none "
        "flagged. Notable: beyond a factor of {factor} with its whole 95 % interval. Unknown: too few samples, most "
        "below detection, or none for {days} days. {share} of the cells drain to a sampled plant; the others are not "
        "monitored, not clean.",
        k=SAMPLES,
        factor=f"{NOTABLE:g}",
        days=STALE_DAYS,
        share=findings.say_share(found.monitored_share),
    )
    remark = note(MARGIN, context.bottom, WIDTH - 2 * MARGIN, text)
    bottom = remark.top - 18
    return title, lead, [*_substances(context, bottom), *_moved(context, bottom), remark]


def _substances(context: Context, bottom: float) -> list[Item]:
    found, words = context.pack.wastewater, analyte_words(context.language)
    title = heading(MARGIN, TOP, HALF, context.say("By substance: {n} plants sampled", n=found.plants))
    top = TOP + title.height + 8
    if not len(found.moves):
        missing = context.say("No sample of a plant with at least 10,000 people: wastewater is unknown here.")
        return [title, write(MARGIN, top + 8, HALF, missing, 22)]
    head = [
        context.say("Substance"),
        context.say("Median load"),
        context.say("Before"),
        context.say("Rose"),
        context.say("Fell"),
    ]
    head += [context.say("No change"), context.say("Unknown"), context.say("Newest sample")]
    rows = [head]
    for analyte, part in found.moves.groupby("analyte", sort=True):
        told = part[part["finding"].notna()]
        loads = [UNKNOWN if told.empty else format_count(float(told[name].median())) for name in ("now", "before")]
        counts = [int((told["finding"] == step).sum()) for step in (1, -1, 0)]
        newest = format_day(part["newest"].max(), context.language)
        name = data_text(words.get(str(analyte), analyte))
        rows.append([name, *loads, *(f"{n}" for n in counts), f"{len(part) - len(told)}", newest])
    widths = (210, 104, 96, 76, 70, 104, 106, HALF - 766)
    return [title, fitting_table(top, bottom, widths, rows, (0,))]


def _moved(context: Context, bottom: float) -> list[Item]:
    moved, words = context.pack.wastewater.moved, analyte_words(context.language)
    words_of = {"n": min(len(moved), MOST_MOVES), "all": len(moved)}
    title = heading(RIGHT, TOP, HALF, context.say("Loads that moved notably: {n} of {all}", **words_of))
    top = TOP + title.height + 8
    if not len(moved):
        none = write(RIGHT, top + 4, HALF, context.say("None."), 22)
        return [title, none, *_beside(context, none.top + none.height + 26, bottom)]
    rows = [
        [
            context.say("Plant"),
            context.say("Substance"),
            context.say("Before"),
            context.say("Now"),
            context.say("Factor (95 %)"),
        ]
    ]
    for row in moved.head(MOST_MOVES).to_dict("records"):
        loads = [format_count(row["before"]), format_count(row["now"])]
        factor = f"×{row['ratio']:.2f} ({row['low']:.2f}–{row['high']:.2f})"
        rows.append([data_text(row["code"], 24), data_text(words.get(row["analyte"], row["analyte"])), *loads, factor])
    middle = (top + bottom) / 2
    table = fitting_table(top, middle, (150, HALF - 640, 120, 120, 250), rows, (0, 1), left=RIGHT)
    return [title, table, *_beside(context, table.top + table.height + 24, bottom)]


def _beside(context: Context, top: float, bottom: float) -> list[Item]:
    found = context.pack.wastewater.beside_cases
    title = heading(RIGHT, top, HALF, context.say("Cases of a year beside the load"))
    top += title.height + 8
    if found.empty:
        missing = context.say("Not to be compared: it takes three plants with catchments and a year of samples.")
        return [title, write(RIGHT, top + 4, HALF, missing, 20)]
    counts = count_verdicts(found)
    sentence = context.say(
        "{n} plants by {analyte}: {few} with few cases for their load, {many} with many, {rest} as elsewhere.",
        n=len(found),
        analyte=data_text(analyte_words(context.language).get(found["analyte"].iloc[0], found["analyte"].iloc[0])),
        few=counts["few"],
        many=counts["many"],
        rest=counts["as expected"],
    )
    said = write(RIGHT, top, HALF, sentence, 20)
    # What differs most comes first: few cases for the load, then many, then the lowest factors of the rest.
    rest = found[found["verdict"] == "as expected"]
    parted = pd.concat([found[found["verdict"] == "few"], found[found["verdict"] == "many"].iloc[::-1], rest])
    rows = [
        [
            context.say("Plant"),
            context.say("Cases"),
            context.say("If all were alike"),
            context.say("Factor (95 %)"),
            context.say("Finding"),
        ]
    ]
    verdicts = {
        "few": context.say("few: does anybody look there?"),
        "many": context.say("many: enforcement or transit"),
        "as expected": context.say("as elsewhere"),
    }
    for row in parted.head(MOST_PLANTS).to_dict("records"):
        counts_of = [number_text(row["cases"]), number_text(row["even"])]
        factor = f"×{row['ratio']:.2f} ({row['low']:.2f}–{row['high']:.2f})"
        rows.append([data_text(row["code"], 24), *counts_of, factor, verdicts[row["verdict"]]])
    widths = (130, 100, 170, 240, HALF - 640)
    table = fitting_table(said.top + said.height + 10, bottom, widths, rows, (0, 4), left=RIGHT)
    return [title, said, table]
