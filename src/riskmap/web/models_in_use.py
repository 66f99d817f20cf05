"""The head of the page Models: which model is in use, since when, trained until when, and whether it is healthy."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import pandas as pd
import streamlit as st

from riskmap.briefing.model_health import Check, Verdict, model_checks
from riskmap.figures.plain import plain_text
from riskmap.figures.words import format_day, format_moment
from riskmap.language import Text
from riskmap.model.evaluate import read_evaluation
from riskmap.model.promotion import read_history
from riskmap.model.registry import read_card
from riskmap.panel.deliveries import delivery_clock
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.notices import tell

STYLE = Path(__file__).with_name("data.css")
TONES: dict[Verdict, tuple[str, str]] = {"good": ("good", "✓"), "look": ("kept", "▲"), "unknown": ("gone", "?")}
ACTION_WORDS = {
    "first": Text("first model of the area"),
    "refresh": Text("refreshed by the weekly run"),
    "promote": Text("promoted"),
    "override": Text("promoted in spite of the gate"),
    "rollback": Text("rolled back"),
}


def action_word(action: str) -> str:
    """Return how a model came into use, in the reader's language."""
    return say(ACTION_WORDS[action]) if action in ACTION_WORDS else plain_text(action)


def local_moment(study: Study, at: str) -> str:
    """Return a UTC time as people of the area read it, to the minute."""
    local = pd.Timestamp(at).tz_convert(study.zone).tz_localize(None)
    return format_moment(local.floor("min"), current_view().language)


@needs("read_models")
def show_model_in_use(study: Study) -> None:
    """Show the model in use and the checks of its health."""
    st.html(STYLE)
    history = read_history(study)
    if not history:
        tell("note", t("This area has no model yet. The first one that is trained is in use at once."))
        return
    last = history[-1]
    card = read_card(study, last["model_id"])
    parts = [
        t("In use: {model}", model=last["model_id"]),
        t("since {moment} ({action})", moment=local_moment(study, last["at"]), action=action_word(last["action"])),
        t("trained on data until {day}", day=format_day(_last_day(card["as_of"]), current_view().language)),
    ]
    st.html(lines_html([" · ".join(parts)]))
    now = delivery_clock(study, pd.Timestamp.now(study.zone).tz_localize(None))
    st.html(checks_html(model_checks(study, card, read_evaluation(study), now)))


def _last_day(as_of: str) -> pd.Timestamp:
    """Return the last day that a model knows: it ends at the first moment of its as_of."""
    return pd.Timestamp(as_of) - pd.Timedelta(days=1)


def checks_html(checks: Sequence[Check]) -> str:
    """Return the checks as numbers beside each other; a sign tells the verdict to those who see no colour."""
    boxes = []
    for check in checks:
        tone, sign = TONES[check.verdict]
        value = f"{sign} {escape(check.value)}"
        words = f"<span><strong>{escape(say(check.name))}</strong><br>{escape(say(check.meaning))}</span>"
        boxes.append(f'<div class="n {tone}" style="flex:1 1 11rem"><b>{value}</b>{words}</div>')
    return f'<div class="rm-strip">{"".join(boxes)}</div>'
