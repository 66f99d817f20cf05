"""What a page says beside what it shows: notices, errors in the reader's language, what was done before a rerun.

Notices are HTML of our own, escaped: Streamlit's would read names of files and texts of data as Markdown, and fetch
the pictures named in them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from riskmap.errors import RiskmapError
from riskmap.figures.plain import plain_text
from riskmap.language import Text
from riskmap.progress import Report
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import line_html
from riskmap.web.window import needs_pictures

Kind = Literal["error", "question", "done", "note"]
LONGEST = 2000
SAID_KEY = "said-before-rerun"
PLAIN = str.maketrans({sign: f"\\{sign}" for sign in r"\`*_[]()<>$:!#|~"})


def notice_html(kind: Kind, lines: Sequence[str]) -> str:
    """Return a notice: escaped lines on a ground that tells its kind."""
    role = "alert" if kind in ("error", "question") else "status"
    body = "".join(f"<div>{line_html(plain_text(line, LONGEST))}</div>" for line in lines)
    return f'<div class="rm-notice rm-{kind}" role="{role}">{body}</div>'


def tell(kind: Kind, *lines: str) -> None:
    """Show a notice."""
    st.html(notice_html(kind, lines))


def no_map_told() -> bool:
    """Say where an analyst's map would be that this browser draws none, where it lacks WebGL 2; return whether."""
    if needs_pictures():
        tell("note", t("No map here: this browser lacks WebGL 2."))
    return needs_pictures()


@contextmanager
def errors_told(place: DeltaGenerator | None = None) -> Iterator[None]:
    """Show what goes wrong inside as one sentence, here or in `place`, and go on with the page."""
    try:
        yield
    except RiskmapError as error:
        with place or st.container():
            tell("error", error.in_language(current_view().language))


def tell_after_rerun(kind: Kind, *lines: str) -> None:
    """Keep a notice for the page that is drawn next: what was done is said where its result is seen."""
    st.session_state[SAID_KEY] = (kind, lines)


def tell_what_was_done() -> None:
    """Show the notice that was kept, once."""
    kept = st.session_state.pop(SAID_KEY, None)
    if kept is not None:
        tell(kept[0], *kept[1])


@contextmanager
def progress_shown() -> Iterator[Report]:
    """Give a report that moves a bar, which is gone at the end."""
    bar = st.progress(0.0)

    def report(text: Text, share: float | None = None) -> None:
        # The bar's words are Markdown: brackets are what could make an address or a picture of them.
        bar.progress(min(max(share or 0.0, 0.0), 1.0), text=plain_text(say(text)).translate(PLAIN))

    try:
        yield report
    finally:
        bar.empty()
