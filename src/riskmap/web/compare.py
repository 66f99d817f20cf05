"""What the map of a period can be held against: the period before, the same one last year, any other, the baseline."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from riskmap.figures.words import PERIOD_WORDS, format_period
from riskmap.study import Study
from riskmap.surface.publish import Surface, SurfaceInfo
from riskmap.web.controls import bind
from riskmap.web.language import change_view, current_view, say, t
from riskmap.web.loaded import surfaces_by_period
from riskmap.web.map_classes import BASELINE, CHANGE, OTHER

PLAY_S = 3.0
"""How long each period stays while they are played one after the other."""


@dataclass(frozen=True)
class Reference:
    """One thing to hold a map against: in words, and what maps of it and of the change show (map_classes.py)."""

    words: str
    beside: str
    change: str


def reference(study: Study, surface: Surface) -> Reference:
    """Return what the session's view holds the map against; the baseline where what was asked for is not published."""
    found = _periods(study, surface)
    chosen = found.get(current_view().against)
    if chosen is None:
        return Reference(t("smoothed counts"), BASELINE, CHANGE + BASELINE)
    return Reference(_period_words(study, chosen), OTHER + chosen.snapshot_id, CHANGE + chosen.snapshot_id)


def _periods(study: Study, surface: Surface) -> dict[str, SurfaceInfo]:
    """Return the published periods by what a view calls them, without the one shown."""
    start = pd.Timestamp(surface.manifest["period_start"])
    others = {day: info for day, info in surfaces_by_period(study).items() if info.period_start != start}
    earlier = [info for info in others.values() if info.period_start < start]
    last_year = _year_before(study, start)
    found = {"": earlier[-1]} if earlier else {}
    a_year_ago = [info for info in others.values() if info.period_start == last_year]
    return found | ({"year": a_year_ago[0]} if a_year_ago else {}) | others


def _year_before(study: Study, start: pd.Timestamp) -> pd.Timestamp:
    if study.period in ("month", "quarter"):
        return start - pd.DateOffset(years=1)
    return start - pd.Timedelta(days=364 if study.period == "week" else 365)


def _period_words(study: Study, info: SurfaceInfo) -> str:
    return format_period(study.period, info.period_start, info.period_end, current_view().language)


def choose_mode(study: Study, surface: Surface) -> None:
    """Show whether the map is of the period, of a change, or beside another, and against what."""
    words = {"": t("This period"), "change": t("What changed"), "beside": t("Side by side")}
    key, changed = bind("map-mode", current_view().mode, lambda mode: change_view(mode=mode or ""))
    st.segmented_control(
        t("Show"), list(words), format_func=words.__getitem__, key=key, on_change=changed, label_visibility="collapsed"
    )
    if not current_view().mode:
        return
    period = say(PERIOD_WORDS[study.period])
    found = _periods(study, surface)
    options = {
        "": t("against the {period} before", period=period),
        "year": t("against the same {period} a year ago", period=period),
        "baseline": t("against smoothed counts"),
    }
    options = {code: text for code, text in options.items() if code in found or code == "baseline"}
    for code, info in found.items():
        options.setdefault(code, t("against {period}", period=_period_words(study, info)))
    chosen = current_view().against if current_view().against in options else "baseline"
    key, changed = bind("map-against", chosen, lambda code: change_view(against=code))
    st.selectbox(
        t("Against"),
        list(options),
        format_func=options.__getitem__,
        key=key,
        on_change=changed,
        label_visibility="collapsed",
        width=300,
    )


def choose_play(study: Study) -> None:
    """Show the switch that plays the published periods one after the other; nothing where there is one alone."""
    periods = list(surfaces_by_period(study))
    if len(periods) < 2:
        return
    playing = st.toggle(t("Play the periods"), key="map-play")

    st.session_state["map-play-waits"] = False

    @st.fragment(run_every=PLAY_S if playing else None)
    def step() -> None:
        # The run that draws the page comes through here too; only the clock's own runs move on.
        if playing and st.session_state["map-play-waits"]:
            shown = current_view().period or periods[-1]
            at = periods.index(shown) + 1 if shown in periods else 0
            following = periods[at % len(periods)]
            change_view(period="" if following == periods[-1] else following)
            st.rerun(scope="app")
        st.session_state["map-play-waits"] = True

    step()
