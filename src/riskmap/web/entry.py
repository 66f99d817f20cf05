"""What runs for each reader: sign-in where it is set up, else the pages, their names and their order."""

from functools import partial
from typing import Literal

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from riskmap.study import REPOSITORY, default_home
from riskmap.terms import settle_terms
from riskmap.web.access import may_anywhere
from riskmap.web.access_rules import Action
from riskmap.web.frame import STYLE
from riskmap.web.language import current_view, t
from riskmap.web.notices import errors_told, tell
from riskmap.web.open_door import PAGES as NAMES
from riskmap.web.sign_in import is_signed_in, record_sign_in, show_nobody, show_sign_in

PAGES = REPOSITORY / "pages"


def shown_to(action: Action) -> Literal["visible", "hidden"]:
    """Return whether the bar names a page that takes `action`; an address that names it is answered by the page."""
    return "visible" if may_anywhere(action) else "hidden"


# An icon of our own: a page icon by name would be fetched from outside.
st.set_page_config(page_title="riskmap", page_icon=str(REPOSITORY / "assets" / "favicon.png"), layout="wide")


def show_on_wall(page: str) -> None:
    """Show the wall's screens, that of `page` first."""
    from riskmap.web.wall import show_wall  # takes seconds on a fresh server, and most readers need none of it

    show_wall(page)


faulty_terms = settle_terms(default_home())
if not is_signed_in():
    st.html(STYLE)
    doors = [st.Page(partial(show_sign_in, ""), title="riskmap", url_path="first", default=True)]
    doors += [st.Page(partial(show_sign_in, name), title=name, url_path=name) for name in sorted(NAMES) if name]
    st.navigation(doors, position="hidden").run()
    st.stop()
with errors_told():
    record_sign_in()
    show_nobody()
    if faulty_terms:
        st.html(STYLE)
        tell("error", faulty_terms.in_language(current_view().language))
    on_wall = current_view().wall

    def page(name: str, title: str, visibility: Literal["visible", "hidden"] = "visible") -> StreamlitPage:
        """Return a page, or the wall that begins with it; the first page answers at the bare address too."""
        file = PAGES / f"{'overview' if name == 'first' else name}.py"
        shown = partial(show_on_wall, name) if on_wall else file
        return st.Page(shown, title=title, url_path=name, default=name == "first", visibility=visibility)

    pages = [
        # The first page answers at the bare address only, whatever it is called; a link that names it must not end
        # nowhere.
        page("first", t("Overview")),
        page("overview", t("Overview"), "hidden"),
        page("risk_map", t("Risk map")),
        page("wastewater", t("Wastewater")),
        page("inspections", t("Inspections")),
        page("briefing", t("Briefing")),
        page("data", t("Data"), shown_to("read_data")),
        page("models", t("Models"), shown_to("read_models")),
        page("help", t("Help")),
    ]
    st.navigation(pages, position="hidden" if on_wall else "top").run()
