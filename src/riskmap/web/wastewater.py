"""The parts of the wastewater page: choices, the answer in sentences, coverage, and the table of places."""

from typing import Any, NoReturn

import pandas as pd
import streamlit as st

from riskmap.briefing.findings import say_share
from riskmap.briefing.plant_facts import FLAG_WORDS
from riskmap.briefing.plant_sentences import high_sentence, rise_sentence, unsampled_sentence
from riskmap.briefing.wastewater_facts import SAMPLES, STALE_DAYS
from riskmap.decisions.blind_spots import NOTABLE
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import format_count
from riskmap.figures.words import PLANT_LEVEL_WORDS, analyte_words, format_day
from riskmap.study import Study
from riskmap.web.controls import bind
from riskmap.web.language import change_view, current_view, keep_in_address, say, t
from riskmap.web.legend import lines_html
from riskmap.web.places import Shown, load_words, newest_words, trend_words
from riskmap.web.sampling import sampled_levels
from riskmap.web.view import analyte_code

COLUMN_WIDTHS = (120, 130, 220, 120, 190, 360, 130)
PLAIN: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}


def no_plants(study: Study) -> NoReturn:
    """Say that nobody samples here, and how to bring samples in; the page ends here."""
    words = t(
        "No sampling place was imported: nothing is known of consumption here, which is not a low value. Bring in the "
        "layers `plants` and `samples` on the page Data, or by `riskmap import {area} plants FILE`.",
        area=study.id,
    )
    st.info(words)
    keep_in_address()
    st.stop()


def show_choices(shown: Shown) -> None:
    """Show the switches of substance, level and place."""
    sampling, language = shown.sampling, current_view().language
    substance, levels, place = st.columns([3, 3.4, 3], vertical_alignment="bottom")
    with substance:
        words = analyte_words(language)
        names = {analyte_code(name): plain_text(words.get(name, name)) for name in sampling.analytes}
        if names:
            key, changed = bind("analyte", analyte_code(shown.analyte), lambda code: change_view(analyte=code))
            st.selectbox(t("Substance"), list(names), format_func=names.__getitem__, key=key, on_change=changed)
    with levels:
        present = sampled_levels(sampling)
        if len(present) > 1:
            key, changed = bind(
                "plant-level", shown.level, lambda level: change_view(level=level or shown.level, plant="")
            )
            st.segmented_control(
                t("Sampled at"),
                present,
                format_func=lambda level: say(PLANT_LEVEL_WORDS[level]),
                key=key,
                on_change=changed,
            )
    with place:
        codes = {
            code: plain_text(name) for code, name in shown.places.sort_values("code")[["code_of", "code"]].to_numpy()
        }
        chosen = None if shown.chosen is None else shown.places["code_of"].iloc[shown.chosen]
        key, changed = bind(f"plant-{shown.level}", chosen, lambda code: change_view(plant=code or ""))
        st.selectbox(t("Sampling place"), list(codes), format_func=codes.__getitem__, key=key, on_change=changed)


def show_answer(shown: Shown) -> None:
    """Show in three sentences where loads are high, where they rise, and where nobody samples."""
    language = current_view().language
    said = [high_sentence(shown.places, language), rise_sentence(shown.places, language)]
    lines = [say(sentence) for sentence in [*said, unsampled_sentence(shown.coverage)]]
    if shown.sampling.later:
        lines.append(t("{n} newer results will show with the next forecast.", n=f"{shown.sampling.later:,}"))
    st.html(lines_html(lines, listed=True))


def show_coverage(shown: Shown, across: int = 4) -> None:
    """Show the four figures of coverage, so many beside each other."""
    found = shown.coverage
    sampled, people, cells, silent = [column for _ in range(4 // across) for column in st.columns(across)]
    sampled.metric(t("Places sampled"), f"{found.sampled:,}", t("of {n}", n=f"{found.plants:,}"), **PLAIN)
    if found.covered is None or not found.residents:
        people.metric(t("People served"), _millions(found.people), t("residents: ?"), **PLAIN)
    else:
        share = f"{found.covered / found.residents:.0%}"
        people.metric(t("Residents covered"), share, t("of {n} people", n=_millions(found.residents)), **PLAIN)
    if found.cell_share is None:
        cells.metric(t("Cells monitored"), "–", t("no forecast yet"), **PLAIN)
    else:
        cells.metric(t("Cells monitored"), say_share(found.cell_share), t("of {n}", n=f"{found.cells:,}"), **PLAIN)
    silent.metric(t("No sample now"), f"{found.plants - found.sampled:,}", t("for {n} days", n=STALE_DAYS), **PLAIN)


def _millions(people: float) -> str:
    """Return a number of people with the unit that its language counts in."""
    if current_view().language == "zh":
        return f"{people / 1e8:.2f} 亿" if people >= 1e8 else f"{people / 1e4:,.0f} 万"
    return f"{people / 1e6:.1f} M" if people >= 1e6 else f"{people / 1e3:,.0f} k"


def show_places(shown: Shown) -> None:
    """Show all places of the level as a table, the highest load first."""
    st.subheader(t("Sampling places: {n}", n=len(shown.places)), anchor=False)
    language = current_view().language
    places = shown.places.sort_values(["load", "code"], ascending=[False, True], na_position="last")
    rows = places.to_dict("records")
    table = pd.DataFrame(
        {
            t("Sampling place"): [plain_text(row["code"]) for row in rows],
            t("Kind"): [say(PLANT_LEVEL_WORDS[row["level"]]) for row in rows],
            t("Load (mg/d/1000)"): [
                format_count(row["load"]) if row["state"] == "level" else load_words(row) for row in rows
            ],
            t("Newest result"): [newest_words(row) for row in rows],
            t("Change [95 %]"): [trend_words(row) or "–" for row in rows],
            t("Remarks"): [", ".join(say(FLAG_WORDS[flag]) for flag in row["flags"]) for row in rows],
            t("Last sampled"): [
                format_day(row["sampled_on"], language) if pd.notna(row["sampled_on"]) else "–" for row in rows
            ],
        }
    )
    key = f"places-{shown.level}-{language}"
    widths = dict(zip(table.columns, COLUMN_WIDTHS, strict=True))
    st.dataframe(
        table,
        hide_index=True,
        height=402 if len(table) > 12 else "content",
        row_height=30,
        key=key,
        column_config={name: st.column_config.Column(width=width) for name, width in widths.items()},
    )
    note = t(
        "Change: mean of the newest {k} samples over that of the {k} before; ▲ and ▼ where the whole 95 % interval "
        "lies beyond a factor of {factor}. A dash: too few samples, most below detection, or old ones.",
        k=SAMPLES,
        factor=f"{NOTABLE:g}",
    )
    st.html(lines_html([note], muted=True))
