"""What a reader chooses: place, period, layers. Each control begins at the session's view and writes back to it.

Keys carry the language (labels of options change with it) and what the options depend on, never anything else: a page
drawn again leaves every control as it was.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from riskmap.figures.words import format_period, layer_word
from riskmap.study import Study
from riskmap.web.area_tree import load_area_tree
from riskmap.web.language import change_view, current_view, t
from riskmap.web.loaded import surfaces_by_period
from riskmap.web.view import LAYER_CODES


def bind(name: str, value: object, change: Callable[[Any], object]) -> tuple[str, Callable[[], None]]:
    """Return the key of a control that shows `value`, and what is to be called when a reader changes it."""
    key = f"{name}-{current_view().language}"
    st.session_state[key] = value

    def changed() -> None:
        change(st.session_state[key])

    return key, changed


def choose_place(study: Study) -> None:
    """Show the pickers of a place: prefecture, then county."""
    tree = load_area_tree(study)
    path = [code for code in tree.lineage(current_view().place) if tree.level(code) != "province"]
    if current_view().place and not path:
        change_view(place="")
    names = tree.names[current_view().language]
    parent, labels = "", (t("Prefecture"), t("County or district"))
    for depth, (label, column) in enumerate(zip(labels, st.columns(2), strict=True)):
        options = tree.below(parent)
        chosen = path[depth] if depth < len(path) else ""
        if not options or (depth and not parent):
            column.selectbox(label, [t("whole area")], disabled=True, key=f"place-{depth}-none")
            continue
        if not depth and all(tree.level(code) == "county" for code in options):
            label = labels[1]
        order = ["", *sorted(options, key=names.__getitem__)]
        key, changed = bind(f"place-{depth}-{parent}", chosen, _move_to(parent))
        words = {**names, "": t("whole area")}
        column.selectbox(label, order, format_func=words.__getitem__, key=key, on_change=changed)
        parent = chosen


def _move_to(parent: str) -> Callable[[str], object]:
    return lambda code: change_view(place=code or parent, cell="")


def choose_period(study: Study) -> None:
    """Show the slider over the published periods; a single one is named, not slid."""
    found = surfaces_by_period(study)
    words = {
        key: format_period(study.period, info.period_start, info.period_end, current_view().language)
        for key, info in found.items()
    }
    shown = current_view().period if current_view().period in found else max(found)
    if len(found) == 1:
        st.text_input(t("Forecast period"), words[shown], disabled=True, key=f"period-only-{words[shown]}")
        return
    newest = max(found)
    key, changed = bind("period", shown, lambda period: change_view(period="" if period == newest else period))
    st.select_slider(t("Forecast period"), list(found), format_func=words.__getitem__, key=key, on_change=changed)


def choose_layers(available: pd.Index | list[str]) -> None:
    """Show a switch for each layer there is."""
    options = [layer for layer in LAYER_CODES if layer in set(available)]
    chosen = [layer for layer in current_view().layers if layer in options]

    def switch(layers: list[str]) -> object:
        return change_view(layers=tuple(layer for layer in options if layer in layers))

    key, changed = bind("layers", chosen, switch)
    st.pills(
        t("Layers"),
        options,
        format_func=lambda layer: layer_word(layer, current_view().language),
        selection_mode="multi",
        key=key,
        on_change=changed,
        label_visibility="collapsed",
    )


def choose_picture() -> None:
    """Show the switch between a map that the browser draws and a picture of it that the server draws."""
    key, changed = bind("map-picture", current_view().picture, lambda wanted: change_view(picture=wanted))
    said = t("For browsers that draw no maps, and to copy from.")
    st.toggle(t("As a picture"), key=key, on_change=changed, help=said)
