"""The table in which quarantined rows are corrected: cell by cell, or one value in all rows shown."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from riskmap.layers.corrections import COLUMN, MESSAGE, RULE
from riskmap.layers.folders import layer_folder, read_quarantine
from riskmap.layers.mapping import OVERRULED, ROW_REFERENCE
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.columns import letters, width_px
from riskmap.web.language import current_view, t
from riskmap.web.legend import lines_html

ABOUT = (ROW_REFERENCE, RULE, COLUMN, MESSAGE)
TICK = "riskmap_tick"
MOST_ROWS = 1_000
STATE_KEY = "corrections"
ROW_PX, WRAPPING_ROW_PX = 30, 66
"""Height of a row, and of one that wraps its text: Streamlit does so above 64 pixels only."""
WIDEST_PX = 570
"""Of a sentence that leaves room in the smallest window."""
LONG_VALUE_LETTERS = 30


@needs("read_data")
def rows_by_source(study: Study, layer: str, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of each source by the name of the recipe that they came by, most rows first.

    Parameters
    ----------
    table
        From `quarantine_table` of the same layer.

    Returns
    -------
    Each table holds the columns that its recipe names, that are at fault or not blank: those at fault first, then
    those that the recipe names. A cell is missing where the row's own file has no such column; elsewhere it is text.
    """
    kept = read_quarantine(study, layer)
    recipes = {name: _stored_recipe(study, layer, name) for name in kept["import_id"].unique()}
    source = kept["import_id"].map({name: recipe["name"] for name, recipe in recipes.items()})
    own = pd.DataFrame([dict.fromkeys(json.loads(text), 1) for text in kept["content"]], index=kept.index).notna()
    found = {}
    for name in source.value_counts().index:
        rows = table[source == name]
        named = {column for recipe in recipes.values() if recipe["name"] == name for column in _columns(recipe)}
        faults = rows[COLUMN].value_counts().index
        there = own.loc[rows.index]
        used = [
            column
            for column in there.columns[there.any()]
            if column in named or column in faults or (rows[column] != "").any()
        ]
        used.sort(key=lambda column: (*(column != fault for fault in faults), column not in named))
        about = [column for column in (*ABOUT, OVERRULED) if column in rows]
        found[str(name)] = rows[about].join(rows[used].where(there[used]))
    return found


def _stored_recipe(study: Study, layer: str, import_id: str) -> dict[str, Any]:
    path = layer_folder(study, layer) / import_id / "recipe.json"
    recipe: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return recipe


def _columns(recipe: Mapping[str, Any]) -> list[str]:
    """Return the columns of a file that a recipe reads."""
    return [name for names in recipe["columns"].values() for name in ([names] if isinstance(names, str) else names)]


def show_editor(rows: pd.DataFrame, scope: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Show rows of the quarantine to be changed.

    Parameters
    ----------
    rows
        Of one source, from `rows_by_source`.
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
    edited = _show_table(working)
    names = [name for name in before.columns if name not in ABOUT]
    changed = (edited[names].fillna("") != before[names].fillna("")).any(axis=1).to_numpy(bool)
    now = before.assign(**{name: edited[name].fillna("").astype("str") for name in names})
    return now[changed], before[edited[TICK].to_numpy(bool)]


def _working(before: pd.DataFrame, scope: str) -> pd.DataFrame:
    """Return the rows with the replacements made so far; begun anew where other rows are shown."""
    state = st.session_state.get(STATE_KEY)
    if state is None or state["scope"] != scope or list(state["rows"]) != list(before[ROW_REFERENCE]):
        version = 0 if state is None else state["version"] + 1
        state = {"scope": scope, "rows": list(before[ROW_REFERENCE]), "table": before.copy(), "version": version}
        st.session_state[STATE_KEY] = state
    table: pd.DataFrame = state["table"]
    return table


def _offer_replacement(working: pd.DataFrame) -> None:
    """Offer to replace one value of a column in all rows shown; once that is done the offer is an empty one again."""
    names = [name for name in working.columns if name not in (*ABOUT, OVERRULED)]
    if not names:
        return
    column_box, value_box, new_box, button = st.columns([2, 3, 3, 2], vertical_alignment="bottom")
    at_fault = working.loc[working[COLUMN].isin(names), COLUMN]
    suspect = at_fault.value_counts().index[0] if len(at_fault) else names[0]
    version = st.session_state[STATE_KEY]["version"]
    kept = st.session_state.get("replace-column")
    if kept not in names:
        st.session_state["replace-column"] = suspect
    column = column_box.selectbox(t("Column"), names, key="replace-column")
    counts = working[column].value_counts()
    words = {text: f"{text or t('(blank)')} ({n:,})" for text, n in counts.items()}
    value = value_box.selectbox(
        t("Replace"),
        list(words),
        index=None,
        format_func=words.__getitem__,
        placeholder=t("choose a value"),
        key=f"replace-value-{column}-{version}",
    )
    new = new_box.text_input(t("by"), key=f"replace-by-{version}")
    button.button(
        t("Replace in {n} rows", n=f"{int(counts.get(value, 0)):,}"),
        key="replace",
        width="stretch",
        disabled=value is None,
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


def _show_table(working: pd.DataFrame) -> pd.DataFrame:
    table = working.assign(**{TICK: False})
    overruled = [OVERRULED] if (working[OVERRULED] != "").any() else []
    names = [name for name in working.columns if name not in (*ABOUT, OVERRULED)]
    order = [TICK, MESSAGE, COLUMN, *names, *overruled]
    message_px = width_px(working[MESSAGE], t("Message"))
    row_px = ROW_PX if message_px <= WIDEST_PX else WRAPPING_ROW_PX
    # What is far wider than its neighbours (a hash) would push them out of sight.
    long = [name for name in names if working[name].fillna("").map(letters).max() > LONG_VALUE_LETTERS]
    edited: pd.DataFrame = st.data_editor(
        table,
        hide_index=True,
        height=min(420, 42 + row_px * len(table)),
        row_height=row_px,
        column_order=order,
        disabled=list(ABOUT),
        placeholder="",
        column_config={
            TICK: st.column_config.CheckboxColumn(t("Tick"), width="small", pinned=True),
            MESSAGE: st.column_config.TextColumn(t("Message"), width=min(message_px, WIDEST_PX)),
            COLUMN: st.column_config.TextColumn(
                t("Column at fault"), width=width_px(working[COLUMN], t("Column at fault"))
            ),
            **{name: st.column_config.TextColumn(width="medium") for name in long},
        },
        key=_editor_key(st.session_state[STATE_KEY]),
    )
    return edited
