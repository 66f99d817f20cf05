"""Clicks on maps, which hear of each click of a double one (figures/deck.py).

A click chooses what it is on, and a second one lets go; but the second click of a double one was not meant so.
"""

import math
import time

import streamlit as st

CHOSEN_AT_KEY, JUST_CHOSEN_KEY = "chosen-at", "just-chosen"
DOUBLE_CLICK_S = 1.0
"""Longer than hands take, as the second click may wait for the page that the first one draws."""


def note_choice() -> None:
    """Keep in mind when something was chosen."""
    st.session_state[CHOSEN_AT_KEY] = time.monotonic()
    st.session_state[JUST_CHOSEN_KEY] = True


def chosen_by_this_click() -> bool:
    """Return whether the page is drawn because something was chosen on its map; True once for each choice."""
    return bool(st.session_state.pop(JUST_CHOSEN_KEY, False))


def lets_go() -> bool:
    """Return whether a click on what is chosen lets go of it."""
    return time.monotonic() - float(st.session_state.get(CHOSEN_AT_KEY, -math.inf)) > DOUBLE_CLICK_S
