"""What does a score mean, what does it not mean, and what if I doubt it?"""

import streamlit as st

from riskmap.web.frame import open_page
from riskmap.web.help import show_challenge, show_challenges, show_glossary, show_meaning
from riskmap.web.language import keep_in_address, t
from riskmap.web.notices import errors_told, tell_what_was_done

page = open_page(t("Help"))
tell_what_was_done()
left, right = st.columns(2, gap="large")
with left:
    show_meaning(page.study)
    if page.surface is not None:
        with errors_told():
            show_challenge(page.study, page.surface)
    show_challenges(page.study)
with right:
    show_glossary(page.study)
page.show_exports()
keep_in_address()
