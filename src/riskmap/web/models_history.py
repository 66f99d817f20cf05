"""Every change of the model in use, with its reason, and the way back to the one before."""

import pandas as pd
import streamlit as st

from riskmap.figures.plain import plain_text
from riskmap.model.promotion import read_history
from riskmap.study import Study
from riskmap.web.access import may, needs
from riskmap.web.changes import roll_back
from riskmap.web.exports import show_table
from riskmap.web.language import current_view, t
from riskmap.web.models_in_use import action_word, local_moment
from riskmap.web.notices import errors_told, tell_after_rerun

LONGEST_REASON = 300


@needs("read_models")
def show_history(study: Study) -> None:
    """Show the changes, the latest first, and offer to take the last one back."""
    history = read_history(study)[::-1]
    if not history:
        return
    st.subheader(t("Changes of the model in use: {n}", n=len(history)), anchor=False)
    table = pd.DataFrame(
        {
            t("When"): [local_moment(study, entry["at"]) for entry in history],
            t("Change"): [action_word(entry["action"]) for entry in history],
            t("Model"): [entry["model_id"] for entry in history],
            t("Model before"): [entry["previous"] or "–" for entry in history],
            t("By"): [plain_text(entry["by"]) for entry in history],
            t("Reason"): [plain_text(entry.get("reason"), LONGEST_REASON) for entry in history],
        }
    )
    language = current_view().language
    show_table(
        "model_history",
        t("Changes of the model in use: {n}", n=len(history)),
        table,
        hide_index=True,
        height="content",
        row_height=30,
        key=f"model-history-{language}",
    )
    if len({entry["model_id"] for entry in history}) > 1 and may("promote", study):
        _offer_rollback(study)


def _offer_rollback(study: Study) -> None:
    words, button = st.columns([5, 6], vertical_alignment="bottom")
    reason = words.text_input(t("Reason to go back to the model before (kept)"), key="rollback-reason")
    if button.button(t("Roll back"), disabled=not reason.strip(), key="rollback"):
        with errors_told():
            model = roll_back(study, reason)
            tell_after_rerun("done", t("Model {model} is in use.", model=model))
            st.rerun()
