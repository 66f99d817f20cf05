"""Clicks on maps, which hear of each click of a double one (figures/deck.py).

A click chooses what it is on, and a second one lets go; but the second click of a double one was not meant so.
"""

import math
import time

import streamlit as st

CHOSEN_AT_KEY = "chosen-at"
DOUBLE_CLICK_S = 1.0
"""Longer than hands take, as the second click may wait for the page that the first one draws."""


def note_choice() -> None:
    """Keep in mind when something was chosen."""
    st.session_state[CHOSEN_AT_KEY] = time.monotonic()


def lets_go() -> bool:
    """Return whether a click on what is chosen lets go of it."""
    return time.monotonic() - float(st.session_state.get(CHOSEN_AT_KEY, -math.inf)) > DOUBLE_CLICK_S
