"""Two tables: the areas, and the cells at the top with the reasons for their rank; the baseline beside the model."""

from collections.abc import Sequence

import pandas as pd

from riskmap.briefing import findings
from riskmap.briefing.area_rows import full_rows
from riskmap.briefing.layout import MARGIN, TOP, UNKNOWN, Context, data_text, note, number_text
from riskmap.briefing.measure import LINE, fit_lines
from riskmap.briefing.sentences import area_names, forecast_sentence
from riskmap.briefing.slide import CELL_PAD_X, CELL_PAD_Y, WIDTH, Item, Table, set_table, write
from riskmap.figures.scale import format_count
from riskmap.grid.cells import cell_centres, cells_to_text
from riskmap.model.explain import reason_texts

FULL = WIDTH - 2 * MARGIN
MOST_AREAS, MOST_CELLS = 14, 10
LETTERS = (24, 23, 22, 21, 20)


def fitting_table(
    top: float,
    bottom: float,
    widths: Sequence[float],
    rows: Sequence[Sequence[str]],
    left_aligned: Sequence[int],
    *,
    left: float = MARGIN,
) -> Table:
    """Return the table in the largest letters in which all rows fit above `bottom`.

    In the smallest letters the last rows are left out until the rest fits; the head is always there.
    """
    room = bottom - top
    rows = rows[: int(room / (LETTERS[-1] * LINE + 2 * CELL_PAD_Y)) + 2]  # more than one too many are not worth a try
    for letters in LETTERS:
        table = set_table(left, top, widths, rows, letters, room=room, left_aligned=left_aligned)
        if table.height <= room:
            return table
    for n in range(len(rows) - 1, 1, -1):
        table = set_table(left, top, widths, rows[:n], LETTERS[-1], room=room, left_aligned=left_aligned)
        if table.height <= room:
            return table
    return set_table(left, top, widths, rows[:1], LETTERS[-1], left_aligned=left_aligned)


def areas_table(context: Context) -> tuple[str, str, Sequence[Item]]:
    """Return the areas with most expected cases."""
    title = context.say("Areas with most expected cases")
    lead = context.words(forecast_sentence(context.pack.facts))
    rows = full_rows(context)
    if len(rows) < 2:
        missing = context.say("No administrative areas were imported; import the layer `areas` to see them here.")
        return title, lead, [write(MARGIN, TOP + 20, FULL, missing, 26)]
    shown = rows[: MOST_AREAS + 1]
    text = context.say(
        "Shown are {n} of {all} areas. An expected count is a forecast of records for a place, not for persons; cases "
        "with no exact place stand on no cell and in no forecast.",
        n=len(shown) - 1,
        all=len(rows) - 1,
    )
    remark = note(MARGIN, context.bottom, FULL, text)
    widths = (360, 150, 200, 150, 120, 120, 120, 330, 200, FULL - 1750)
    return title, lead, [fitting_table(TOP, remark.top - 14, widths, shown, (0, 7)), remark]


def cells_table(context: Context) -> tuple[str, str, Sequence[Item]]:
    """Return the cells at the top of the list, and why they are there."""
    title = context.say("Top cells and why")
    lead = context.words(findings.held_by_list(context.pack))
    text = context.say(
        "×1.8 means 1.8 times a typical cell. What follows police work says where people looked as much as where the "
        "risk is. Counts in brackets: 8 of 10 such cells lie between them."
    )
    remark = note(MARGIN, context.bottom, FULL, text)
    top = context.pack.lists.top.head(MOST_CELLS)
    counties = county_names(context, top)
    centres = cell_centres(top["cell"].to_numpy())
    head = ["#", context.say("Cell"), context.say("Where"), context.say("Expected (80 %)"), context.say("Baseline")]
    head += [context.say("Rank before"), context.say("Reasons")]
    widths = (56, 240, 330, 190, 120, 150, FULL - 1086)
    rows = [head]
    for row, name, county, lon, lat in zip(
        top.to_dict("records"), cells_to_text(top["cell"].to_numpy()), counties, *centres, strict=True
    ):
        interval = f"{format_count(row['low'])}–{format_count(row['high'])}"
        before = number_text(row["before_rank"]) + (" " + context.say("new") if row["new"] else "")
        rows.append(
            [
                f"{row['rank']:,}",
                name,
                f"{county} {lon:.3f}, {lat:.3f}",
                f"{format_count(row['expected'])} ({interval})",
                format_count(row["baseline_expected"]),
                before,
                reasons_text(context, row["reasons"], widths[-1]),
            ]
        )
    return title, lead, [fitting_table(TOP, remark.top - 14, widths, rows, (1, 2, 6)), remark]


def reasons_text(context: Context, reasons: str, width: float, most_lines: int = 2) -> str:
    """Return the reasons of a cell on few lines; the mark of the unknown where none were prepared."""
    texts = [context.words(text) for text in reason_texts(reasons)]
    joined = ("；" if context.language == "zh" else "; ").join(texts)
    return fit_lines(joined, LETTERS[-1], width - 2 * CELL_PAD_X, most_lines) if texts else UNKNOWN


def county_names(context: Context, cells: pd.DataFrame) -> list[str]:
    """Return the name of the county (of the finest level there is) that each cell lies in; "" where none does."""
    located = context.pack.located.reindex(cells["cell"])
    levels = [
        level for level in ("county", "prefecture", "province") if level in located and located[level].notna().any()
    ]
    if not levels:
        return [""] * len(cells)
    areas = context.pack.areas.drop_duplicates("area_code")
    names = dict(zip(areas["area_code"], area_names(areas, context.language), strict=True))
    return [data_text(names.get(code, code)) for code in located[levels[0]]]
