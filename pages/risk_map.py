"""Where is the risk this period, and why there?"""

import streamlit as st

from riskmap.web.controls import choose_layers, choose_period, choose_place
from riskmap.web.dossier import show_dossier
from riskmap.web.frame import no_surface, open_page
from riskmap.web.language import keep_in_address, t
from riskmap.web.loaded import load_layer
from riskmap.web.map_view import available_layers, show_map

page = open_page(t("Risk map"))
if page.surface is None:
    no_surface(page.study)
place, period, layers = st.columns([3, 2.4, 5.2], vertical_alignment="bottom")
with place:
    choose_place(page.study, load_layer(page.study, "areas"))
with period:
    choose_period(page.study)
with layers:
    choose_layers(available_layers(page.study))
left, right = st.columns([7, 3], gap="small")
with left:
    show_map(page.study, page.surface)
with right, st.container(key="map-dossier"):
    show_dossier(page.study, page.surface)
page.show_exports()
keep_in_address()
