"""What runs for each reader: sign-in where it is set up, else the pages, their names and their order."""

from functools import partial
from typing import Literal

import streamlit as st

from riskmap.study import REPOSITORY
from riskmap.web.access import may_anywhere
from riskmap.web.access_rules import Action
from riskmap.web.frame import STYLE
from riskmap.web.language import t
from riskmap.web.notices import errors_told
from riskmap.web.open_door import PAGES as NAMES
from riskmap.web.sign_in import is_signed_in, record_sign_in, show_nobody, show_sign_in

PAGES = REPOSITORY / "pages"


def shown_to(action: Action) -> Literal["visible", "hidden"]:
    """Return whether the bar names a page that takes `action`; an address that names it is answered by the page."""
    return "visible" if may_anywhere(action) else "hidden"


# An icon of our own: a page icon by name would be fetched from outside.
st.set_page_config(page_title="riskmap", page_icon=str(REPOSITORY / "assets" / "favicon.png"), layout="wide")
if not is_signed_in():
    st.html(STYLE)
    doors = [st.Page(partial(show_sign_in, ""), title="riskmap", url_path="first", default=True)]
    doors += [st.Page(partial(show_sign_in, name), title=name, url_path=name) for name in sorted(NAMES) if name]
    st.navigation(doors, position="hidden").run()
    st.stop()
with errors_told():
    record_sign_in()
    show_nobody()
    pages = [
        # The first page answers at the bare address only, whatever it is called; a link that names it must not end
        # nowhere.
        st.Page(PAGES / "overview.py", title=t("Overview"), url_path="first", default=True),
        st.Page(PAGES / "overview.py", title=t("Overview"), url_path="overview", visibility="hidden"),
        st.Page(PAGES / "risk_map.py", title=t("Risk map"), url_path="risk_map"),
        st.Page(PAGES / "wastewater.py", title=t("Wastewater"), url_path="wastewater"),
        st.Page(PAGES / "inspections.py", title=t("Inspections"), url_path="inspections"),
        st.Page(PAGES / "briefing.py", title=t("Briefing"), url_path="briefing"),
        st.Page(PAGES / "data.py", title=t("Data"), url_path="data", visibility=shown_to("read_data")),
        st.Page(PAGES / "models.py", title=t("Models"), url_path="models", visibility=shown_to("read_models")),
        st.Page(PAGES / "help.py", title=t("Help"), url_path="help"),
    ]
    st.navigation(pages, position="top").run()
