"""What each screen of the wall shows: the pages' own parts, larger, and nothing to touch."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape

import pandas as pd
import streamlit as st

from riskmap.briefing.facts import Facts
from riskmap.briefing.plant_sentences import high_sentence, rise_sentence, unsampled_sentence
from riskmap.briefing.sentences import area_names
from riskmap.figures.catchment_map import Frame
from riskmap.figures.legend import Key
from riskmap.figures.plain import plain_text, plain_texts
from riskmap.figures.scale import format_count
from riskmap.figures.scene import compose
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.catchment_view import catchment_legend, draw_catchments, show_catchment_picture, study_areas
from riskmap.web.dossier_parts import chart_key
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import legend_html, lines_html
from riskmap.web.loaded import load_facts
from riskmap.web.map_classes import EXPECTED
from riskmap.web.map_exports import outline_seen
from riskmap.web.map_lines import line_source
from riskmap.web.map_picture import draw_picture
from riskmap.web.map_view import build_scene, expected_words, map_key, shown_resolutions
from riskmap.web.overview import draw_history, show_findings, show_numbers
from riskmap.web.places import Shown, change_words, choose_shown
from riskmap.web.sampling import load_sampling
from riskmap.web.wastewater import show_coverage
from riskmap.web.window import needs_pictures

REM_HEIGHT, REM_WIDTH = 0.023, 0.013
"""Size of one rem as parts of the window's height and width, whichever is less (wall.css)."""
HEAD_REM = 8.6
"""With the line that warns of stale data, so that a map that was drawn without it fits beneath it too."""
MAP_SHARE = 0.64
LEGEND_REM = 16.4
AREAS_OVERVIEW, AREAS_MAP, PLACES = 5, 14, 5
MARKS = {1: "▲", -1: "▼", 0: ""}


def rem_px(window: tuple[int, int]) -> float:
    """Return how many pixels one rem has on a wall of so many pixels."""
    return min(REM_WIDTH * window[0], REM_HEIGHT * window[1])


def show_wall_overview(study: Study, surface: Surface | None, window: tuple[int, int]) -> None:
    """Show what is different this period, and does it matter."""
    _title(t("Overview"))
    if surface is None:
        large_notice(t("This area has no forecast yet."))
        return
    facts, rem = load_facts(study, surface), rem_px(window)
    show_numbers(facts)
    left, right = st.columns([6, 5], gap="medium")
    with left:
        show_findings(facts)
    with right:
        draw_history(facts, height=int(0.25 * window[1]), font_px=int(0.8 * rem))
        st.html(f'<div class="rm-wall-key">{escape(chart_key())}</div>')
        _show_areas(facts, AREAS_OVERVIEW)


def show_wall_map(study: Study, surface: Surface | None, window: tuple[int, int]) -> None:
    """Show where the risk is this period."""
    _title(t("Risk map"))
    if surface is None:
        large_notice(t("This area has no forecast yet."))
        return
    size, rem = _map_size(window), rem_px(window)
    scene = build_scene(study, surface, EXPECTED, size)
    scene = replace(scene, legend_px=int(LEGEND_REM * rem), label_px=int(0.8 * rem))
    title = expected_words(study)

    def legend(resolution: int) -> Key:
        return map_key(study, surface, EXPECTED, title, [resolution])

    left, right = st.columns([68, 32], gap="medium")
    with left, st.container(key="stage-risk"):
        if needs_pictures():
            st.image(draw_picture(study, surface, scene, EXPECTED, legend))
        else:
            st.pydeck_chart(compose(scene), key="wall-risk-map", height="stretch", alt=title)
            with st.container(key="legend-risk"):
                # Nobody can zoom in on a wall: the other sizes of cells are of no use there.
                said = legend(shown_resolutions(study, surface, scene)[0])
                st.html(legend_html(said, scene.language))
    with right:
        _show_areas(load_facts(study, surface), AREAS_MAP)


def show_wall_wastewater(study: Study, surface: Surface | None, window: tuple[int, int]) -> None:
    """Show where consumption is high, where it rises, and where nobody samples."""
    _title(t("Wastewater"))
    sampling = load_sampling(study, surface)
    if not len(sampling.plants):
        large_notice(
            t("No sampling place was imported: nothing is known of consumption here, which is not a low value.")
        )
        return
    shown = choose_shown(study, surface, sampling)
    if not current_view().plant:
        shown = replace(shown, chosen=None)
    rem, areas = rem_px(window), study_areas(study)
    frame = Frame(
        outline_seen(study),
        areas,
        line_source(study, current_view().place),
        current_view().language,
        _map_size(window),
        place=current_view().place,
        legend_px=int(LEGEND_REM * rem),
        label_px=int(0.8 * rem),
    )
    left, right = st.columns([68, 32], gap="medium")
    with left, st.container(key="stage-wastewater"):
        if needs_pictures():
            show_catchment_picture(study, shown, frame)
        else:
            deck = draw_catchments(shown, frame)
            st.pydeck_chart(deck, key="wall-catchments", height="stretch", alt=t("Map of wastewater loads"))
            with st.container(key="legend-wastewater"):
                st.html(catchment_legend(study, shown))
    with right:
        _show_sentences(shown)
        show_coverage(shown, across=2)
        _show_places(shown)


def _map_size(window: tuple[int, int]) -> tuple[int, int]:
    return int(MAP_SHARE * window[0]), int(window[1] - HEAD_REM * rem_px(window))


def _title(words: str) -> None:
    st.html(f'<h1 class="rm-wall-title">{escape(words)}</h1>')


def large_notice(words: str) -> None:
    """Say in large letters why there is nothing to see."""
    st.html(f'<p class="rm-wall-notice">{escape(words)}</p>')


def _show_areas(facts: Facts, most: int) -> None:
    """Show the areas with most expected cases, and which of them changed notably."""
    areas = facts.areas.head(most)
    if not len(areas):
        return
    reported = facts.total.now is not None and facts.total.before is not None
    rows = areas.to_dict("records")
    table = {
        t("Areas with most expected cases"): plain_texts(area_names(areas, current_view().language)),
        t("Expected"): [format_count(row["expected"]) for row in rows],
        t("Baseline"): [format_count(row["baseline_expected"]) for row in rows],
        "": [MARKS[row["notable"]] if reported else "–" for row in rows],
    }
    st.html(table_html(table))


def _show_sentences(shown: Shown) -> None:
    """Show where loads rise and where nobody samples; the table tells where they are high, if anything is known."""
    language = current_view().language
    high = [] if len(_highest(shown)) else [high_sentence(shown.places, language)]
    said = [*high, rise_sentence(shown.places, language), unsampled_sentence(shown.coverage)]
    st.html(lines_html([say(sentence) for sentence in said], listed=True))


def _highest(shown: Shown) -> pd.DataFrame:
    """Return the places with the highest loads that are not old."""
    known = shown.places[(shown.places["state"] == "level") & ~shown.places["old"]]
    return known.sort_values(["load", "code"], ascending=[False, True]).head(PLACES)


def _show_places(shown: Shown) -> None:
    """Show the places with the highest loads, and how each changed."""
    rows = _highest(shown).to_dict("records")
    if not rows:
        return
    table = {
        t("Sampling place"): [plain_text(row["code"], 24) for row in rows],
        t("Load (mg/d/1000)"): [format_count(row["load"]) for row in rows],
        t("Factor"): [change_words(row) for row in rows],
    }
    st.html(table_html(table))


def table_html(columns: Mapping[str, Sequence[str]]) -> str:
    """Return a table as HTML, every word escaped; the first column is text, the others are numbers."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    rows = zip(*columns.values(), strict=True)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<table class="rm-wall-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
