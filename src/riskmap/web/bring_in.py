"""Files into a layer: dropped, described by a recipe, checked without writing anything, then committed."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from riskmap.figures.legend import Key
from riskmap.figures.record_map import compose_records, mark_entries
from riskmap.layers.covers import Covers, parse_covers
from riskmap.layers.folders import list_imports
from riskmap.panel.deliveries import NO_RECIPE
from riskmap.schema import TIME_COLUMNS
from riskmap.snapshot import text_sha256
from riskmap.sources.recipe import Recipe
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.changes import bring_in
from riskmap.web.checks import Check, Order, check_order, with_sentences
from riskmap.web.language import current_view, t
from riskmap.web.legend import legend_html, lines_html
from riskmap.web.loaded import load_layer
from riskmap.web.map_lines import line_source
from riskmap.web.notices import errors_told, no_map_told, progress_shown, tell, tell_after_rerun
from riskmap.web.receipts import counts_html, is_question, refusals, show_receipt
from riskmap.web.recipe_editor import choose_recipe, show_known_recipes
from riskmap.web.uploads import forget_files, take_files
from riskmap.web.window import window_size

ASKED_FOR_KEY = "order-asked-for"
MAP_HEIGHT_PX = 330


@needs("change_data")
def show_bring_in(study: Study) -> None:
    """Show the files' way into the area: choose on the left, see what would happen on the right."""
    left, right = st.columns([5, 6], gap="medium")
    with left:
        files = take_files()
        order = _choose_order(study, files) if files else None
    with right, st.container(key="check-result"):
        if not files:
            _tell_way()
        if order is not None and st.session_state.get(ASKED_FOR_KEY) == order.key:
            with errors_told():
                _show_check(order)
        elif files:
            st.html(
                lines_html([t("Check shows what would become of every row; nothing is written before you commit.")])
            )
    if not files:
        show_known_recipes()


def _tell_way() -> None:
    lines = [
        t("Drop one or several files: CSV, Excel, JSON, GeoJSON, GeoPackage, Shapefile, Parquet, or a zip of them."),
        t("Choose the layer and the recipe that says which column is which; a proposal is drafted from the file."),
        t("Check shows what would become of every row; nothing is written before you commit."),
        t("Personal columns are dropped and personal numbers masked before anything is stored."),
    ]
    st.html(lines_html(lines, listed=True))


def _choose_order(study: Study, files: Sequence[Path]) -> Order | None:
    recipe = choose_recipe(study, list(files))
    if recipe is None:
        return None
    replaced = _choose_replaced(study, recipe)
    with errors_told():
        order = Order(study, files, recipe, replaced, _choose_covers(study, files, recipe))
        if st.button(t("Check"), type="primary", key="check", width="stretch"):
            st.session_state[ASKED_FOR_KEY] = order.key
        return order
    return None


def _choose_covers(study: Study, files: Sequence[Path], recipe: Recipe) -> Covers | None:
    """Ask what days the files cover; the answer is theirs alone, other files are asked again."""
    if recipe.layer not in TIME_COLUMNS:
        return None
    text = st.text_input(
        t("Days that these files cover (optional)"),
        placeholder="2024-01-01..2024-01-31",
        help=t(
            "Whole periods among these days without a row count as zero, not as unknown; a file without rows needs it."
        ),
        key=f"covers-{text_sha256(*(path.name for path in files))[:12]}",
    )
    return parse_covers(text, study, recipe.layer) if text.strip() else None


def _choose_replaced(study: Study, recipe: Recipe) -> str | None:
    """Show which import of the layer the files may stand in for, where there is any."""
    imports = [receipt for receipt in list_imports(study, recipe.layer) if receipt.data["recipe"] != NO_RECIPE]
    if not imports:
        return None
    words = {"": t("none: these files are added")}
    for receipt in imports:
        rows = t("{n} rows", n=f"{receipt.accepted:,}")
        words[str(receipt.import_id)] = f"{receipt.data['recipe']} · {str(receipt.import_id)[:8]} · {rows}"
    key = f"replaced-{recipe.layer}"
    chosen = st.selectbox(t("In the stead of an earlier import"), list(words), format_func=words.__getitem__, key=key)
    return chosen or None


def _show_check(order: Order) -> None:
    """Show what would happen, ask what is to be asked, and offer to commit."""
    check, agreed = check_order(order, accept=False), False
    if is_question(check.receipt):
        tell("question", *refusals(check.receipt))
        agreed = st.checkbox(t("I agree to what is asked above."), key=f"agree-{order.key[:12]}")
        if not agreed:
            return
        check = check_order(order, accept=True)
    receipt = check.receipt
    if receipt.refused or receipt.import_id is None:
        tell("error", *refusals(receipt), *(note[current_view().language] for note in receipt.notes))
        return
    st.html(counts_html(receipt))
    _offer_commit(order, check, agreed=agreed)
    _show_map(order.study, check)
    show_receipt(order.study, receipt, "check")


def _offer_commit(order: Order, check: Check, *, agreed: bool) -> None:
    there = {receipt.import_id: receipt.covers for receipt in list_imports(order.study, order.recipe.layer)}
    known, days = check.receipt.import_id in there, check.receipt.covers
    if known and days in (None, there[check.receipt.import_id]):
        tell("note", t("These files were imported before by this recipe; importing them again changes nothing."))
        return
    words = t("Commit: import {n} rows", n=f"{check.receipt.accepted:,}")
    if known:
        words = t("Commit: these files, imported before, cover {covers}", covers=str(days))
    if st.button(words, type="primary", key="commit", width="stretch"):
        with errors_told():
            _commit(order, agreed=agreed)


def _commit(order: Order, *, agreed: bool) -> None:
    """Import; the page is drawn again with what was done."""
    with progress_shown() as report:
        receipt = bring_in(
            order.study,
            order.files,
            order.recipe,
            accept=agreed,
            replace=order.replaced,
            covers=order.covers,
            short_names=True,
            report=report,
        )
    if receipt.import_id is None:
        tell("error", *refusals(receipt), *(note[current_view().language] for note in receipt.notes))
        return
    done = t("Imported as {import_id}: {n} rows accepted.", import_id=receipt.import_id, n=f"{receipt.accepted:,}")
    kept = t("{n} rows wait in the quarantine for you to decide.", n=f"{receipt.quarantined:,}")
    tell_after_rerun("done", done, *([kept] if receipt.quarantined else []))
    st.toast(done)
    st.session_state.pop(ASKED_FOR_KEY, None)
    forget_files()
    st.rerun()


def _show_map(study: Study, check: Check) -> None:
    """Show where accepted and quarantined rows would lie, where any has a place."""
    if (check.shapes is None and not len(check.accepted) and not len(check.quarantined)) or no_map_told():
        return
    points = {"accepted": check.accepted, "quarantined": with_sentences(check.quarantined, current_view().language)}
    size = (int(window_size()[0] * 0.5), MAP_HEIGHT_PX)
    deck = compose_records(study.boundary(), load_layer(study, "areas"), points, check.shapes, line_source(study), size)
    with st.container(key="record-map-check"):
        st.pydeck_chart(deck, key="check-map", height=MAP_HEIGHT_PX, alt=t("Map of the rows of the import"))
        with st.container(key="map-legend"):
            entries = mark_entries(["accepted", "quarantined"])
            st.html(
                legend_html(
                    Key([t("Rows of these files")], entries, simulated=study.simulated), current_view().language
                )
            )
