"""The parts of the inspections page: list, map, reasons, download."""

from typing import NoReturn

import pandas as pd
import streamlit as st

from riskmap.decisions.inspections import Plan
from riskmap.figures.legend import Key, arm_entries
from riskmap.figures.plain import plain_text, plain_texts
from riskmap.figures.scale import format_count
from riskmap.figures.scene import compose_sites
from riskmap.figures.words import best_names, format_day, kind_word
from riskmap.layers.folders import layer_fingerprint
from riskmap.study import Study
from riskmap.web.access import may
from riskmap.web.area_tree import load_area_tree
from riskmap.web.base_map import base_style
from riskmap.web.exports import logged_file
from riskmap.web.language import current_view, keep_in_address, t
from riskmap.web.legend import legend_html, lines_html
from riskmap.web.loaded import load_layer, plan_files
from riskmap.web.map_exports import list_map, offer_list
from riskmap.web.map_lines import line_source
from riskmap.web.map_picture import picture_of
from riskmap.web.window import needs_pictures, window_size

PICTURE_LEGEND_PX = 150
"""What the legend takes of a picture's width: its lines are short, and the map is half a page."""
MAP_SHARE = 0.405
"""What the map takes of the window's width (pages/inspections.py)."""
WIDTHS_PX = {"Visit": 44, "Site": 242, "Kind": 102, "County": 112, "Expected": 70, "Need": 62, "Chosen": 72}
"""With less the letters are cut; with more the last column lies beyond the table in the smallest window."""


def no_plan(study: Study) -> NoReturn:
    """Say that there is no list yet and how to make one; the page ends here."""
    st.info(t("There is no inspection list yet. Make one by `riskmap plan {area} --visits 20`.", area=study.id))
    keep_in_address()
    st.stop()


def show_sites(study: Study, plan: Plan) -> int | None:
    """Show the list as a table and return the position of the row chosen in it."""
    language = current_view().language
    parts = [t("List {number}", number=plan.number), t("{n} visits", n=len(plan.sites))]
    parts.append(t("data until {moment}", moment=format_day(plan.manifest["data_cut_off"], language)))
    st.subheader(" · ".join(parts), anchor=False)
    tree = load_area_tree(study)
    table = pd.DataFrame(
        {
            t("Visit"): plan.sites["visit"].to_numpy(),
            t("Site"): plain_texts(best_names(plan.sites, "site_id", language)),
            t("Kind"): [kind_word(kind, language) for kind in plan.sites["kind"]],
            t("County"): [tree.name(code, language) for code in plan.sites["county_code"]],
            t("Expected"): [format_count(value) for value in plan.sites["expected"]],
            **_needs(plan.sites),
            t("Chosen"): [arm_word(arm) for arm in plan.sites["arm"]],
        }
    )
    offer_list(study, plan)
    event = st.dataframe(
        table,
        hide_index=True,
        height=420,
        column_config={t(name): st.column_config.Column(width=width) for name, width in WIDTHS_PX.items()},
        key=f"plan-{language}",
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event["selection"]["rows"]
    return int(rows[0]) if rows else None


def _needs(sites: pd.DataFrame) -> dict[str, list[str]]:
    """Return the column of the need, which orders the list, where it says more than what is expected."""
    if "need" not in sites:  # of a list that was drawn up before there was a need
        return {}
    needs, expected = ([format_count(value) for value in sites[name]] for name in ("need", "expected"))
    return {t("Need"): needs} if needs != expected else {}


def arm_word(arm: str) -> str:
    """Return in words why a site came onto the list at all."""
    return t("at random") if arm == "random" else t("by rank")


def show_reasons(plan: Plan, chosen: int | None) -> None:
    """Show why the chosen site is on the list; why anything is, when none is chosen."""
    language = current_view().language
    if chosen is None or chosen >= len(plan.sites):
        st.html(
            lines_html(
                [
                    t("Choose a row to read why the site is on the list."),
                    t("Sites drawn at random keep the list honest: they show what is found without the forecast."),
                ],
                muted=True,
            )
        )
        return
    site = plan.sites.iloc[chosen]
    name = best_names(plan.sites, "site_id", language).iloc[chosen]
    reason = site["reason_zh" if language == "zh" else "reason_en"]
    drawn = t("Chance of being drawn: {share}", share=f"{float(site['propensity']):.1%}")
    lines = [plain_text(name), plain_text(reason, 400)] + ([drawn] if site["arm"] == "random" else [])
    st.subheader(t("Why this site"), anchor=False)
    st.html(lines_html(lines))


def show_plan_map(study: Study, plan: Plan, chosen: int | None) -> None:
    """Show the sites of the list on the map, the chosen one marked."""
    view = current_view()
    position = chosen if chosen is not None and chosen < len(plan.sites) else None
    areas, roads = load_layer(study, "areas"), load_layer(study, "roads")
    width, height = window_size()
    size = (int(width * MAP_SHARE), height - 200)
    if needs_pictures():
        drawn = list_map(study, plan, size, PICTURE_LEGEND_PX, position)
        layers = (layer_fingerprint(study, layer) for layer in ("areas", "roads"))
        state = (str(plan.folder), size, view.language, position, *layers)
        st.image(picture_of(study, state, drawn))
        return
    deck = compose_sites(
        plan.sites, study.boundary(), areas, roads, line_source(study), position, view.language, size, base_style()
    )
    with st.container(key="plan-stage"):
        st.pydeck_chart(deck, key="plan-map", height="stretch", alt=t("Map of the sites to visit"))
        with st.container(key="map-legend"):
            title = t("Sites to visit")
            st.html(legend_html(Key([title], arm_entries(), simulated=study.simulated), view.language))


def show_download(study: Study, plan: Plan) -> None:
    """Offer the frozen files of the list to those who may take any."""
    if not may("export", study):
        return
    for path in plan_files(study, plan):
        st.download_button(
            t("Download {file}", file=path.name),
            logged_file(study, f"list {plan.number}, {path.name}", path.read_bytes),
            file_name=path.name,
            key=f"file-{path.name}",
            on_click="ignore",
        )
