"""What do I paste?"""

import streamlit as st

from riskmap.web.language import keep_in_address, t

with st.spinner(t("Loading")):
    # The first reader after a start waits some seconds until the libraries are there, and is to see why.
    from riskmap.web.briefing import load_pack, show_comment, show_documents, show_slides
    from riskmap.web.frame import no_surface, open_page
    from riskmap.web.notices import errors_told, tell_what_was_done

page = open_page(t("Briefing"))
if page.surface is None:
    no_surface(page.study)
tell_what_was_done()
with errors_told():
    with st.spinner(t("Reading the facts")):
        pack = load_pack(page.study, page.surface)
    show_documents(pack)
    show_comment(page.study, page.surface)
    show_slides(pack)
keep_in_address()
