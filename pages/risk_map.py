"""Where is the risk this period, and why there?"""

import streamlit as st

from riskmap.web.compare import choose_mode, choose_play
from riskmap.web.controls import choose_layers, choose_period, choose_picture, choose_place
from riskmap.web.dossier import show_dossier
from riskmap.web.frame import no_surface, open_page
from riskmap.web.language import keep_in_address, t
from riskmap.web.loaded import load_layer
from riskmap.web.map_view import available_layers, show_map
from riskmap.web.notices import errors_told

page = open_page(t("Risk map"))
if page.surface is None:
    no_surface(page.study)
place, period, layers = st.columns([2.5, 1.9, 6.2], vertical_alignment="bottom")
with place:
    choose_place(page.study, load_layer(page.study, "areas"))
with period:
    choose_period(page.study)
with layers:
    choose_layers(available_layers(page.study))
with st.container(horizontal=True, vertical_alignment="center", key="map-modes"):
    choose_mode(page.study, page.surface)
    choose_play(page.study)
    choose_picture()
if page.view.mode == "beside":
    with errors_told():
        show_map(page.study, page.surface)
    show_dossier(page.study, page.surface)
else:
    left, right = st.columns([7, 3], gap="small")
    with right, st.container(key="map-dossier"):  # first: after a click it is what changes
        show_dossier(page.study, page.surface)
    with left, errors_told():
        show_map(page.study, page.surface)
page.show_exports()
keep_in_address()
