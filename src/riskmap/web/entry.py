"""What runs for each reader: the pages, their names in the reader's language, their order."""

import streamlit as st

from riskmap.study import REPOSITORY
from riskmap.web.language import t

PAGES = REPOSITORY / "pages"

# An icon of our own: a page icon by name would be fetched from outside.
st.set_page_config(page_title="riskmap", page_icon=str(REPOSITORY / "assets" / "favicon.png"), layout="wide")
pages = [
    # The first page answers at the bare address only, whatever it is called; a link that names it must not end nowhere.
    st.Page(PAGES / "overview.py", title=t("Overview"), url_path="first", default=True),
    st.Page(PAGES / "overview.py", title=t("Overview"), url_path="overview", visibility="hidden"),
    st.Page(PAGES / "risk_map.py", title=t("Risk map"), url_path="risk_map"),
    st.Page(PAGES / "wastewater.py", title=t("Wastewater"), url_path="wastewater"),
    st.Page(PAGES / "inspections.py", title=t("Inspections"), url_path="inspections"),
    st.Page(PAGES / "briefing.py", title=t("Briefing"), url_path="briefing"),
    st.Page(PAGES / "data.py", title=t("Data"), url_path="data"),
    st.Page(PAGES / "models.py", title=t("Models"), url_path="models"),
    st.Page(PAGES / "help.py", title=t("Help"), url_path="help"),
]
st.navigation(pages, position="top").run()
