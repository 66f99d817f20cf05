"""The dossier of the area that fills the map, shown beside it while no cell is chosen."""

import h3
import pandas as pd
import streamlit as st

from riskmap.briefing.area_facts import AreaFacts
from riskmap.briefing.sentences import area_names
from riskmap.figures.plain import plain_text, plain_texts
from riskmap.figures.scale import format_count
from riskmap.figures.words import kind_word
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.dossier_parts import show_history, show_hours
from riskmap.web.exports import offer_table
from riskmap.web.language import current_view, say, set_view, t
from riskmap.web.legend import lines_html
from riskmap.web.notices import PLAIN

MOST_AREAS = 8


def show_area(study: Study, surface: Surface, facts: AreaFacts) -> None:
    """Show what is expected and known of an area, and where in it."""
    chinese = current_view().language == "zh"
    name = plain_text(facts.row["name_zh" if chinese else "name_en"] or facts.row["area_code"])
    st.subheader(name, anchor=False)
    above = " · ".join(plain_text(name_zh if chinese else name_en) for _, name_zh, name_en in facts.parents)
    hint = t("Click a cell on the map for what is known of it.")
    st.html(lines_html([above, hint] if above else [hint], muted=True))
    _show_numbers(facts)
    _show_cells(facts)
    offer_table(f"area-{facts.row['area_code']}", name, facts.history)
    show_history(study, surface, facts.row, facts.history, "area-dossier-history")
    _show_sites(facts)
    _show_plants(facts)
    show_hours(study, facts.hours)


def show_top_areas(areas: pd.DataFrame) -> None:
    """Offer the areas with most expected cases, the most first; a click has one fill the map."""
    shown = areas.head(MOST_AREAS)
    if not len(shown):
        return
    st.subheader(t("Areas with most expected cases"), anchor=False)
    names = plain_texts(area_names(shown, current_view().language))
    for name, area in zip(names, shown.to_dict("records"), strict=True):
        label = t("{area}: {expected} expected", area=name.translate(PLAIN), expected=format_count(area["expected"]))
        open_it = {"place": area["area_code"], "cell": ""}
        st.button(label, key=f"top-area-{area['area_code']}", on_click=set_view, kwargs=open_it, type="tertiary")


def _show_numbers(facts: AreaFacts) -> None:
    row = facts.row
    expected, baseline, last = st.columns(3)
    expected.metric(t("Expected cases"), format_count(row["expected"]))
    baseline.metric(t("Baseline"), format_count(row["baseline_expected"]))
    last.metric(t("Last"), t("not reported") if facts.change.now is None else f"{facts.change.now:,}")
    said = [
        t("80 % interval: {low} to {high}.", low=format_count(row["low"]), high=format_count(row["high"])),
        t("Place {rank} of {n} areas of its level by expected cases.", rank=facts.rank, n=facts.of_areas),
        t("Against the period before: {finding}.", finding=say(facts.change.finding)),
    ]
    if row.get("last_unplaced", 0) > 0 and facts.change.now is not None:
        said.append(t("{n} of its last cases have no exact place and lie in no cell.", n=f"{row['last_unplaced']:.0f}"))
    st.html(lines_html(said))


def _show_cells(facts: AreaFacts) -> None:
    st.subheader(t("Its highest cells"), anchor=False)
    st.html(lines_html([t("{n} of its cells are among the top cells of the list.", n=f"{facts.top_cells:,}")]))
    for cell in facts.cells.to_dict("records"):
        name = h3.int_to_str(int(cell["cell"]))
        label = t("Rank {rank}: {expected} expected", rank=f"{cell['rank']:,}", expected=format_count(cell["expected"]))
        st.button(label, key=f"area-cell-{name}", on_click=set_view, kwargs={"cell": name}, type="tertiary")


def _show_sites(facts: AreaFacts) -> None:
    st.subheader(t("Sites in this area: {n}", n=f"{facts.sites.sum():,}"), anchor=False)
    language = current_view().language
    if len(facts.sites):
        said = [f"{kind_word(str(kind), language)}: {n:,}" for kind, n in facts.sites.items()]
        st.html(lines_html(said, listed=True))


def _show_plants(facts: AreaFacts) -> None:
    st.subheader(t("Wastewater"), anchor=False)
    if len(facts.plants):
        said = t("Sampling places in this area: {n}.", n=f"{len(facts.plants):,}")
    else:
        said = t("There is no sampling place in this area.")
    share = float(facts.row["monitored_share"])
    cells = t("{share} of its cells drain to a sampled plant; of the others nothing is known.", share=f"{share:.0%}")
    st.html(lines_html([said, cells]))
