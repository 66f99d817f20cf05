"""Where is the risk this period, and why there?"""

import streamlit as st

from riskmap.web.clicks import chosen_by_this_click
from riskmap.web.compare import choose_mode, choose_play
from riskmap.web.controls import choose_layers, choose_period, choose_picture, choose_place
from riskmap.web.dossier import show_dossier
from riskmap.web.frame import no_surface, open_page
from riskmap.web.language import keep_in_address, t
from riskmap.web.map_view import available_layers, show_map
from riskmap.web.notices import errors_told

page = open_page(t("Risk map"))
if page.surface is None:
    no_surface(page.study)
study, surface = page.study, page.surface
place, period, layers = st.columns([2.5, 1.9, 6.2], vertical_alignment="bottom")
modes = st.container(horizontal=True, vertical_alignment="center", key="map-modes")
if page.view.mode == "beside":
    left, right = st.container(), st.container()
else:
    left, right = st.columns([7, 3], gap="small")
    right = right.container(key="map-dossier")


def draw_controls() -> None:
    """Draw what chooses the view."""
    with place:
        choose_place(study)
    with period:
        choose_period(study)
    with layers:
        choose_layers(available_layers(study))
    with modes:
        choose_mode(study, surface)
        choose_play(study)
        choose_picture()


def draw_map() -> None:
    """Draw the map, or two side by side."""
    with left, errors_told():
        show_map(study, surface)


def draw_dossier() -> None:
    """Draw what is known of the chosen cell or area."""
    with right:
        show_dossier(study, surface)


# What the reader waits for is drawn first: it reaches the browser while the rest is still being worked out.
order = (draw_dossier, draw_map, draw_controls) if chosen_by_this_click() else (draw_map, draw_controls, draw_dossier)
for draw in order:
    draw()
page.show_exports()
keep_in_address()
