"""The language of this session and the view it belongs to."""

import streamlit as st

from riskmap.language import Text, translate
from riskmap.web.view import View, decode_view, encode_view, language_of

SESSION_KEY = "view"


def current_view() -> View:
    """Return what this session shows: taken from the address once, kept from then on."""
    if SESSION_KEY not in st.session_state:
        st.session_state[SESSION_KEY] = decode_view(st.query_params.to_dict(), language_of(st.context.locale))
    view: View = st.session_state[SESSION_KEY]
    return view


def change_view(**changes: object) -> View:
    """Change what this session shows and return it."""
    st.session_state[SESSION_KEY] = current_view().changed(**changes)
    return current_view()


def set_view(**changes: object) -> None:
    """Change what this session shows; the form that buttons call."""
    change_view(**changes)


def keep_in_address() -> None:
    """Write the view into the page's address; a change of page would else lose it."""
    parameters = encode_view(current_view())
    if st.query_params.to_dict() != parameters:
        st.query_params.from_dict(parameters)


def t(template: str, /, **values: object) -> str:
    """Return `template` in the session's language."""
    return translate(template, current_view().language, **values)


def say(text: Text) -> str:
    """Return `text` in the session's language."""
    return text.in_language(current_view().language)


def choose_language() -> None:
    """Show the switch between the two languages."""
    names = {"zh": "中文", "en": "English"}

    def switch() -> None:
        change_view(language=st.session_state["language-switch"] or current_view().language)

    st.session_state["language-switch"] = current_view().language
    st.segmented_control(
        "语言 / Language",
        list(names),
        format_func=names.__getitem__,
        key="language-switch",
        on_change=switch,
        label_visibility="collapsed",
    )
