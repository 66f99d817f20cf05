"""Two maps: where the risk is this period, and what changed against the forecast and the counts before."""

from collections.abc import Sequence
from functools import partial

from riskmap.briefing import findings
from riskmap.briefing.area_rows import change_rows, short_rows
from riskmap.briefing.layout import MARGIN, TOP, Context, fit_words, heading, note
from riskmap.briefing.map_pictures import draw_change, draw_week, legend_items
from riskmap.briefing.sentences import area_sentences, change_sentence
from riskmap.briefing.slide import WIDTH, Item, Picture, write
from riskmap.briefing.slide_places import fitting_table
from riskmap.figures.change_map import step_entries
from riskmap.figures.legend import class_entries, layer_entries
from riskmap.figures.scale import cell_size, typical_area_km2
from riskmap.figures.static_map import unmonitored
from riskmap.figures.words import PERIOD_WORDS

MAP_WIDTH = 1250
SIDE = MARGIN + MAP_WIDTH + 36
SIDE_WIDTH = WIDTH - MARGIN - SIDE
LEGEND = 104


def week_map(context: Context) -> tuple[str, str, Sequence[Item]]:
    """Return the map of the period."""
    pack, language = context.pack, context.language
    drawn = pack.drawn
    period = context.words(PERIOD_WORDS[pack.study.period])
    title = context.say("Map of the {period}", period=period)
    lead = context.words(findings.half_of_expected(pack, language))
    height = context.room - LEGEND
    about = context.say("Expected cases per cell and {period}", period=period)
    size = context.words(cell_size(drawn.resolution, typical_area_km2(drawn.cells["cell"].to_numpy())))
    scale = context.say("Scale {scale}", scale=pack.scale.scale_id)
    entries = class_entries(pack.scale, drawn.resolution)
    entries += layer_entries(["not_monitored"] if len(unmonitored(drawn)) else [])
    picture = Picture(MARGIN, TOP, MAP_WIDTH, height, partial(draw_week, context), about)
    legend = legend_items(MARGIN, TOP + height + 10, MAP_WIDTH, f"{about} · {size} · {scale}", entries, language)
    share = findings.say_share(pack.wastewater.monitored_share)
    pale = context.say(
        "Pale is a low count of records, not safety. {share} of the cells drain to a plant that is sampled; the "
        "others are not monitored.",
        share=share,
    )
    remark = note(SIDE, context.bottom, SIDE_WIDTH, pale)
    return title, lead, [picture, *legend, *_side_table(context, TOP, remark.top - 20), remark]


def _side_table(context: Context, top: float, bottom: float) -> list[Item]:
    title = heading(SIDE, top, SIDE_WIDTH, context.say("Areas with most expected cases"))
    rows = short_rows(context)
    if len(rows) < 2:
        missing = context.say("No administrative areas were imported; import the layer `areas` to see them here.")
        return [title, write(SIDE, top + title.height + 10, SIDE_WIDTH, missing, 22)]
    return [
        title,
        fitting_table(top + title.height + 8, bottom, (236, 110, 156, SIDE_WIDTH - 502), rows, (0,), left=SIDE),
    ]


def change_map(context: Context) -> tuple[str, str, Sequence[Item]]:
    """Return the map of change; without an earlier forecast it says so."""
    pack = context.pack
    steps = pack.steps
    title = context.say("What changed")
    lead = findings.class_moves(steps, pack.scale.scale_id)
    told = [change_sentence(pack.facts), *area_sentences(pack.facts, context.language), findings.by_chance(pack)]
    said = [context.words(text) for text in told if text is not None]
    words = fit_words(SIDE, TOP, SIDE_WIDTH, 250, said, sizes=(22, 21, 20, 19, 18))
    rule = context.say(
        "z = 2(√last − √before); |z| ≥ 2.8 is notable, fewer than {n} cases in both periods are too few to compare. ▲ "
        "▼ on the map: recorded cases rose or fell notably.",
        n=pack.study.minimum_count,
    )
    remark = note(SIDE, context.bottom, SIDE_WIDTH, rule)
    top = words.top + words.height + 22
    table = fitting_table(
        top, remark.top - 16, (226, 78, 78, 78, SIDE_WIDTH - 460), change_rows(context), (0, 4), left=SIDE
    )
    items: list[Item] = [words, table, remark]
    if steps is None:
        missing = context.say("No map: it takes two forecasts, one for this period and one for the period before.")
        return title, context.words(lead), [write(MARGIN, TOP + 20, MAP_WIDTH, missing, 26), *items]
    height = context.room - LEGEND
    about = context.say("Classes of the expected count, this forecast against the one before")
    scale = context.say("Scale {scale}", scale=pack.scale.scale_id)
    picture = Picture(MARGIN, TOP, MAP_WIDTH, height, partial(draw_change, context, steps), about)
    legend_top = TOP + height + 10
    legend = legend_items(
        MARGIN,
        legend_top,
        MAP_WIDTH,
        f"{about} · {scale}",
        step_entries(missing=bool(steps.isna().any())),
        context.language,
    )
    return title, context.words(lead), [picture, *legend, *items]
