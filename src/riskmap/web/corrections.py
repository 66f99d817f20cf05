"""The table in which quarantined rows are corrected: cell by cell, or one value in all rows shown."""

import pandas as pd
import streamlit as st

from riskmap.layers.corrections import COLUMN, MESSAGE, RULE
from riskmap.layers.delivery import ROW_REFERENCE
from riskmap.web.language import current_view, t
from riskmap.web.legend import lines_html

ABOUT = (ROW_REFERENCE, RULE, COLUMN, MESSAGE)
TICK = "riskmap_tick"
MOST_ROWS = 1_000
STATE_KEY = "corrections"


def show_editor(rows: pd.DataFrame, scope: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Show rows of the quarantine to be changed.

    Parameters
    ----------
    rows
        From `quarantine_table`.
    scope
        Names what is shown; changes made under another one are forgotten.

    Returns
    -------
    The changed rows as they are to be imported, and the ticked ones as they were.
    """
    before = rows.head(MOST_ROWS).reset_index(drop=True)
    working = _working(before, scope)
    st.subheader(t("Rows waiting: {n}", n=f"{len(rows):,}"), anchor=False)
    if len(rows) > MOST_ROWS:
        words = t("The first {shown} of {n} are shown; the file holds all.", shown=f"{MOST_ROWS:,}", n=f"{len(rows):,}")
        st.html(lines_html([words], muted=True))
    _offer_replacement(working)
    edited = _show_table(working, scope)
    names = [name for name in before.columns if name not in ABOUT]
    changed = (edited[names].fillna("") != before[names]).any(axis=1).to_numpy(bool)
    now = before.assign(**{name: edited[name].fillna("").astype("str") for name in names})
    return now[changed], before[edited[TICK].to_numpy(bool)]


def _working(before: pd.DataFrame, scope: str) -> pd.DataFrame:
    """Return the rows with the replacements made so far; begun anew where other rows are shown."""
    state = st.session_state.get(STATE_KEY)
    if state is None or state["scope"] != scope or list(state["rows"]) != list(before[ROW_REFERENCE]):
        state = {"scope": scope, "rows": list(before[ROW_REFERENCE]), "table": before.copy(), "version": 0}
        st.session_state[STATE_KEY] = state
    table: pd.DataFrame = state["table"]
    return table


def _offer_replacement(working: pd.DataFrame) -> None:
    """Offer to replace one value of a column in all rows shown."""
    names = [name for name in working.columns if name not in ABOUT and (working[name] != "").any()]
    if not names:
        return
    column_box, value_box, new_box, button = st.columns([2, 3, 3, 2], vertical_alignment="bottom")
    at_fault = working.loc[working[COLUMN].isin(names), COLUMN]
    suspect = at_fault.value_counts().index[0] if len(at_fault) else names[0]
    column = column_box.selectbox(t("Column"), names, index=names.index(suspect), key="replace-column")
    counts = working[column].value_counts()
    words = {text: f"{text or t('(blank)')} ({n:,})" for text, n in counts.items()}
    key = f"replace-value-{column}"
    value = value_box.selectbox(t("Replace"), list(words), format_func=words.__getitem__, key=key)
    new = new_box.text_input(t("by"), key="replace-by")
    button.button(
        t("Replace in {n} rows", n=f"{int(counts.get(value, 0)):,}"),
        key="replace",
        width="stretch",
        on_click=_replace,
        args=(column, value, new),
    )


def _replace(column: str, value: str, new: str) -> None:
    """Replace a value in the working table; cells edited by hand before are taken over first."""
    state = st.session_state[STATE_KEY]
    table = state["table"]
    edits = st.session_state.get(_editor_key(state), {}).get("edited_rows", {})
    for row, cells in edits.items():
        for name, text in cells.items():
            if name in table and name not in ABOUT:
                table.loc[int(row), name] = text or ""
    table.loc[table[column] == value, column] = new
    state["version"] += 1


def _editor_key(state: dict[str, object]) -> str:
    return f"editor-{state['scope']}-{state['version']}-{current_view().language}"


def _show_table(working: pd.DataFrame, scope: str) -> pd.DataFrame:
    blank = [name for name in working.columns if name not in ABOUT and not (working[name] != "").any()]
    table = working.assign(**{TICK: False})
    order = [TICK, MESSAGE, COLUMN, *(name for name in working.columns if name not in (*ABOUT, *blank))]
    edited: pd.DataFrame = st.data_editor(
        table,
        hide_index=True,
        height=min(420, 42 + 30 * len(table)),
        row_height=30,
        column_order=order,
        disabled=list(ABOUT),
        column_config={
            TICK: st.column_config.CheckboxColumn(t("Tick"), width="small", pinned=True),
            MESSAGE: st.column_config.TextColumn(t("Message"), width="large"),
            COLUMN: st.column_config.TextColumn(t("Column at fault"), width="medium"),
        },
        key=_editor_key(st.session_state[STATE_KEY]),
    )
    return edited
