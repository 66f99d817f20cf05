"""The week on one page, drawn on the server: a PNG of 2000 x 1125 pixels and a PDF; one snapshot, one set of bytes."""

from pathlib import Path

import pandas as pd

from riskmap.briefing.facts import Facts, gather_facts
from riskmap.briefing.map_part import draw_map
from riskmap.briefing.paper import DPI, Paper, plain_drawing
from riskmap.briefing.sentences import area_names, period_name, sentences, stamp
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import INK, Scale, format_count, published_scale
from riskmap.figures.words import PERIOD_WORDS, SIMULATED, format_signed
from riskmap.language import Text, translate
from riskmap.study import Study
from riskmap.surface.publish import Surface, list_surfaces, read_surface

WIDTH, HEIGHT = 2000, 1125
MARGIN = 36
COLUMN, COLUMN_WIDTH = 1222, 742
AMBER = "#ffd33d"
MOST_AREAS = 12


def choose_surface(study: Study, as_of: pd.Timestamp | None) -> Surface:
    """Return the surface that was served at `as_of`: the latest made no later; the current one for None."""
    if as_of is None:
        return read_surface(study)
    made = [info for info in list_surfaces(study) if info.as_of <= as_of]
    return read_surface(study, made[-1].snapshot_id if made else f"{as_of:%Y%m%d}-")


def write_brief(study: Study, out: Path, *, as_of: pd.Timestamp | None = None, language: str = "zh") -> list[Path]:
    """Write brief-<language>.png and .pdf into `out` and return their paths.

    Raises
    ------
    SnapshotError
        If no surface was published by `as_of`.
    """
    facts = gather_facts(study, choose_surface(study, as_of))
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"brief-{language}.png", out / f"brief-{language}.pdf"]
    with plain_drawing():
        paper = draw_brief(facts, published_scale(study, facts.surface), language)
        paper.figure.savefig(paths[0], dpi=DPI, metadata={"Software": "riskmap"})
        # No dates inside: a brief is told apart by its snapshot, not by the minute it was printed.
        nothing = {"CreationDate": None, "ModDate": None, "Producer": "riskmap", "Creator": "riskmap"}
        paper.figure.savefig(paths[1], dpi=200, metadata=nothing)
    return paths


def draw_brief(facts: Facts, scale: Scale, language: str) -> Paper:
    """Return the page; call it inside `plain_drawing`."""
    paper = Paper(WIDTH, HEIGHT)
    _draw_head(paper, facts, language)
    draw_map(paper, facts, scale, language)
    top = _write_findings(paper, facts, language)
    _write_table(paper, facts, top + 14, language)
    _draw_foot(paper, facts, scale, language)
    return paper


def _draw_head(paper: Paper, facts: Facts, language: str) -> None:
    study = facts.study
    paper.box(0, 0, WIDTH, 104, INK)
    period = PERIOD_WORDS[study.period].in_language(language)
    title = translate(
        "Risk brief of the {period}: {area}", language, period=period, area=plain_text(study.name(language))
    )
    paper.write(MARGIN, 14, paper.shorten(title, 27, 1400), 27, "white")
    covered = period_name(study, facts.period_start, facts.period_end, language)
    paper.write(MARGIN, 68, translate("Forecast for {period}", language, period=covered), 15, "white")
    if study.simulated:
        paper.box(1490, 24, 474, 56, AMBER)
        paper.write(1727, 33, SIMULATED, 22, INK, align="center")


def _write_findings(paper: Paper, facts: Facts, language: str) -> float:
    paper.write(
        COLUMN, 132, translate("What the {period} looks like", language, period=_period_word(facts, language)), 19
    )
    top = 178.0
    for sentence in sentences(facts, language):
        paper.box(COLUMN, top + 9, 8, 8, "#b0193f")
        top = (
            paper.paragraph(COLUMN + 24, top, plain_text(sentence.in_language(language), 400), 15, COLUMN_WIDTH - 24)
            + 9
        )
    return top


def _period_word(facts: Facts, language: str) -> str:
    return PERIOD_WORDS[facts.study.period].in_language(language)


def _write_table(paper: Paper, facts: Facts, top: float, language: str) -> None:
    paper.write(COLUMN, top, translate("Areas with most expected cases", language), 19)
    head = [
        Text("Area"),
        Text("Expected"),
        Text("80 % interval"),
        Text("Baseline"),
        Text("Last"),
        Text("Before"),
        Text("z"),
    ]
    names = area_names(facts.areas, language)
    rows = [
        [
            plain_text(name),
            format_count(row["expected"]),
            f"{format_count(row['low'])} – {format_count(row['high'])}",
            format_count(row["baseline_expected"]),
            f"{row['last_count']:.0f}",
            f"{row['before_count']:.0f}",
            format_signed(row["z"]) + {1: " ▲", -1: " ▼", 0: ""}[row["notable"]],
        ]
        for name, row in zip(names, facts.areas.to_dict("records"), strict=True)
    ]
    room = int((1010 - top - 44) / (13.5 * DPI / 72 * 1.75)) - 1
    widths = [190, 92, 140, 92, 78, 78, 72]
    texts = [text.in_language(language) for text in head]
    paper.table(COLUMN, top + 44, texts, rows[: min(MOST_AREAS, room)], widths, 13.5)


def _draw_foot(paper: Paper, facts: Facts, scale: Scale, language: str) -> None:
    note = translate(
        "An expected count is a forecast for places, not for persons. z = 2(√last − √before); ▲▼ mark |z| ≥ 2.8.",
        language,
    )
    paper.write(COLUMN, 1030, paper.shorten(note, 10.5, COLUMN_WIDTH), 10.5, "#4a5560")
    paper.line(MARGIN, 1070, WIDTH - 2 * MARGIN, INK)
    paper.write(MARGIN, 1082, "   ·   ".join(stamp(facts, scale.scale_id, language)), 12.5)
