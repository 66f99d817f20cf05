"""Rows kept aside: why, what is in them, and the three ways out: corrected here, corrected in a file, left out."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from riskmap.decisions.workbook import write_workbook
from riskmap.figures.plain import plain_text
from riskmap.figures.words import SIMULATED, layer_word
from riskmap.layers.corrections import MESSAGE, RULE, quarantine_table, read_corrections
from riskmap.layers.folders import layer_fingerprint, read_quarantine
from riskmap.layers.mapping import ROW_REFERENCE
from riskmap.layers.rules import RULE_TITLES
from riskmap.schema import LAYERS
from riskmap.snapshot import text_sha256
from riskmap.sources.private_folders import PrivateFolder
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.changes import correct, leave_out
from riskmap.web.columns import width_px
from riskmap.web.corrections import rows_by_source, show_editor
from riskmap.web.exports import logged_file, offer_table
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.loaded import KEYS
from riskmap.web.notices import errors_told, progress_shown, tell, tell_after_rerun
from riskmap.web.receipts import ASKED, refusals, rule_help

SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=KEYS)
def _sources(study: Study, layer: str, language: str, fingerprint: str) -> dict[str, pd.DataFrame]:
    del fingerprint
    return rows_by_source(study, layer, quarantine_table(study, layer, language))


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEYS)
def _open_rows(study: Study, layer: str, fingerprint: str) -> int:
    del fingerprint
    return len(read_quarantine(study, layer))


@needs("read_data")
def show_quarantine(study: Study) -> None:
    """Show the rows kept aside of one source of a layer, by rule, and what can be done with them."""
    with st.spinner(t("Loading")):
        counts = {layer: _open_rows(study, layer, layer_fingerprint(study, layer)) for layer in LAYERS}
    waiting = [layer for layer in LAYERS if counts[layer]]
    if not waiting:
        tell("note", t("No row waits in the quarantine: every row that came in was taken, left out or rejected."))
        return
    language = current_view().language
    layer_box, source_box, _ = st.columns([2, 2, 3])
    words = {name: f"{layer_word(name, language)} ({counts[name]:,})" for name in waiting}
    layer = _choose_counted(layer_box, t("Layer"), words, "quarantine-layer")
    with st.spinner(t("Loading")):
        sources = _sources(study, layer, language, layer_fingerprint(study, layer))
    source = next(iter(sources))
    if len(sources) > 1:
        named = {name: f"{plain_text(name)} ({len(rows):,})" for name, rows in sources.items()}
        source = _choose_counted(source_box, t("Source"), named, f"quarantine-source-{study.id}-{layer}")
    table = sources[source]
    left, right = st.columns([13, 8], gap="medium")
    with left:
        chosen = _show_rules(table, layer)
    with right:
        _show_files(study, layer, table)
    shown = table if not chosen else table[table[RULE].isin(chosen)]
    corrected, ticked = show_editor(shown, f"{study.id}-{layer}-{source}-{'-'.join(chosen)}")
    _offer_corrections(study, layer, corrected)
    _offer_dismissal(study, layer, ticked)


def _choose_counted(place: DeltaGenerator, label: str, words: Mapping[str, str], name: str) -> str:
    """Show a choice whose words hold counts, and return what is chosen, the first to begin with.

    A control keeps the words that it was drawn with, so other counts are another control; the choice is carried over.
    """
    options = list(words)
    before = st.session_state.get(name)
    chosen: str = place.selectbox(
        label,
        options,
        index=options.index(before) if before in options else 0,
        format_func=words.__getitem__,
        key=f"{name}-{text_sha256(*words.values())[:12]}",
    )
    st.session_state[name] = chosen
    return chosen


def _show_rules(table: pd.DataFrame, layer: str) -> list[str]:
    """Show each rule with its count and one of its sentences, and return the chosen ones."""
    rules = table.groupby(RULE, sort=False)[MESSAGE].agg(["size", "first"]).sort_values("size", ascending=False)
    summary = pd.DataFrame(
        {
            t("Rule"): [say(RULE_TITLES[str(rule)]) for rule in rules.index],
            t("Rows"): rules["size"].to_numpy(),
            t("For example"): [plain_text(text, 300) for text in rules["first"]],
        }
    )
    st.subheader(t("Why rows wait"), anchor=False)
    offer_table("rules", t("Why rows wait"), summary)
    event = st.dataframe(
        summary,
        hide_index=True,
        height="content",
        row_height=30,
        key=f"rules-{layer}-{'-'.join(rules.index)}-{current_view().language}",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            t("Rule"): st.column_config.TextColumn(
                width=width_px(summary[t("Rule")], t("Rule")), help=rule_help(rules.index)
            ),
            t("Rows"): st.column_config.NumberColumn(width=70),
            t("For example"): st.column_config.TextColumn(width=520),
        },
    )
    rows = [row for row in event["selection"]["rows"] if row < len(rules)]
    return [str(rules.index[row]) for row in rows]


def _show_files(study: Study, layer: str, table: pd.DataFrame) -> None:
    """Offer the rows as a workbook, and take the corrected one back."""
    st.subheader(t("Correct in Excel"), anchor=False)
    st.download_button(
        t("Download these rows (.xlsx)"),
        logged_file(study, f"quarantine-{layer}.xlsx", lambda: workbook_bytes(study, layer, table)),
        f"quarantine-{study.id}-{layer}.xlsx",
        SHEET_TYPE,
        on_click="ignore",
        key="quarantine-file",
    )
    file = st.file_uploader(t("Corrected file (.xlsx or .csv)"), type=["xlsx", "csv"], key=f"corrected-{layer}")
    if file is None or not st.button(t("Import the corrected file"), type="primary", key="import-corrected-file"):
        return
    with errors_told(), PrivateFolder("correct") as folder:
        path = Path(folder) / f"corrected{Path(file.name).suffix.lower()}"
        path.write_bytes(file.getbuffer())
        _import(study, layer, read_corrections(path), agreed=False)


@needs("read_data")
def workbook_bytes(study: Study, layer: str, table: pd.DataFrame) -> bytes:
    """Return the rows as an Excel file in which text stays text."""
    with PrivateFolder("correct") as folder:
        path = Path(folder) / "quarantine.xlsx"
        about = {"area": study.id, "layer": layer, "rows": len(table)}
        write_workbook(path, table.fillna(""), about, SIMULATED if study.simulated else "")
        return path.read_bytes()


def _offer_corrections(study: Study, layer: str, corrected: pd.DataFrame) -> None:
    """Offer to import the rows that were changed."""
    button, agree, _ = st.columns([2, 3, 2], vertical_alignment="center")
    agreed = agree.checkbox(
        t("I agree to what the import may ask (order of day and month, zeros)."), key="correct-agree"
    )
    words = t("Import corrected rows ({n})", n=f"{len(corrected):,}")
    if button.button(words, type="primary", disabled=corrected.empty, key="import-corrected"):
        with errors_told():
            _import(study, layer, corrected, agreed=agreed)


def _import(study: Study, layer: str, rows: pd.DataFrame, *, agreed: bool) -> None:
    """Import corrected rows and say what became of them."""
    with progress_shown() as report:
        receipts = correct(study, layer, rows, accept=agreed, report=report)
    refused = [receipt for receipt in receipts if receipt.import_id is None]
    for receipt in refused:
        asked = any(entry["refused"]["rule"] in ASKED for entry in receipt.refused)
        notes = [note[current_view().language] for note in receipt.notes]
        tell("question" if asked else "error", *refusals(receipt), *notes)
    if refused:
        return
    accepted, kept = (sum(getattr(receipt, name) for receipt in receipts) for name in ("accepted", "quarantined"))
    again = t("{n} of them are still not right and wait again.", n=f"{kept:,}")
    tell_after_rerun("done", t("Corrected rows imported: {n} accepted.", n=f"{accepted:,}"), *([again] if kept else []))
    st.rerun()


def _offer_dismissal(study: Study, layer: str, ticked: pd.DataFrame) -> None:
    """Offer to leave the ticked rows out for good."""
    button, reason_column, _ = st.columns([2, 3, 2], vertical_alignment="bottom")
    reason = reason_column.text_input(t("Reason for leaving rows out (kept with them)"), key="dismiss-reason")
    words = t("Leave out for good ({n} ticked)", n=f"{len(ticked):,}")
    if button.button(words, disabled=ticked.empty or not reason.strip(), key="dismiss"):
        with errors_told():
            leave_out(study, layer, list(ticked[ROW_REFERENCE]), reason)
            said = t(
                "{n} rows are left out for good; undoing that import under Sources brings them back.",
                n=f"{len(ticked):,}",
            )
            tell_after_rerun("done", said)
            st.rerun()
    st.html(
        lines_html(
            [t("Rows left out for good stay in the receipt; their decision can be undone under Sources.")], muted=True
        )
    )
