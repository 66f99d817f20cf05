"""Signing in and out on the page: the button before everything else, who is reading, and the way out."""

from html import escape
from urllib.parse import urlencode

import streamlit as st

from riskmap.audit import is_recorded, record
from riskmap.figures.plain import plain_text
from riskmap.study import Study, default_home
from riskmap.web.access import current_reader
from riskmap.web.access_rules import ROLE_WORDS, AccessError, Reader
from riskmap.web.language import choose_language, current_view, say, t
from riskmap.web.open_door import SIGN_IN_PATH, own_path
from riskmap.web.sign_in_settings import auth_section, is_wanted, providers
from riskmap.web.view import encode_view

RECORDED_KEY, LEAVING_KEY = "sign-in-written-down", "signing-out"


def is_signed_in() -> bool:
    """Return whether the session may go on: somebody is signed in, or nobody needs to."""
    return not is_wanted() or st.user.to_dict().get("is_logged_in") is True


def show_sign_in(page: str) -> None:
    """Show nothing but the way to sign in; afterwards `page` opens with what its address showed."""
    _, right = st.columns([6, 1.3])
    with right, st.container(horizontal_alignment="right"):
        choose_language()
    _, middle, _ = st.columns([2, 3, 2])
    middle.title("riskmap", anchor=False)
    if st.session_state.get(LEAVING_KEY):
        said = t("You are being signed out. If this page stays, you still are signed in:")
        with middle:
            show_way_out(said, t("sign out again."))
        return
    middle.html(f'<p class="rm-line">{escape(t("Sign in to see the maps and lists that you may see."))}</p>')
    wanted = f"/{page}?{urlencode(encode_view(current_view()))}"
    for name in providers(auth_section()):
        words = t("Sign in") if name == "default" else t("Sign in by {provider}", provider=plain_text(name))
        path = own_path(SIGN_IN_PATH)
        address = f"{path}?{urlencode({'provider': name, 'next': wanted})}"
        middle.html(f'<p><a class="rm-button" href="{escape(address)}" target="_self">{escape(words)}</a></p>')


def record_sign_in() -> None:
    """Write down once that somebody signed in, however many windows they open then."""
    if not is_wanted() or st.session_state.get(RECORDED_KEY):
        return
    claims = st.user.to_dict()
    who, home = current_reader().who, default_home()
    detail = f"issued {claims.get('iat', '-')}, {claims.get('iss', '-')}"
    if not is_recorded(home, who, "sign_in", detail):
        record(home, who, "sign_in", detail=detail)
    st.session_state[RECORDED_KEY] = True


def show_nobody() -> None:
    """End the page with one sentence where no rule names the reader."""
    try:
        reader = current_reader()
    except AccessError:
        return
    if reader.is_known:
        return
    said = t(
        "No rule gives {who} access to anything here: ask whoever keeps access.toml, or", who=plain_text(reader.who)
    )
    show_way_out(said, t("sign out and use another account."))
    st.stop()


def show_way_out(said: str, link: str) -> None:
    """Say something that ends in a link by which the reader is forgotten here and at the identity provider."""
    out = own_path("/auth/logout")
    st.html(f'<p class="rm-line">{escape(said)} <a href="{escape(out)}" target="_self">{escape(link)}</a></p>')


def show_reader(study: Study) -> None:
    """Show who is signed in, as what and for where, and the way out; nothing where nobody needs to sign in."""
    reader = current_reader()
    if reader.local:
        return
    with st.popover(plain_text(reader.who.partition("@")[0], 20), width="content"):
        st.html("".join(f'<p class="rm-line">{escape(line)}</p>' for line in reader_lines(reader, study)))
        st.button(t("Sign out"), key="sign-out", on_click=sign_out)


def reader_lines(reader: Reader, study: Study) -> list[str]:
    """Return who the reader is on a study, in words."""
    rule = reader.rule_for(study.id)
    lines = [plain_text(reader.who)]
    if rule is not None:
        lines.append(t("Role: {role}", role=say(ROLE_WORDS[rule.role])))
        lines.append(t("Sees: {name}", name=plain_text(study.name(current_view().language), 200)))
    return lines


def sign_out() -> None:
    """Write down that the reader leaves, and forget them here and at the identity provider.

    Streamlit forgets them in this session first and in the browser a moment later, once that has asked for it; until
    then nothing may look as if they were out.
    """
    record(default_home(), current_reader().who, "sign_out")
    st.session_state[LEAVING_KEY] = True
    st.logout()
