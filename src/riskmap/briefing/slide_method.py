"""What is not known, and how the numbers of the pack came about."""

from collections.abc import Sequence

from riskmap.briefing import findings
from riskmap.briefing.layout import MARGIN, TOP, Context, data_text, fit_words, heading
from riskmap.briefing.sentences import gaps_sentence
from riskmap.briefing.slide import WIDTH, Item
from riskmap.briefing.slide_places import fitting_table
from riskmap.figures.words import PERIOD_WORDS, format_day, layer_word

HALF = (WIDTH - 2 * MARGIN - 40) / 2
RIGHT = MARGIN + HALF + 40
SIZES = (22, 21, 20, 19, 18, 17)


def gaps_and_method(context: Context) -> tuple[str, str, Sequence[Item]]:
    """Return the last slide."""
    title = context.say("What is not known, and how this was made")
    lead = context.words(gaps_sentence(context.pack.facts, context.language))
    left = heading(MARGIN, TOP, HALF, context.say("Unknown is unknown"))
    said = fit_words(MARGIN, TOP + left.height + 8, HALF, context.room * 0.42, _unknown(context), sizes=SIZES)
    below = heading(MARGIN, said.top + said.height + 24, HALF, context.say("Sources at the data cut-off"))
    table = _sources(context, below.top + below.height + 8, context.bottom)
    right = heading(RIGHT, TOP, HALF, context.say("Method"))
    room = context.bottom - TOP - right.height - 8
    method = fit_words(RIGHT, TOP + right.height + 8, HALF, room, _method(context), sizes=SIZES)
    return title, lead, [left, said, below, table, right, method]


def _unknown(context: Context) -> list[str]:
    pack = context.pack
    areas = pack.surface.table("areas")
    unplaced = (
        round(float(areas.loc[areas["level"] == "province", "last_unplaced"].sum())) if "last_unplaced" in areas else 0
    )
    share = findings.say_share(pack.wastewater.monitored_share)
    unknown = [context.words(check.name) for check in pack.checks if check.verdict == "unknown"]
    said = [
        context.say(
            "{share} of the cells drain to a sampled plant; all others are not monitored, which is not clean.",
            share=share,
        ),
        context.say("Cases of the last period without an exact place, which stand on no cell: {n}.", n=unplaced),
        context.say("What visits found is not recorded here: the outcome of the list before is unknown."),
    ]
    if pack.facts.previous is None:
        said.append(context.say("There is no earlier forecast to compare the top cells with."))
    if unknown:
        said.append(context.say("Checks that cannot be told: {names}.", names=", ".join(unknown)))
    return said


def _sources(context: Context, top: float, bottom: float) -> Item:
    rows = [[context.say("Source"), context.say("Latest record"), context.say("Rows"), context.say("From")]]
    freshness = context.pack.surface.manifest.get("freshness") or {}
    for layer, entry in sorted(freshness.items(), key=lambda item: (item[1]["latest"] is None, item[0])):
        latest = format_day(entry["latest"], context.language) if entry["latest"] else context.say("no dates")
        source = data_text(", ".join(entry["source"]), 60)
        rows.append([layer_word(layer, context.language), latest, _rows(entry["rows"]), source])
    return fitting_table(top, bottom, (250, 210, 130, HALF - 590), rows, (0, 1, 3))


def _rows(n: int | None) -> str:
    """Return a number of rows; a dash where a reader of some areas only is not told of all."""
    return "–" if n is None else f"{n:,}"


def _method(context: Context) -> list[str]:
    study, manifest = context.pack.study, context.pack.surface.manifest
    period = context.words(PERIOD_WORDS[study.period])
    return [
        context.say(
            "The area is cut into {n} H3 cells of resolution {resolution}. For each the recorded cases of the next "
            "{period} are forecast: smoothed counts of the cell and its surroundings (the baseline), times a factor "
            "that gradient boosting learned from past periods.",
            n=f"{int(manifest['cells']):,}",
            resolution=study.resolution,
            period=period,
        ),
        context.say(
            "It forecasts records, and records follow where people looked: a low count is not safety. It tells of "
            "places, never of persons."
        ),
        context.say(
            "Only what was known at the forecast's moment was used. Two counts are compared at one age, each as known "
            "when its {period} had just ended.",
            period=period,
        ),
        context.say(
            "Change: z = 2(√now − √before). |z| ≥ 2.8 is notable, about one quiet comparison in twenty reaches it; "
            "together under {n} cases nothing is said.",
            n=study.minimum_count,
        ),
        context.say(
            "Colours: six classes of the expected count, frozen for the quarter (scale {scale}), so that a colour "
            "means the same count all quarter long.",
            scale=context.pack.scale.scale_id,
        ),
        context.say(
            "Cells in the list: the {share} with the highest expected count.",
            share=findings.say_share(study.operating_share),
        ),
        context.say(
            "Made again from the same snapshot, list, evaluation and comment, this pack has the same bytes: snapshot "
            "{snapshot}.",
            snapshot=context.pack.surface.snapshot_id,
        ),
    ]
