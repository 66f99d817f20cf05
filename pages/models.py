"""Which model is in use, is it healthy, and is there a better one?"""

import streamlit as st

from riskmap.web.language import keep_in_address, t

with st.spinner(t("Loading")):
    # The first reader after a start waits some seconds until the libraries are there, and is to see why.
    from riskmap.web.audit_view import show_audit
    from riskmap.web.blind_spots import show_blind_spots
    from riskmap.web.frame import open_page
    from riskmap.web.models_card import show_card
    from riskmap.web.models_compare import show_comparison
    from riskmap.web.models_drift import show_drift
    from riskmap.web.models_evaluation import show_evaluation
    from riskmap.web.models_history import show_history
    from riskmap.web.models_in_use import show_model_in_use
    from riskmap.web.models_work import show_work
    from riskmap.web.notices import errors_told, tell_what_was_done

SECTIONS = (
    show_model_in_use,
    show_work,
    show_comparison,
    show_history,
    show_evaluation,
    show_blind_spots,
    show_card,
    show_drift,
    show_audit,
)

page = open_page(t("Models"), "read_models")
tell_what_was_done()
for show in SECTIONS:
    with errors_told():
        show(page.study)
page.show_exports()
keep_in_address()
