"""The dossier of the selected cell, shown beside the map."""

import h3
import streamlit as st

from riskmap.briefing.cell_facts import CellFacts, expectation_words
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import format_count
from riskmap.figures.words import best_names, format_period, kind_word
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.area_dossier import show_area, show_top_areas
from riskmap.web.dossier_parts import show_history, show_hours
from riskmap.web.exports import offer_table
from riskmap.web.language import current_view, say, set_view, t
from riskmap.web.legend import lines_html
from riskmap.web.loaded import layers_state, load_area, load_cell, load_facts, past_ranks

MOST_SITES = 12


def show_dossier(study: Study, surface: Surface) -> None:
    """Show the dossier of the view's cell, without one of the area that fills the map; else how to get one."""
    cell = current_view().cell
    facts = load_cell(study, surface, cell, layers_state(study)) if cell else None
    if facts is None:
        area = load_area(study, surface, current_view().place, layers_state(study)) if current_view().place else None
        if area is not None and not cell:
            show_area(study, surface, area)
            return
        st.subheader(t("No cell chosen"), anchor=False)
        st.write(t("Click a cell on the map: its expected count, reasons, history and sites appear here."))
        if cell:
            st.warning(t("This forecast has no cell of the name in the address."))
        if not current_view().place:
            show_top_areas(load_facts(study, surface).areas)
        return
    place = " · ".join(
        plain_text(name_zh if current_view().language == "zh" else name_en) for _, name_zh, name_en in facts.places
    )
    st.subheader(t("Cell {cell}", cell=facts.cell), anchor=False)
    st.html(lines_html([place or t("in no administrative area")], muted=True))
    _show_numbers(study, facts)
    _show_reasons(facts)
    _show_past(study, surface, facts)
    _show_history(study, surface, facts)
    _show_parts(facts)
    _show_sites(facts)
    _show_plant(facts)
    show_hours(study, facts.hours)


def _show_numbers(study: Study, facts: CellFacts) -> None:
    row = facts.row
    expected, baseline, rank = st.columns(3)
    expected.metric(t("Expected cases"), format_count(row["expected"]))
    baseline.metric(t("Baseline"), format_count(row["baseline_expected"]))
    rank.metric(t("Rank"), f"{int(row['rank']):,}")
    share = max(int(row["rank"]) / facts.of_cells, 0.001)
    ranked = t(
        "Rank {rank} of {n} cells (top {share}); by the baseline {baseline}.",
        rank=f"{int(row['rank']):,}",
        n=f"{facts.of_cells:,}",
        share=f"{share:.1%}" if share < 0.1 else f"{share:.0%}",
        baseline=f"{int(row['baseline_rank']):,}",
    )
    if facts.rolled_up:
        ranked = t(
            "{n} cells together; the best of them has rank {rank}.",
            n=f"{int(row['cells']):,}",
            rank=f"{int(row['rank']):,}",
        )
    said = [*(say(words) for words in expectation_words(study, row)), ranked]
    if "need" in row and format_count(row["need"]) != format_count(row["expected"]):
        said.append(t("{need} if looked at as usual, which inspections go by.", need=format_count(row["need"])))
    st.html(lines_html(said))


def _show_reasons(facts: CellFacts) -> None:
    if facts.rolled_up:
        return
    st.subheader(t("Why here"), anchor=False)
    if facts.reasons:
        st.html(lines_html([say(reason) for reason in facts.reasons], listed=True))
    else:
        st.html(lines_html([t("No single reason lifts this cell above the average.")]))


def _show_past(study: Study, surface: Surface, facts: CellFacts) -> None:
    """Show where the cell stood in the forecasts before: a rank that leaps about is to be doubted."""
    found = [] if facts.rolled_up else past_ranks(study, surface, facts.cell)
    if not found:
        return
    st.subheader(t("Where it stood before"), anchor=False)
    language = current_view().language
    said = []
    for info, rank in found:
        period = format_period(study.period, info.period_start, info.period_end, language)
        said.append(t("{period}: rank {rank}", period=period, rank=f"{rank:,}"))
    st.html(lines_html(said, listed=True))


def _show_history(study: Study, surface: Surface, facts: CellFacts) -> None:
    offer_table(f"cell-{facts.cell}", t("Cell {cell}", cell=facts.cell), facts.history)
    show_history(study, surface, facts.row, facts.history, "cell-history")


def _show_parts(facts: CellFacts) -> None:
    if not facts.rolled_up:
        return
    st.subheader(t("Its highest cells"), anchor=False)
    county = facts.places[-1][0] if facts.places else ""
    if county:
        st.button(
            t("Show at full resolution"), key="open-place", on_click=set_view, kwargs={"place": county, "cell": ""}
        )
    for part in facts.parts.to_dict("records"):
        name = h3.int_to_str(int(part["cell"]))
        label = t("Rank {rank}: {expected} expected", rank=f"{part['rank']:,}", expected=format_count(part["expected"]))
        st.button(label, key=f"part-{name}", on_click=set_view, kwargs={"cell": name}, type="tertiary")


def _show_sites(facts: CellFacts) -> None:
    st.subheader(t("Sites in this cell: {n}", n=len(facts.sites)), anchor=False)
    language = current_view().language
    shown = facts.sites.head(MOST_SITES)
    if len(shown):
        names = best_names(shown, "site_id", language)
        st.html(
            lines_html(
                [
                    f"{plain_text(name)} · {kind_word(kind, language)}"
                    for name, kind in zip(names, shown["kind"], strict=True)
                ],
                listed=True,
            )
        )


def _show_plant(facts: CellFacts) -> None:
    st.subheader(t("Wastewater"), anchor=False)
    plant = facts.plant
    if plant is None:
        st.html(
            lines_html(
                [t("Not monitored: this cell drains to no sampled plant. Nothing is known, which is not a low value.")]
            )
        )
        return
    st.html(
        lines_html(
            [
                t(
                    "Drains to {plant}, which serves {people} people.",
                    plant=plain_text(plant["code"]),
                    people=f"{plant['population']:,.0f}",
                )
            ]
        )
    )
