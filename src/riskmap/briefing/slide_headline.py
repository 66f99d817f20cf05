"""The first slide: the period in four numbers and in sentences, its history, and what the staff has to say."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from riskmap.briefing import findings
from riskmap.briefing.layout import MARGIN, MUTED, RED, TOP, Context, data_text, fit_words, heading, one_line
from riskmap.briefing.map_pictures import PERIODS_SHOWN, draw_cases
from riskmap.briefing.sentences import change_sentence, sentences
from riskmap.briefing.slide import WIDTH, Box, Item, Picture, words_height, write
from riskmap.figures.charts import BASELINE, FORECAST, OBSERVED
from riskmap.figures.scale import NOT_REPORTED, format_count
from riskmap.figures.words import PERIOD_WORDS
from riskmap.language import Text

TILE, GAP = 150, 20
LEFT = 1060


def headline(context: Context) -> tuple[str, str, Sequence[Item]]:
    """Return the first slide's contents."""
    facts = context.pack.facts
    period = context.words(PERIOD_WORDS[facts.study.period])
    title = context.say(
        "Risk brief of the {period}: {area}", period=period, area=data_text(facts.study.name(context.language))
    )
    lead = change_sentence(facts)
    top = TOP + TILE + 26
    said = [context.words(text) for text in _all_sentences(context) if text != lead]
    items = [*_tiles(context), fit_words(MARGIN, top, LEFT - MARGIN, context.bottom - top, said)]
    return title, context.words(lead), [*items, *_right(context, top)]


def _all_sentences(context: Context) -> list[Text]:
    pack = context.pack
    chance = findings.by_chance(pack)
    more = [
        *([chance] if chance else []),
        findings.list_outcome(pack.lists),
        findings.wastewater_moves(pack.wastewater),
    ]
    more += [findings.visits_planned(pack.visits), findings.health(pack.checks)]
    found = sentences(pack.facts, context.language)
    # Of two sentences that say the same the first is enough.
    return list({text.en: text for text in [*found[:-1], *more, found[-1]]}.values())


def _tiles(context: Context) -> list[Item]:
    facts, manifest = context.pack.facts, context.pack.surface.manifest
    unknown = context.say("not known")
    interval = " – ".join(map(format_count, facts.interval)) if facts.interval else unknown
    baseline = format_count(float(manifest["baseline_total"]))
    last, before = (unknown if count is None else f"{count:,}" for count in (facts.total.now, facts.total.before))
    new = f"{len(facts.new_cells):,}" if facts.previous else unknown
    tiles = [
        (
            context.say("Expected cases"),
            format_count(float(manifest["expected_total"])),
            context.say("8 of 10 times {interval}; baseline {baseline}", interval=interval, baseline=baseline),
        ),
        (context.say("Cases in the last period"), last, context.say("before: {count}", count=before)),
        (context.say("New top cells"), new, context.say("of {n}", n=f"{facts.top_cells:,}")),
        (
            context.say("Periods not reported"),
            f"{len(facts.gaps):,}",
            context.say("of {n}", n=f"{len(context.pack.surface.table('periods')):,}"),
        ),
    ]
    width = (WIDTH - 2 * MARGIN - 3 * GAP) / 4
    items: list[Item] = []
    for number, (name, value, beside) in enumerate(tiles):
        left = MARGIN + number * (width + GAP)
        inner = width - 48
        items.append(Box(left, TOP, width, TILE, "#f4f1e8"))
        items.append(Box(left, TOP, 8, TILE, RED))
        items.append(one_line(left + 28, TOP + 8, inner + 16, name, (21, 20, 19, 18, 17, 16)))
        items.append(write(left + 28, TOP + 38, inner, value, 50, bold=True))
        items.append(one_line(left + 28, TOP + 112, inner + 16, beside, (20, 19, 18, 17, 16, 15)))
    return items


def _right(context: Context, top: float) -> list[Item]:
    left = LEFT + 50
    width = WIDTH - MARGIN - left
    comment = _comment(context, left, width)
    bottom = comment[0].top - 20 if comment else context.bottom
    title = heading(left, top, width, context.say("Cases recorded, and the forecast"))
    key = _key(context, left, width)
    height = bottom - top - title.height - key[-1].height - 24
    about = context.say(
        "Cases by {period}, last {n}; forecast with interval; baseline.",
        period=context.words(PERIOD_WORDS[context.pack.study.period]),
        n=PERIODS_SHOWN[context.pack.study.period],
    )
    late = context.say(
        "Late registrations will still raise the newest counts; sentences and z compare counts of one age."
    )
    remark = write(left, 0, width, late, 18, colour=MUTED)
    height -= remark.height + 6
    chart = Picture(left, top + title.height + 6, width, height, partial(draw_cases, context), about, (58, 12, 12, 36))
    below = [_moved(item, chart.top + height + 8) for item in key]
    return [title, chart, *below, replace(remark, top=bottom - remark.height), *comment]


def _key(context: Context, left: float, width: float) -> list[Item]:
    words = [
        (OBSERVED, context.say("cases")),
        (NOT_REPORTED, context.say("not reported")),
        (FORECAST, context.say("forecast")),
        (BASELINE, context.say("baseline")),
    ]
    step = width / len(words)
    items: list[Item] = []
    for number, (colour, text) in enumerate(words):
        items.append(Box(left + number * step, 8, 26, 14, colour))
        items.append(write(left + number * step + 34, 0, step - 38, text, 19))
    return items


def _moved(item: Item, by: float) -> Item:
    return replace(item, top=item.top + by)


def _comment(context: Context, left: float, width: float) -> list[Item]:
    if not context.pack.comment:
        return []
    lines = [data_text(line, 500) for line in context.pack.comment.splitlines()]
    title = heading(left + 24, 0, width - 48, context.say("Comment of the staff"))
    room = context.room * 0.46 - title.height - 36
    sizes = [size for size in (25, 24, 23, 22, 21, 20, 19) if words_height(lines, size, width - 48, 8) <= room]
    text = write(left + 24, title.height + 12, width - 48, lines, (sizes or [18])[0], gap=8)
    height = title.height + text.height + 30
    top = context.bottom - height
    box = Box(left, top, width, height, "#fff6d6", "#d8c98f")
    return [box, _moved(title, top + 10), _moved(text, top + 6)]
