"""Which part of the Data page is shown; a copied address opens the same one."""

from pathlib import Path

import streamlit as st

from riskmap.language import Text
from riskmap.web.language import change_view, current_view, say, t
from riskmap.web.view import DATA_PARTS

PART_WORDS = {
    "bring_in": Text("Bring in"),
    "sources": Text("Sources"),
    "quarantine": Text("Quarantine"),
    "booking_points": Text("Booking points"),
}


STYLES = {"en": ("data.css",), "zh": ("data.css", "data.zh.css")}
"""Streamlit's file chooser speaks English only: data.css has its words, data.zh.css the Chinese ones in their place."""


def choose_part() -> str:
    """Show the switch between the parts and return the chosen one."""
    for name in STYLES[current_view().language]:
        st.html(Path(__file__).with_name(name))
    key = f"part-{current_view().language}"
    st.session_state[key] = current_view().part or DATA_PARTS[0]

    def switch() -> None:
        change_view(part=st.session_state[key] or current_view().part)

    words = {part: say(PART_WORDS[part]) for part in DATA_PARTS}
    st.segmented_control(
        t("Part of this page"),
        DATA_PARTS,
        format_func=words.__getitem__,
        key=key,
        on_change=switch,
        label_visibility="collapsed",
    )
    return current_view().part or DATA_PARTS[0]
