"""A screen on a wall: `?wall=1`. No controls, large letters; overview, risk map and wastewater take turns.

It has to stand for weeks. So all screens are drawn at once, and a turn only changes which of them is seen: a map drawn
anew each time leaves its graphics memory behind in the browser, and a change of page adds to the browser's history.
Two small parts ask again by themselves: the head with its clock, and the turn, which has everything drawn again where
something new was published or imported, or where the addresses of the map's tiles are no longer good.
"""

import time
from collections.abc import Callable
from html import escape
from pathlib import Path

import pandas as pd
import streamlit as st

from riskmap.briefing.staleness import staleness
from riskmap.figures.words import SIMULATED, format_day
from riskmap.layers.folders import layer_fingerprint
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.access import known_studies
from riskmap.web.area_tree import letters_of_names
from riskmap.web.frame import STYLE, head_parts, recent_gap, settle_study
from riskmap.web.language import current_view, keep_in_address, say, t
from riskmap.web.loaded import load_surface, surfaces_by_period
from riskmap.web.notices import errors_told
from riskmap.web.signed import VALID_S
from riskmap.web.wall_screens import large_notice, show_wall_map, show_wall_overview, show_wall_wastewater
from riskmap.web.window import window_size

WALL_STYLE = Path(__file__).with_name("wall.css")
CLOCK_S = 10
LAYERS = ("areas", "plants", "samples")
"""What the screens read besides the newest forecast."""
TURN_KEY = "wall-turn"
Show = Callable[[Study, Surface | None, tuple[int, int]], None]
SCREENS: dict[str, Show] = {
    "overview": show_wall_overview,
    "risk_map": show_wall_map,
    "wastewater": show_wall_wastewater,
}


def show_wall(page: str) -> None:
    """Show the wall's screens in turn, that of `page` first, where it has one."""
    st.html(STYLE)
    st.html(WALL_STYLE)
    window = window_size()
    view = current_view()
    with st.container(key="wall-head"):
        st.fragment(_show_head, run_every=CLOCK_S)()
    drawn: dict[str, object] = {}
    with st.container(key="wall-turn"):
        st.fragment(_show_turn, run_every=view.every_s)(list(SCREENS).index(page) if page in SCREENS else 0, drawn)
    with st.container(key="wall-body"):
        state = _state()
        study, surface = _newest()
        if study is None:
            large_notice(t("There is no area yet."))
        else:
            _draw_screens(study, surface, window)
    drawn["state"] = state
    keep_in_address()


def _draw_screens(study: Study, surface: Surface | None, window: tuple[int, int]) -> None:
    for name, show in SCREENS.items():
        with st.container(key=f"wall-{name}"), errors_told():
            show(study, surface, window)


def whose_turn(first: int, every_s: int, now: float) -> str:
    """Return the screen to show at `now` (seconds of a clock that never turns back), in this session.

    A turn that is asked for before its time, as when the page is drawn again, changes nothing.
    """
    turn, since = st.session_state.get(TURN_KEY, (first, now))
    if now - since > every_s - 1:  # the browser's clock and ours differ by parts of a second
        turn, since = (turn + 1) % len(SCREENS), now
    st.session_state[TURN_KEY] = (turn, since)
    return list(SCREENS)[turn]


def _show_turn(first: int, drawn: dict[str, object]) -> None:
    """Mark the screen whose turn it is (wall.css shows it), and have all drawn again where they are no longer true.

    `drawn` is of one drawing of the screens: `state` is what they show, missing where they were not drawn to their end.
    """
    screen = whose_turn(first, current_view().every_s, time.monotonic())
    st.html(f'<div class="rm-turn-{screen}"></div>')
    if drawn.get("begun") and drawn.get("state") != _state():
        st.rerun(scope="app")
    drawn["begun"] = True  # the first call belongs to the drawing itself


def _newest() -> tuple[Study | None, Surface | None]:
    """Return the study and the newest surface there is now."""
    studies = {study.id: study for study in known_studies()}
    if not studies:
        return None, None
    study = settle_study(studies)
    found = surfaces_by_period(study)
    return study, load_surface(study, found[max(found)].snapshot_id) if found else None


def _state() -> tuple[object, ...]:
    """Return what changes when the screens have to be drawn again: settings, forecast, layers, and signed addresses."""
    studies = {study.id: study for study in known_studies()}
    if not studies:
        return ()
    study = settle_study(studies)
    published = [info.snapshot_id for info in surfaces_by_period(study).values()]
    prints = [layer_fingerprint(study, layer) for layer in LAYERS]
    return (study.model_dump_json(), *published[-1:], *prints, int(time.time() // VALID_S))


def _show_head() -> None:
    """Show the clock, what the screens are of, until when the data reaches, and whether that is too long ago."""
    study, surface = _newest()
    language = current_view().language
    now = pd.Timestamp.now(study.zone if study else None).tz_localize(None)
    clock = f"{format_day(now, language)} {now:%H:%M}"
    parts = head_parts(study, surface, language) if study else [t("no forecast published yet")]
    mark = f'<span class="rm-simulated">{escape(SIMULATED)}</span>' if study and study.simulated else ""
    gap = recent_gap(study, surface) if study and surface else ""
    top = f'<span class="rm-warning">{escape(gap)}</span><span>{escape(clock)}</span>'
    line = f"{mark}<span>{escape(' · '.join(parts))}</span>"
    letters = letters_of_names(study) if study else ""
    st.html(f'<div class="rm-wall-clock">{top}</div><div class="rm-wall-head">{line}</div>{letters}')
    said = [say(words) for words in staleness(study, surface, now, language)] if study and surface else []
    if said:
        words = escape(" ".join([t("OLD DATA."), *said]))
        st.html(f'<div class="rm-stale" role="alert">{words}</div>')
