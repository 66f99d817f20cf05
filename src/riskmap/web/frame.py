"""What every page begins with: its question, where and when, the mark of simulated data, the language switch."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import NoReturn

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from riskmap.errors import RiskmapError
from riskmap.figures.words import SIMULATED, format_moment, format_period
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.access import known_studies, may, require
from riskmap.web.access_rules import Action
from riskmap.web.area_tree import letters_of_names
from riskmap.web.exports import begin_list, show_exports
from riskmap.web.language import change_view, choose_language, current_view, keep_in_address, set_view, t
from riskmap.web.loaded import load_surface, surfaces_by_period
from riskmap.web.notices import tell
from riskmap.web.sign_in import show_nobody, show_reader
from riskmap.web.view import View

RECENT_PERIODS = 8
"""A gap among so many last periods is named in every page's head: features still look back over it."""
STYLE = Path(__file__).with_name("style.css")


@dataclass(frozen=True)
class Page:
    """The study and the surface that a page shows."""

    study: Study
    surface: Surface | None
    slot: DeltaGenerator
    """Where in the head the control stands by which tables and maps are taken away."""

    def show_exports(self) -> None:
        """Offer what the page has put on its list by now; the last thing that a page does."""
        show_exports(self.study, self.surface, self.slot)

    @property
    def view(self) -> View:
        """What the session shows now."""
        return current_view()


def open_page(title: str, action: Action = "view") -> Page:
    """Begin a page: head, controls that all pages share, and the chosen study with its surface.

    Without any study the page says how to make one and ends; so it does where the reader may not do `action`, which
    the functions that the page calls would refuse too.
    """
    st.html(STYLE)
    try:
        return _opened(title, action, {study.id: study for study in known_studies()})
    except RiskmapError as error:
        tell("error", error.in_language(current_view().language))
        keep_in_address()
        st.stop()


def _opened(title: str, action: Action, studies: dict[str, Study]) -> Page:
    head, picker, language = st.columns([6, 2, 1.3], vertical_alignment="center")
    with language, st.container(horizontal_alignment="right"):
        choose_language()
    if not studies:
        show_nobody()
        head.title(title, anchor=False)
        head.html('<p class="rm-line">&nbsp;</p>')  # as high as a head with a study, or the switch is cut
        st.info(
            t("There is no area yet. Make the simulated one by `riskmap demo`, or your own by `riskmap area create`.")
        )
        st.stop()
    begin_list()
    with picker, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        study = _pick_study(studies)
        show_reader(study)
        slot = st.container(width="content")
    if not may(action, study):
        head.title(title, anchor=False)
        head.html('<p class="rm-line">&nbsp;</p>')  # as high as a head with a study, or the switch is cut
        require(action, study)
    surface = _pick_surface(study)
    with head:
        _show_head(title, study, surface)
    keep_in_address()
    return Page(study, surface, slot)


def settle_study(studies: dict[str, Study]) -> Study:
    """Return the view's study; where there is none of that name, the view takes the simulated or the first one."""
    if current_view().study not in studies:
        change_view(study="demo" if "demo" in studies else min(studies))
    study = studies[current_view().study]
    if len(study.within) == 1 and not current_view().place:
        change_view(place=study.within[0])  # else the map begins with the whole, where this is a speck
    return study


def _pick_study(studies: dict[str, Study]) -> Study:
    settle_study(studies)
    if len(studies) > 1:
        language = current_view().language
        key = f"study-{language}"
        st.session_state[key] = current_view().study
        st.selectbox(
            t("Area"),
            list(studies),
            format_func=lambda area: studies[area].name(language),
            key=key,
            on_change=lambda: set_view(study=st.session_state[key]),
            label_visibility="collapsed",
        )
    return studies[current_view().study]


def _pick_surface(study: Study) -> Surface | None:
    found = surfaces_by_period(study)
    if not found:
        return None
    wanted = current_view().period
    return load_surface(study, found[wanted if wanted in found else max(found)].snapshot_id)


def _show_head(title: str, study: Study, surface: Surface | None) -> None:
    language = current_view().language
    st.title(title, anchor=False)
    parts = head_parts(study, surface, language)
    gap = f'&ensp;<span class="rm-warning">{escape(recent_gap(study, surface))}</span>' if surface else ""
    mark = f'<span class="rm-simulated">{escape(SIMULATED)}</span>&ensp;' if study.simulated else ""
    st.html(f'<p class="rm-line">{mark}{escape(" · ".join(parts))}{gap}</p>{letters_of_names(study)}')


def head_parts(study: Study, surface: Surface | None, language: str) -> list[str]:
    """Return what every page's head says: the area, the period forecast, until when the data reaches."""
    if surface is None:
        return [study.name(language), t("no forecast published yet")]
    manifest = surface.manifest
    start, end = (pd.Timestamp(manifest[key]) for key in ("period_start", "period_end"))
    forecast = t("forecast for {period}", period=format_period(study.period, start, end, language))
    reaches = t("data until {moment}", moment=format_moment(manifest["data_cut_off"], language))
    return [study.name(language), forecast, reaches]


def recent_gap(study: Study, surface: Surface) -> str:
    """Return which of the last periods was not reported, the latest one; "" for none."""
    gaps = [pd.Timestamp(gap) for gap in surface.manifest.get("gaps") or []]
    periods = surface.table("periods", ["period_start", "period_end"]).tail(RECENT_PERIODS)
    recent = periods[periods["period_start"].isin(gaps)]
    if not len(recent):
        return ""
    start, end = recent.iloc[-1]
    return t("not reported: {period}", period=format_period(study.period, start, end, current_view().language))


def no_surface(study: Study) -> NoReturn:
    """Say that nothing was forecast yet and how to do it; the page ends here."""
    st.info(
        t("This area has no forecast yet. Import its records, then publish one by `riskmap run {area}`.", area=study.id)
    )
    keep_in_address()
    st.stop()
