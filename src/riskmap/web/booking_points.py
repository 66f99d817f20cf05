"""Points with so many records that they were booked there: seen on a map, listed, ruled on."""

import pandas as pd
import streamlit as st

from riskmap.figures.legend import Key
from riskmap.figures.plain import plain_text
from riskmap.figures.record_map import MARKS, compose_records, mark_entries
from riskmap.figures.words import format_day, format_moment, layer_word
from riskmap.language import Text
from riskmap.layers.booking_points import LAYERS_WITH_BOOKING_POINTS
from riskmap.layers.folders import layer_fingerprint
from riskmap.layers.incidents import booking_points
from riskmap.snapshot import text_sha256
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.changes import rule_on_point
from riskmap.web.exports import offer_table
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import legend_html, lines_html
from riskmap.web.loaded import load_layer, remember
from riskmap.web.map_lines import line_source
from riskmap.web.notices import errors_told, no_map_told, tell_after_rerun
from riskmap.web.window import window_size

MAP_HEIGHT_PX, MAP_SHARE = 350, 0.54
DECISIONS = {
    "keep": Text("keep: records really happened there, cells count them"),
    "leave_out": Text("leave out: records are only booked there, areas alone count them"),
}


@remember
def _points(study: Study, fingerprints: tuple[str, ...]) -> pd.DataFrame:
    del fingerprints
    found = [booking_points(study, layer).assign(layer=layer) for layer in LAYERS_WITH_BOOKING_POINTS]
    return pd.concat(found, ignore_index=True)


@needs("read_data")
def show_booking_points(study: Study) -> None:
    """Show the map with the decision about the chosen point beside it, and the list below."""
    st.html(
        lines_html(
            [
                t(
                    "A booking point holds so many records that they were written down there rather than happened "
                    "there: a police station, a county seat."
                ),
                t("Until you decide, no cell and no forecast counts these records."),
            ]
        )
    )
    with st.spinner(t("Loading")):
        points = _points(study, tuple(layer_fingerprint(study, layer) for layer in LAYERS_WITH_BOOKING_POINTS))
    if points.empty:
        st.html(lines_html([t("No point of this area holds so many records.")]))
        return
    left, right = st.columns([6, 5], gap="medium")
    with left:
        _show_map(study, points)
    chosen = _show_table(study, points)
    with right:
        if chosen is None:
            st.html(lines_html([t("Choose a row to decide about the point.")], muted=True))
        else:
            _show_decision(study, points.iloc[chosen])


def _show_table(study: Study, points: pd.DataFrame) -> int | None:
    language = current_view().language
    table = pd.DataFrame(
        {
            t("Layer"): [layer_word(layer, language) for layer in points["layer"]],
            t("Place"): points["place"],
            t("Records"): [f"{n:,}" for n in points["records"]],
            t("Share"): [f"{share:.1%}" for share in points["share"]],
            t("First record"): [format_day(day, language) for day in points["first"]],
            t("Last record"): [format_day(day, language) for day in points["last"]],
            t("Decision"): [say(MARKS[decision][1]) for decision in points["decision"]],
            t("Decided"): [_moment(study, at) for at in points["at"]],
            t("Reason"): [plain_text(reason, 300) for reason in points["reason"]],
        }
    )
    # A selection is by position, so a list of other points is another table.
    key = f"booking-points-{text_sha256(study.id, *points['layer'], *points['place'])[:12]}-{language}"
    offer_table("booking_points", t("Booking points"), table)
    event = st.dataframe(
        table, hide_index=True, height="content", row_height=30, key=key, on_select="rerun", selection_mode="single-row"
    )
    rows = event["selection"]["rows"]
    return int(rows[0]) if rows and rows[0] < len(points) else None


def _moment(study: Study, at: str) -> str:
    if not at:
        return "–"
    local = pd.Timestamp(at).tz_convert(study.zone).tz_localize(None)
    return format_moment(local.floor("min"), current_view().language)


def _show_decision(study: Study, point: pd.Series) -> None:
    """Ask what the point is; the decision and its reason are kept with the layer."""
    key = f"{point['layer']}-{point['place']}"
    st.subheader(t("Point {place}: {n} records", place=point["place"], n=f"{point['records']:,}"), anchor=False)
    words = {name: say(text) for name, text in DECISIONS.items()}
    decision = st.radio(
        t("Decision"),
        list(DECISIONS),
        format_func=words.__getitem__,
        index=list(DECISIONS).index(point["decision"]) if point["decision"] in DECISIONS else None,
        key=f"decision-{key}",
        label_visibility="collapsed",
    )
    reason = st.text_input(t("Reason (kept with the decision)"), key=f"reason-{key}")
    ready = decision is not None and bool(reason.strip())
    if st.button(t("Decide"), type="primary", disabled=not ready, key=f"decide-{key}"):
        with errors_told():
            rule_on_point(study, point["layer"], point["place"], str(decision), reason)
            tell_after_rerun(
                "done", t("The decision about {place} is kept; forecasts from now on follow it.", place=point["place"])
            )
            st.rerun()


def _show_map(study: Study, points: pd.DataFrame) -> None:
    if no_map_told():
        return
    said = [
        f"{n:,} · {say(MARKS[decision][1])}" for n, decision in zip(points["records"], points["decision"], strict=True)
    ]
    marked = points.assign(text=said)
    by_mark = {mark: marked[marked["decision"] == mark] for mark in ("leave_out", "keep", "open")}
    size = (int(window_size()[0] * MAP_SHARE), MAP_HEIGHT_PX)
    deck = compose_records(study.boundary(), load_layer(study, "areas"), by_mark, None, line_source(study), size)
    with st.container(key="record-map-booking"):
        st.pydeck_chart(deck, key="booking-map", height=MAP_HEIGHT_PX, alt=t("Map of the booking points"))
        with st.container(key="map-legend"):
            entries = mark_entries(["open", "keep", "leave_out"])
            st.html(
                legend_html(Key([t("Booking points")], entries, simulated=study.simulated), current_view().language)
            )
