"""What is different this period, and does it matter?"""

import streamlit as st

from riskmap.web.frame import no_surface, open_page
from riskmap.web.language import t
from riskmap.web.loaded import load_facts
from riskmap.web.overview import show_areas, show_findings, show_freshness, show_history, show_numbers, show_skill

page = open_page(t("Overview"))
if page.surface is None:
    no_surface(page.study)
facts = load_facts(page.study, page.surface)
show_numbers(facts)
left, right = st.columns([6, 5], gap="medium")
with left:
    show_findings(facts)
    show_areas(facts)
with right:
    show_history(facts)
    show_freshness(facts)
    show_skill(facts)
page.show_exports()
