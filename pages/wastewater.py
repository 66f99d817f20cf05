"""Where is consumption high, where does it rise, and where does nobody sample?"""

import streamlit as st

from riskmap.web.language import keep_in_address, t

with st.spinner(t("Loading")):
    # The first reader after a start waits some seconds until the libraries are there, and is to see why.
    from riskmap.web.blind_spots import show_wastewater_beside_cases
    from riskmap.web.catchment_view import show_catchments
    from riskmap.web.frame import open_page
    from riskmap.web.notices import errors_told
    from riskmap.web.places import choose_shown
    from riskmap.web.plant_series import show_series
    from riskmap.web.sampling import load_sampling
    from riskmap.web.wastewater import no_plants, show_answer, show_choices, show_coverage, show_places
    from riskmap.web.window import window_size

page = open_page(t("Wastewater"))
with st.spinner(t("Reading the samples")):
    sampling = load_sampling(page.study, page.surface)
    if not len(sampling.plants):
        no_plants(page.study)
    shown = choose_shown(page.study, page.surface, sampling)
show_choices(shown)
window = window_size()
left, right = st.columns([7, 5], gap="medium")
with left:
    show_catchments(page.study, shown, window)
with right:
    show_answer(shown)
    show_coverage(shown)
    show_series(shown, window)
show_places(shown)
if page.surface is not None:
    with errors_told(), st.spinner(t("Comparing with cases")):
        show_wastewater_beside_cases(page.study, page.surface, shown.analyte)
page.show_exports()
keep_in_address()
