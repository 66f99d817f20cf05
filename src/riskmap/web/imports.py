"""The imports of an area: what each brought, its receipt, the way to undo it, and what was undone."""

import pandas as pd
import streamlit as st

from riskmap.figures.plain import plain_text
from riskmap.figures.words import format_moment, layer_word
from riskmap.layers.folders import list_imports
from riskmap.layers.receipt import Receipt
from riskmap.layers.undo import corrections_of, list_undone
from riskmap.schema import LAYERS
from riskmap.snapshot import text_sha256
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.changes import take_back
from riskmap.web.exports import offer_table, show_table
from riskmap.web.language import current_view, t
from riskmap.web.legend import lines_html
from riskmap.web.notices import errors_told, tell_after_rerun
from riskmap.web.receipts import counts_html, show_receipt

NOTHING = "–"
"""What a table shows where there is nothing to show."""


@needs("read_data")
def show_imports(study: Study) -> None:
    """Show the imports in effect, newest records first; the chosen one's receipt, and the way to undo it."""
    receipts = sorted(list_imports(study), key=_latest, reverse=True)
    st.subheader(t("Imports in effect: {n}", n=len(receipts)), anchor=False)
    # A selection is by position, so a table of other imports is another table.
    names = text_sha256(study.id, *(str(receipt.import_id) for receipt in receipts))[:12]
    offer_table("imports", t("Imports in effect: {n}", n=len(receipts)), _imports_table(receipts))
    event = st.dataframe(
        _imports_table(receipts),
        hide_index=True,
        height="content",
        row_height=30,
        key=f"imports-{names}-{current_view().language}",
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event["selection"]["rows"]
    if not rows:
        st.html(lines_html([t("Choose a row to read its receipt or to undo it.")], muted=True))
        return
    receipt = receipts[rows[0]]
    if st.button(t("Undo this import"), key="undo"):
        _ask_undo(study, receipt)
    st.html(counts_html(receipt))
    show_receipt(study, receipt, "import")


def _imports_table(receipts: list[Receipt]) -> pd.DataFrame:
    language = current_view().language
    return pd.DataFrame(
        {
            t("Layer"): [layer_word(receipt.data["layer"], language) for receipt in receipts],
            t("Recipe"): [plain_text(receipt.data["recipe"]) for receipt in receipts],
            t("Import"): [str(receipt.import_id)[:8] for receipt in receipts],
            t("Files"): [f"{len(receipt.files)}" for receipt in receipts],
            t("Records until"): [_latest(receipt) or NOTHING for receipt in receipts],
            t("Declared to cover"): [receipt.covers or NOTHING for receipt in receipts],
            t("Read"): [f"{receipt.read:,}" for receipt in receipts],
            t("Not selected"): [f"{receipt.not_selected:,}" for receipt in receipts],
            t("Accepted"): [f"{receipt.accepted:,}" for receipt in receipts],
            t("Quarantined"): [f"{receipt.quarantined:,}" for receipt in receipts],
            t("Rejected"): [f"{receipt.rejected:,}" for receipt in receipts],
        }
    )


def _latest(receipt: Receipt) -> str:
    """Return the last day that an import speaks of, "" for layers without dates; receipts carry no other time."""
    ends = [str(entry["covered_to"])[:10] for entry in receipt.data["coverage"]]
    return f"{pd.Timestamp(max(ends)) - pd.Timedelta(1, 'D'):%Y-%m-%d}" if ends else ""


def _ask_undo(study: Study, receipt: Receipt) -> None:
    """Open the question whether an import is to go, and why."""

    @st.dialog(t("Undo this import?"))
    def ask() -> None:
        show_undo_form(study, receipt)

    ask()


def show_undo_form(study: Study, receipt: Receipt) -> None:
    """Show what would go, and undo the import once a reason is given."""
    layer = layer_word(receipt.data["layer"], current_view().language)
    named = f"{layer} · {receipt.data['recipe']} · {receipt.import_id}"
    leave = t("Its {n} accepted rows leave the area; the receipt and your reason are kept.", n=f"{receipt.accepted:,}")
    corrections = corrections_of(study, str(receipt.import_id))
    along = t(
        "{n} corrections of its rows go with it, {rows} rows accepted.",
        n=len(corrections),
        rows=f"{sum(one.accepted for one in corrections):,}",
    )
    st.html(lines_html([named, leave, *([along] if corrections else [])]))
    reason = st.text_input(t("Reason (kept with the receipt)"), key="undo-reason")
    if st.button(t("Undo"), type="primary", disabled=not reason.strip(), key="undo-confirmed"):
        with errors_told():
            take_back(study, str(receipt.import_id), reason)
            tell_after_rerun("done", t("The import {import_id} was undone.", import_id=str(receipt.import_id)))
            st.rerun()


@needs("read_data")
def show_undone(study: Study) -> None:
    """Show what was undone, when and why, the latest first."""
    language = current_view().language
    gone = [undone for layer in LAYERS for undone in list_undone(study, layer)]
    if not gone:
        return
    gone.sort(key=lambda undone: undone.at, reverse=True)
    st.subheader(t("Undone: {n}", n=len(gone)), anchor=False)
    local = [pd.Timestamp(undone.at).tz_convert(study.zone).tz_localize(None) for undone in gone]
    table = pd.DataFrame(
        {
            t("When"): [format_moment(at.floor("min"), language) for at in local],
            t("Reason"): [plain_text(undone.reason, 300) for undone in gone],
            t("Layer"): [layer_word(undone.receipt.data["layer"], language) for undone in gone],
            t("Recipe"): [plain_text(undone.receipt.data["recipe"]) for undone in gone],
            t("Import"): [str(undone.receipt.import_id)[:8] for undone in gone],
            t("Accepted"): [f"{undone.receipt.accepted:,}" for undone in gone],
        }
    )
    show_table(
        "undone",
        t("Undone: {n}", n=len(gone)),
        table,
        hide_index=True,
        height="content",
        row_height=30,
        key=f"undone-{language}",
    )
