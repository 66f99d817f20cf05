"""Which sites are to be visited, and why each?"""

import streamlit as st

from riskmap.web.frame import open_page
from riskmap.web.inspections import no_plan, show_download, show_plan_map, show_reasons, show_sites
from riskmap.web.language import t
from riskmap.web.loaded import latest_plan
from riskmap.web.notices import errors_told

page = open_page(t("Inspections"))
plan = latest_plan(page.study)
if plan is None:
    no_plan(page.study)
left, right = st.columns([9, 12], gap="medium")
with right:
    chosen = show_sites(page.study, plan)
    show_reasons(plan, chosen)
    show_download(page.study, plan)
with left, errors_told():
    show_plan_map(page.study, plan, chosen)
page.show_exports()
