"""What runs for each reader: the pages, their names in the reader's language, their order."""

from functools import partial

import streamlit as st

from riskmap.study import REPOSITORY
from riskmap.web.language import current_view, t

PAGES = REPOSITORY / "pages"

# An icon of our own: a page icon by name would be fetched from outside.
st.set_page_config(page_title="riskmap", page_icon=str(REPOSITORY / "assets" / "favicon.png"), layout="wide")


def show_on_wall(page: str) -> None:
    """Show the wall's screens, that of `page` first."""
    from riskmap.web.wall import show_wall  # takes seconds on a fresh server, and most readers need none of it

    show_wall(page)


# The first page answers at the bare address only, whatever it is called; a link that names it must not end nowhere.
NAMES = {
    "first": t("Overview"),
    "overview": t("Overview"),
    "risk_map": t("Risk map"),
    "wastewater": t("Wastewater"),
    "inspections": t("Inspections"),
    "briefing": t("Briefing"),
    "data": t("Data"),
    "models": t("Models"),
    "help": t("Help"),
}
on_wall = current_view().wall
pages = [
    st.Page(
        partial(show_on_wall, name) if on_wall else PAGES / f"{name.replace('first', 'overview')}.py",
        title=title,
        url_path=name,
        default=name == "first",
        visibility="hidden" if name == "overview" else "visible",
    )
    for name, title in NAMES.items()
]
st.navigation(pages, position="hidden" if on_wall else "top").run()
