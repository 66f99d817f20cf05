"""A receipt on the page: counts that add up, files, refusals, notes, and the rows not taken as they were."""

from collections import Counter
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from riskmap.figures.plain import plain_text
from riskmap.language import Text
from riskmap.layers.receipt import Receipt
from riskmap.layers.rules import RULE_TITLES
from riskmap.study import Study
from riskmap.web.exports import logged_file, offer_table, show_table
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.notices import tell

ASKED = ("date_order", "zero_without_limit", "catchments_overlap")
"""Refusals that an analyst may settle by agreeing (`accept` of the import)."""
MOST_ROWS = 2_000
"""More lines of a receipt than this are for its file, not for a page."""
FATE_WORDS = {
    "repaired": Text("repaired"),
    "warned": Text("accepted with a warning"),
    "quarantined": Text("quarantined"),
    "rejected": Text("rejected"),
}


FATE_ORDER = ("quarantined", "rejected", "repaired", "warned")
"""What waits for somebody comes first."""


def counts_html(receipt: Receipt) -> str:
    """Return read = not selected + accepted + quarantined + rejected, as numbers beside each other."""
    parts = [
        (receipt.read, t("rows read"), ""),
        (receipt.not_selected, t("not selected"), ""),
        (receipt.accepted, t("accepted"), "good"),
        (receipt.quarantined, t("quarantined"), "kept" if receipt.quarantined else ""),
        (receipt.rejected, t("rejected"), "gone" if receipt.rejected else ""),
    ]
    boxes = [
        f'<div class="n {tone}"><b>{number:,}</b><span>{escape(word)}</span></div>' for number, word, tone in parts
    ]
    signs = ["=", "+", "+", "+", ""]
    joined = "".join(
        box + (f'<div class="sign">{sign}</div>' if sign else "") for box, sign in zip(boxes, signs, strict=True)
    )
    return f'<div class="rm-strip">{joined}</div>'


def is_question(receipt: Receipt) -> bool:
    """Return whether all that stands against an import is something an analyst may agree to."""
    return bool(receipt.refused) and all(entry["refused"]["rule"] in ASKED for entry in receipt.refused)


def refusals(receipt: Receipt) -> list[str]:
    """Return the sentences of the refused files, each once, in the reader's language."""
    message = f"message_{current_view().language}"
    return list(dict.fromkeys(entry["refused"][message] for entry in receipt.refused))


def show_receipt(study: Study, receipt: Receipt, key: str) -> None:
    """Show what stands in a receipt beside its counts."""
    if receipt.repaired or receipt.net_count != receipt.accepted:
        words = t(
            "Of those accepted, {repaired} were repaired; {net} records net of cancellations and repeated ids.",
            repaired=f"{receipt.repaired:,}",
            net=f"{receipt.net_count:,}",
        )
        st.html(lines_html([words], muted=True))
    if receipt.notes:
        tell("note", *(entry[current_view().language] for entry in receipt.notes))
    if receipt.files:
        show_files(receipt, key)
    show_rows(study, receipt, key)


def show_files(receipt: Receipt, key: str) -> None:
    """Show each file with its encoding and datum."""
    table = pd.DataFrame(
        {
            t("File"): [plain_text(Path(entry["path"]).name) for entry in receipt.files],
            t("Encoding"): [entry["encoding"] or "–" for entry in receipt.files],
            t("Datum"): [entry["datum"] or "–" for entry in receipt.files],
            "SHA-256": [entry["sha256"][:12] for entry in receipt.files],
        }
    )
    show_table(
        "receipt_files",
        t("Files"),
        table,
        hide_index=True,
        height="content",
        row_height=30,
        key=f"{key}-files-{current_view().language}",
    )


def show_rows(study: Study, receipt: Receipt, key: str) -> None:
    """Show the rows that were not taken as they were, of all rules or of one, each with its sentence."""
    if not receipt.rows:
        st.html(lines_html([t("Every row was taken as it was.")]))
        return
    chosen = _chosen_rows(receipt, key)
    if len(chosen) > MOST_ROWS:
        counts = {"shown": f"{MOST_ROWS:,}", "n": f"{len(chosen):,}"}
        st.html(
            lines_html([t("The first {shown} of {n} are shown; the receipt's file holds all.", **counts)], muted=True)
        )
    offer_table("receipt_rows", t("Rows that were not taken as they were"), rows_table(chosen))
    st.dataframe(
        rows_table(chosen[:MOST_ROWS]),
        hide_index=True,
        height=min(300, 40 + 30 * len(chosen)),
        row_height=30,
        column_config={t("Message"): st.column_config.TextColumn(width="large")},
        key=f"{key}-rows-{current_view().language}",
    )
    name = f"receipt-{receipt.data['layer']}.json"
    make = logged_file(study, f"{name}, {receipt.import_id or '-'}", receipt.to_json)
    words = t("Download the receipt")
    st.download_button(words, make, name, "application/json", key=f"{key}-file", on_click="ignore")


def rule_help(rules: Iterable[str]) -> str:
    """Return what rules are called in files and receipts, for a reader who looks there."""
    codes = "; ".join(f"{say(RULE_TITLES[rule])}: `{rule}`" for rule in dict.fromkeys(rules))
    return t("In files and receipts: {codes}", codes=codes)


def _chosen_rows(receipt: Receipt, key: str) -> list[dict[str, Any]]:
    """Show the choice of a rule and return its lines, what waits for somebody first."""
    counts = Counter(entry["rule"] for entry in receipt.rows)
    words = {"": f"{t('all rules')} ({len(receipt.rows):,})"}
    words |= {name: f"{say(RULE_TITLES[name])} ({n:,})" for name, n in counts.most_common()}
    label = t("Rows that were not taken as they were")
    rule = st.selectbox(label, list(words), format_func=words.__getitem__, help=rule_help(counts), key=f"{key}-rule")
    chosen = [entry for entry in receipt.rows if rule in ("", entry["rule"])]
    return sorted(chosen, key=lambda entry: FATE_ORDER.index(entry["fate"]))


def rows_table(entries: list[dict[str, Any]]) -> pd.DataFrame:
    """Return lines of a receipt as a table in the reader's language."""
    message = f"message_{current_view().language}"
    columns = {
        t("Fate"): [say(FATE_WORDS[entry["fate"]]) for entry in entries],
        t("Row"): [entry["row"] for entry in entries],
        t("Message"): [plain_text(entry[message], 400) for entry in entries],
        t("Column"): [plain_text(entry["column"]) for entry in entries],
        t("Original"): [plain_text(entry["original"], 200) for entry in entries],
        t("Repaired to"): [plain_text(entry["repaired"], 200) for entry in entries],
        t("File"): [plain_text(Path(entry["file"]).name) for entry in entries],
        t("Sheet"): [plain_text(entry["sheet"]) for entry in entries],
        t("Rule"): [say(RULE_TITLES[entry["rule"]]) for entry in entries],
    }
    if not any(entry["sheet"] for entry in entries):
        del columns[t("Sheet")]
    return pd.DataFrame(columns)
