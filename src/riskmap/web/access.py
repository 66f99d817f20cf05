"""The one door: who is reading, and whether they may.

Everything that the pages read or change asks here, by `require`; what it returns is the study as this reader may see
it, so that all that is read from it afterwards holds nothing else (`Study.within`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from getpass import getuser
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

from riskmap.figures.plain import plain_text
from riskmap.figures.words import best_names
from riskmap.layers.areas import read_areas
from riskmap.layers.folders import layer_fingerprint
from riskmap.study import Study, default_home, list_studies, load_study
from riskmap.web.access_rules import (
    LEAST_ROLES,
    OF_A_PART,
    ROLE_WORDS,
    AccessError,
    Action,
    Reader,
    Rule,
    at_least,
    read_rules,
    reader_of,
)
from riskmap.web.sign_in_settings import is_wanted
from riskmap.web.signed import SignatureError

MOST_NAMES = 3
P = ParamSpec("P")
T = TypeVar("T")
_kept_claims: ContextVar[dict[str, Any] | None] = ContextVar("claims of a reader who asked before", default=None)
_signed: ContextVar[Reader | None] = ContextVar("reader of a signed address", default=None)


def current_reader() -> Reader:
    """Return who is reading: whoever the session's sign-in names, or the machine's own user where there is none.

    Raises
    ------
    AccessError
        If sign-in is set up and nobody is signed in, or the rules cannot be read.
    """
    signed = _signed.get()
    if signed is not None:
        return signed
    if not is_wanted():
        return Reader(getuser(), local=True)
    claims = claims_of_session()
    if claims.get("is_logged_in") is not True:
        raise AccessError("Sign in first: nobody is signed in here.")
    return reader_of(claims, read_rules(default_home()))


def claims_of_session() -> dict[str, Any]:
    """Return what the identity provider says of whoever is signed in here; nothing outside a session."""
    kept = _kept_claims.get()
    if kept is not None:
        return kept
    return st.user.to_dict() if get_script_run_ctx(suppress_warning=True) is not None else {}


def kept_for_later(work: Callable[[], T]) -> Callable[[], T]:
    """Return `work` to be done when the reader asks for it, which Streamlit does outside any session.

    It is done as theirs, under the rules of then: who lost a right since the page was drawn is refused.
    """
    claims = claims_of_session()

    def later() -> T:
        token = _kept_claims.set(claims)
        try:
            return work()
        finally:
            _kept_claims.reset(token)

    return later


def require(action: Action, study: Study) -> Study:
    """Return `study` as the reader may see it for `action`.

    Raises
    ------
    AccessError
        If they may not do that there.
    """
    reader = current_reader()
    if reader.local:
        return study.whole()
    rule = reader.rule_for(study.id)
    if rule is None:
        raise AccessError("No rule gives {who} access to area {area}.", who=reader.who, area=study.id)
    _check(action, rule, study)
    return _narrowed(study.home, study.id, rule.areas or (), _state(study))


def _check(action: Action, rule: Rule, study: Study) -> None:
    needed = LEAST_ROLES[action]
    if not at_least(rule.role, needed):
        raise AccessError(
            "This takes the role {needed}; on area {area} you are {role}.",
            needed=ROLE_WORDS[needed],
            area=study.id,
            role=ROLE_WORDS[rule.role],
        )
    if rule.areas is not None and action not in OF_A_PART:
        raise AccessError(
            "This reads or changes the whole of area {area}; your access covers {areas} only.",
            area=study.id,
            areas=", ".join(rule.areas),
        )


def needs(action: Action) -> Callable[[Callable[Concatenate[Study, P], T]], Callable[Concatenate[Study, P], T]]:
    """Make a function of a study ask `require` first, and go on with what that returns."""

    def guarded(function: Callable[Concatenate[Study, P], T]) -> Callable[Concatenate[Study, P], T]:
        @wraps(function)
        def asked(study: Study, /, *arguments: P.args, **named: P.kwargs) -> T:
            return function(require(action, study), *arguments, **named)

        return asked

    return guarded


def may(action: Action, study: Study) -> bool:
    """Return whether the reader may do `action` on `study`: for what a page offers, never in the stead of `require`."""
    try:
        require(action, study)
    except AccessError:
        return False
    return True


def require_as_drawn(action: Action, study: Study) -> Study:
    """Return `require(action, study)`, for work on what was read already: it must be for the same areas.

    Raises
    ------
    AccessError
        If the reader may see other areas now than those that `study` was narrowed to.
    """
    seen = require(action, study)
    if seen.within and set(seen.within) != set(study.within):
        raise AccessError("What you may see of area {area} has changed; open the page again.", area=study.id)
    return seen


def may_anywhere(action: Action) -> bool:
    """Return whether the reader may do `action` on some study; where there is none yet, whoever may see anything."""
    studies = known_studies()
    return any(may(action, study) for study in studies) or (not studies and current_reader().local)


def known_studies() -> list[Study]:
    """Return the studies that the reader may see anything of, each as they may see it."""
    reader = current_reader()
    studies = [load_study(area) for area in list_studies() if reader.local or reader.rule_for(area) is not None]
    return [require("view", study) for study in studies]


def _state(study: Study) -> str:
    """Return a text that changes when settings or names of areas do."""
    return f"{(study.folder / 'study.toml').stat().st_mtime_ns}-{layer_fingerprint(study, 'areas')}"


@lru_cache(maxsize=256)
def _narrowed(home: Path, area: str, codes: tuple[str, ...], state: str) -> Study:
    """Return a study narrowed to `codes`, which stand in its name wherever that is shown."""
    del state
    study = load_study(area, home)
    if not codes:
        return study
    part = study.narrowed(codes)
    areas = read_areas(part)
    areas = areas[areas["area_code"].isin(codes)].drop_duplicates("area_code")
    names = {}
    for language in ("zh", "en"):
        named = [plain_text(name) for name in best_names(areas, "area_code", language)] or list(codes)
        more = " …" if len(named) > MOST_NAMES else ""
        names[f"name_{language}"] = f"{study.name(language)} · {', '.join(named[:MOST_NAMES])}{more}"
    return study.model_copy(update=names).narrowed(codes)


def scope_claims(study: Study) -> dict[str, str]:
    """Return what an address that a page hands out says of the reader: the study and its areas they may see."""
    seen = require("view", study)
    return {"area": seen.id, "within": ",".join(seen.within)}


@contextmanager
def reader_of_address(claims: Mapping[str, str]) -> Iterator[Study]:
    """Read for a signed address, which carries the scope of the reader to whom it was handed out.

    Raises
    ------
    SignatureError
        If it does not say what its reader may see.
    StudyError
        If its study is gone.
    """
    if "within" not in claims:
        raise SignatureError("The address was altered; open the page again.")
    codes = tuple(code for code in claims["within"].split(",") if code)
    rule = Rule(email="-", role="viewer", studies=(claims["area"],), areas=codes or None)
    token = _signed.set(Reader("signed address", (rule,)))
    try:
        yield require("view", load_study(claims["area"]))
    finally:
        _signed.reset(token)
