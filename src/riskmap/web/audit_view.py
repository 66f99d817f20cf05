"""The audit log on the page Models, for those who answer for it."""

import pandas as pd
import streamlit as st

from riskmap.audit import Event, read_audit
from riskmap.figures.plain import plain_text, plain_texts
from riskmap.language import Text
from riskmap.study import Study
from riskmap.web.access import may, require
from riskmap.web.exports import show_table
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.models_in_use import local_moment

SHOWN = 1000
EVENT_WORDS: dict[Event, Text] = {
    "sign_in": Text("signed in"),
    "sign_out": Text("signed out"),
    "dossier": Text("read a dossier"),
    "export": Text("took an export"),
    "briefing": Text("took a briefing"),
    "import": Text("imported"),
    "undo": Text("undid an import"),
    "correct": Text("corrected rows"),
    "dismiss": Text("left rows out"),
    "rule": Text("ruled on a booking point"),
    "comment": Text("wrote the comment"),
    "challenge": Text("filed a doubt"),
    "train": Text("started a training"),
    "compare": Text("started a comparison"),
    "evaluate": Text("started an evaluation"),
    "promote": Text("started a promotion"),
    "rollback": Text("rolled back the model"),
    "failed": Text("failed"),
}


def show_audit(study: Study) -> None:
    """Show who did what on the area, the latest first; nothing to readers who may not see it."""
    if may("audit", study):
        show_log(study)


def audit_table(study: Study) -> pd.DataFrame:
    """Return the log of a study and of signing in and out, in the reader's language.

    Raises
    ------
    AccessError
        If the reader may not see it.
    """
    study = require("audit", study)
    log = read_audit(study.home, [study.id], SHOWN)
    return pd.DataFrame(
        {
            t("When"): [local_moment(study, at) for at in log["at"]],
            t("Who"): plain_texts(log["who"]),
            t("What"): [say(EVENT_WORDS[what]) for what in log["event"]],
            t("Area or cell"): plain_texts(log["place"]),
            t("Detail"): [plain_text(text, 300) for text in log["detail"]],
        }
    )


def show_log(study: Study) -> None:
    """Show the log as a table."""
    table = audit_table(study)
    st.subheader(t("Audit log"), anchor=False)
    if table.empty:
        st.html(lines_html([t("Nobody has done anything here yet that is written down.")], muted=True))
        return
    words = t("The last {n} entries. `riskmap audit` writes all of them.", n=f"{len(table):,}")
    st.html(lines_html([words], muted=True))
    key = f"audit-{current_view().language}"
    show_table(
        "audit",
        t("Audit log"),
        table,
        hide_index=True,
        height=402 if len(table) > 12 else "content",
        row_height=30,
        key=key,
    )
