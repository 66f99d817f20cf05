"""The list against the one before: what is new in it, and what happened in the cells of the last one."""

import json
from collections.abc import Sequence

from riskmap.briefing import findings
from riskmap.briefing.layout import MARGIN, TOP, UNKNOWN, Context, heading, note, number_text
from riskmap.briefing.slide import WIDTH, Item, set_table, write
from riskmap.briefing.slide_places import county_names, fitting_table, reasons_text
from riskmap.figures.scale import format_count
from riskmap.grid.cells import cells_to_text

LEFT_WIDTH = 980
RIGHT = MARGIN + LEFT_WIDTH + 40
RIGHT_WIDTH = WIDTH - MARGIN - RIGHT
MOST_ROWS = 10


def list_table(context: Context) -> tuple[str, str, Sequence[Item]]:
    """Return new cells to the left, the outcome of the last list to the right."""
    lists = context.pack.lists
    title = context.say("The list against the one before")
    lead = context.words(findings.list_outcome(lists))
    if context.pack.facts.previous is None:
        return title, lead, []
    text = context.say(
        "Cases are counted as known at the data cut-off: late registrations still come. Intervals (95 %, Wilson) take "
        "cases as independent of each other; one period alone proves nothing. Reasons are prepared for top cells only "
        "(–)."
    )
    remark = note(MARGIN, context.bottom, WIDTH - 2 * MARGIN, text)
    return title, lead, [*_new(context, remark.top - 18), *_happened(context, remark.top - 18), remark]


def _new(context: Context, bottom: float) -> list[Item]:
    lists = context.pack.lists
    words = context.say(
        "New in the list: {new} of {n} cells; {left} left it",
        new=f"{len(lists.new):,}",
        n=f"{len(lists.top):,}",
        left=f"{lists.left:,}",
    )
    title = heading(MARGIN, TOP, LEFT_WIDTH, words)
    top = TOP + title.height + 8
    if not len(lists.new):
        return [title, write(MARGIN, top + 8, LEFT_WIDTH, context.say("No cell is new in the list."), 22)]
    shown = lists.new.head(MOST_ROWS)
    head = ["#", context.say("Cell"), context.say("Where"), context.say("Rank before"), context.say("Expected")]
    head += [context.say("Baseline"), context.say("Strongest reason")]
    widths = (64, 218, 150, 96, 102, 102, LEFT_WIDTH - 732)
    rows = [head]
    names, counties = cells_to_text(shown["cell"].to_numpy()), county_names(context, shown)
    for row, name, county in zip(shown.to_dict("records"), names, counties, strict=True):
        rows.append(
            [
                f"{row['rank']:,}",
                name,
                county,
                number_text(row["before_rank"]),
                format_count(row["expected"]),
                format_count(row["baseline_expected"]),
                reasons_text(context, _strongest(row["reasons"]), widths[-1], 3),
            ]
        )
    return [title, fitting_table(top, bottom, widths, rows, (1, 2, 6))]


def _strongest(reasons: str) -> str:
    return json.dumps(json.loads(reasons)[:1]) if reasons else ""


def _happened(context: Context, bottom: float) -> list[Item]:
    lists = context.pack.lists
    title = heading(RIGHT, TOP, RIGHT_WIDTH, context.say("What became of the last list"))
    top = TOP + title.height + 8
    if not lists.outcomes:
        return [title, write(RIGHT, top + 8, RIGHT_WIDTH, context.words(findings.list_outcome(lists)), 22)]
    head = [context.say("List of"), context.say("Cells"), context.say("Cases hit"), context.say("Share (95 %)")]
    rows = [head]
    for found in lists.outcomes:
        interval = f"{found.share:.0%} ({found.low:.0%}–{found.high:.0%})"
        rows.append([context.words(found.name), f"{found.cells:,}", f"{found.hits:,} / {found.cases:,}", interval])
    widths = (RIGHT_WIDTH - 460, 110, 150, 200)
    outcome = set_table(RIGHT, top, widths, rows, 20)
    below = heading(
        RIGHT, outcome.top + outcome.height + 24, RIGHT_WIDTH, context.say("Its first cells, and the cases there since")
    )
    return [title, outcome, below, _first_cells(context, below.top + below.height + 8, bottom)]


def _first_cells(context: Context, top: float, bottom: float) -> Item:
    last = context.pack.lists.last_top.head(MOST_ROWS)
    ranks = context.pack.surface.cells.set_index("cell")["rank"].reindex(last["cell"])
    rows = [
        [
            "#",
            context.say("Cell"),
            context.say("Where"),
            context.say("Expected"),
            context.say("Baseline"),
            context.say("Cases"),
            context.say("Rank now"),
        ]
    ]
    names, counties = cells_to_text(last["cell"].to_numpy()), county_names(context, last)
    for row, name, county, rank in zip(last.to_dict("records"), names, counties, ranks, strict=True):
        counts = [format_count(row[key]) for key in ("expected", "baseline_expected")]
        counts += [number_text(row["happened"]), number_text(rank)]
        rows.append([f"{row['rank']:,}", name, county or UNKNOWN, *counts])
    widths = (56, 220, RIGHT_WIDTH - 706, 120, 110, 80, 120)
    return fitting_table(top, bottom, widths, rows, (1, 2), left=RIGHT)
