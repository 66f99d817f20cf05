"""What came in, what became of it, and what waits for a decision?"""

import streamlit as st

from riskmap.web.language import keep_in_address, t

with st.spinner(t("Loading")):
    # The first reader after a start waits some seconds until the libraries are there, and is to see why.
    from riskmap.web.booking_points import show_booking_points
    from riskmap.web.bring_in import show_bring_in
    from riskmap.web.data_parts import choose_part
    from riskmap.web.frame import open_page
    from riskmap.web.notices import errors_told, tell_what_was_done
    from riskmap.web.quarantine import show_quarantine
    from riskmap.web.sources import show_sources

PARTS = {
    "bring_in": show_bring_in,
    "sources": show_sources,
    "quarantine": show_quarantine,
    "booking_points": show_booking_points,
}

page = open_page(t("Data"), "read_data")
part = choose_part()
tell_what_was_done()
with errors_told():
    PARTS[part](page.study)
page.show_exports()
keep_in_address()
