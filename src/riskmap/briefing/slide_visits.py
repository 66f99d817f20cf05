"""The inspection list in short: visits by county and by kind, its first sites with the reason for each."""

from collections.abc import Sequence

import pandas as pd

from riskmap.briefing import findings
from riskmap.briefing.layout import MARGIN, TOP, UNKNOWN, Context, data_text, heading, note
from riskmap.briefing.measure import fit_lines
from riskmap.briefing.sentences import area_names
from riskmap.briefing.slide import CELL_PAD_X, WIDTH, Item, Table, write
from riskmap.briefing.slide_places import fitting_table
from riskmap.briefing.visit_facts import VisitFacts
from riskmap.figures.scale import format_count
from riskmap.figures.words import best_names, format_day, kind_word

LEFT_WIDTH = 560
RIGHT = MARGIN + LEFT_WIDTH + 40
RIGHT_WIDTH = WIDTH - MARGIN - RIGHT
MOST_SITES = 12


def visits(context: Context) -> tuple[str, str, Sequence[Item]]:
    """Return the slide of the inspection list; without a list it says so."""
    found = context.pack.visits
    title, lead = context.say("Inspection list"), context.words(findings.visits_planned(found))
    if found is None:
        area = context.pack.study.id
        missing = context.say(
            "There is no inspection list yet. Make one by `riskmap plan {area} --visits 20`.", area=area
        )
        return title, lead, [write(MARGIN, TOP + 20, WIDTH - 2 * MARGIN, missing, 26)]
    remark = note(MARGIN, context.bottom, WIDTH - 2 * MARGIN, " ".join(_remarks(context, found)))
    bottom = remark.top - 18
    return title, lead, [*_counts(context, found, bottom), *_sites(context, found, bottom), remark]


def _remarks(context: Context, found: VisitFacts) -> list[str]:
    said = [context.say("Sites drawn at random keep the list honest: they show what is found without the forecast.")]
    if not found.own:
        day = format_day(found.plan.manifest["data_cut_off"], context.language)
        said.append(context.say("The list was drawn up from an earlier forecast (data until {day}).", day=day))
    said.append(context.say("What visits found is not recorded here: the outcome of the list before is unknown."))
    return said


def _counts(context: Context, found: VisitFacts, bottom: float) -> list[Item]:
    areas = context.pack.areas.drop_duplicates("area_code")
    names = dict(zip(areas["area_code"], area_names(areas, context.language), strict=True))
    counties = found.by("county_code")
    words = [UNKNOWN if pd.isna(code) else data_text(names.get(code, code)) for code in counties["county_code"]]
    middle = TOP + (bottom - TOP) * 0.52
    title = heading(MARGIN, TOP, LEFT_WIDTH, context.say("Visits by county"))
    upper = _count_table(context, title.top + title.height + 8, middle, context.say("County"), words, counties)
    kinds = found.by("kind")
    words = [kind_word(kind, context.language) for kind in kinds["kind"]]
    below = heading(MARGIN, upper.top + upper.height + 24, LEFT_WIDTH, context.say("Visits by kind of site"))
    lower = _count_table(context, below.top + below.height + 8, bottom, context.say("Kind"), words, kinds)
    return [title, upper, below, lower]


def _count_table(
    context: Context, top: float, bottom: float, name: str, words: Sequence[str], counts: pd.DataFrame
) -> Table:
    """Return the table of counts; what does not fit is added up as others."""
    head = [name, context.say("Visits"), context.say("at random")]
    rows = [[word, f"{n}", f"{random}"] for word, n, random in zip(words, counts["n"], counts["random"], strict=True)]
    for most in range(len(rows), 0, -1):
        rest = counts.iloc[most:]
        others = [[context.say("others"), f"{rest['n'].sum()}", f"{rest['random'].sum()}"]] if len(rest) else []
        shown = [head, *rows[:most], *others]
        table = fitting_table(top, bottom, (LEFT_WIDTH - 250, 110, 140), shown, (0,))
        if len(table.rows) == len(shown):
            break
    return table


def _sites(context: Context, found: VisitFacts, bottom: float) -> list[Item]:
    sites = found.sites.head(MOST_SITES)
    words = context.say("The first {n} of {all} visits", n=len(sites), all=len(found.plan.sites))
    title = heading(RIGHT, TOP, RIGHT_WIDTH, words)
    names = [data_text(name, 40) for name in best_names(sites, "site_id", context.language)]
    head = [
        "#",
        context.say("Site"),
        context.say("Kind"),
        context.say("Expected"),
        context.say("Chosen"),
        context.say("Reason"),
    ]
    widths = (54, 330, 190, 110, 130, RIGHT_WIDTH - 814)
    rows = [head]
    arms = {"random": context.say("at random"), "ranked": context.say("by rank")}
    for row, name in zip(sites.to_dict("records"), names, strict=True):
        reason = fit_lines(data_text(row[f"reason_{context.language}"], 200), 18, widths[-1] - 2 * CELL_PAD_X, 2)
        kind = kind_word(row["kind"], context.language)
        rows.append([f"{row['visit']}", name, kind, format_count(row["expected"]), arms[row["arm"]], reason])
    table = fitting_table(title.top + title.height + 8, bottom, widths, rows, (1, 2, 4, 5), left=RIGHT)
    return [title, table]
