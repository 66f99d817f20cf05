"""A challenger beside the model in use and the baseline: what differs, what stops it, and its promotion."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from riskmap.figures.legend import Key, LegendEntry
from riskmap.figures.map_layers import MOST_CELLS
from riskmap.figures.scene import LIST_COLOURS, compose_lists
from riskmap.language import Text
from riskmap.model.correction import CLEARLY
from riskmap.model.promotion import champion_id
from riskmap.model.registry import list_models, read_card
from riskmap.study import Study
from riskmap.web.access import may, needs
from riskmap.web.access_rules import LEAST_ROLES, ROLE_WORDS
from riskmap.web.area_tree import load_area_tree
from riskmap.web.exports import show_table
from riskmap.web.jobs import read_comparison
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import legend_html, lines_html
from riskmap.web.loaded import load_layer
from riskmap.web.map_lines import line_source
from riskmap.web.models_features import feature_words, features_apart
from riskmap.web.models_work import is_running, start_button
from riskmap.web.notices import no_map_told, tell
from riskmap.web.window import GAP_PX, window_size

NAME_WORDS = {
    "challenger": Text("challenger"),
    "champion": Text("model in use"),
    "ewma_ring": Text("baseline"),
}
LIST_WORDS = {"challenger": Text("the challenger's alone"), "champion": Text("that of the model in use alone")}
NOTHING = "–"
MAP_PX = 420


@needs("read_models")
def show_comparison(study: Study) -> None:
    """Show the choice of a challenger, the latest comparison and the way to promote it."""
    st.subheader(t("Challenger and model in use"), anchor=False)
    champion = champion_id(study)
    others = [model for model in reversed(list_models(study)) if model != champion]
    if champion is None or not others:
        tell("note", t("There is no challenger. Train one above; it is fitted on all that is known by then."))
        return
    result = read_comparison(study)
    chosen = _choose(study, others, result)
    if result is None or result["challenger"] != chosen:
        words = t("Not compared yet. Both are fitted anew on what was known at each past period; this takes minutes.")
        st.html(lines_html([words], muted=True))
        return
    if result["champion"] != champion:
        tell("note", t("This comparison was made with another model in use; compare again."))
        return
    left, right = st.columns([6, 5], gap="medium")
    with left:
        _show_scores(result)
    with right:
        _show_gate(study, result)
        _show_promotion(study, result)
    _show_lists(study, result)
    _show_features(read_card(study, chosen), read_card(study, champion))


def _choose(study: Study, others: Sequence[str], result: Mapping[str, Any] | None) -> str:
    picker, button = st.columns([4, 7], vertical_alignment="bottom")
    first = others.index(result["challenger"]) if result and result["challenger"] in others else 0
    key = f"challenger-{current_view().language}-{others[0]}"
    chosen = picker.selectbox(t("Challenger"), others, index=first, key=key)
    with button:
        start_button(study, "compare", disabled=is_running(study), model_id=chosen)
    return str(chosen)


def scores_table(result: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows of the comparison's table: scores, and the challenger's difference to each other form.

    Differences carry CLEARLY standard errors between origins: below that nothing can be told apart.
    """
    rows = []
    for name, scores in result["models"].items():
        difference = result["differences"].get(name, {})
        rows.append(
            {
                "name": name,
                "deviance": f"{scores['deviance']:.5f}",
                "deviance_difference": _with_doubt(difference.get("deviance"), 5),
                "hit_rate": f"{scores['hit_rate']:.1%}",
                "pei_star": f"{scores['pei_star']:.3f}",
                "pei_star_difference": _with_doubt(difference.get("pei_star"), 4),
            }
        )
    return rows


def _with_doubt(difference: Mapping[str, float] | None, digits: int) -> str:
    if difference is None:
        return NOTHING
    return f"{difference['mean']:+.{digits}f} ± {CLEARLY * difference['standard_error']:.{digits}f}"


def _show_scores(result: Mapping[str, Any]) -> None:
    share = f"{result['share']:.0%}"
    rows = scores_table(result)
    table = pd.DataFrame(
        {
            t("Forecast"): [say(NAME_WORDS[row["name"]]) for row in rows],
            t("Deviance"): [row["deviance"] for row in rows],
            t("Difference"): [row["deviance_difference"] for row in rows],
            t("Hit rate"): [row["hit_rate"] for row in rows],
            t("PEI*"): [row["pei_star"] for row in rows],
            t("PEI* difference"): [row["pei_star_difference"] for row in rows],
        }
    )
    language = current_view().language
    show_table(
        "comparison",
        t("Challenger and model in use"),
        table,
        hide_index=True,
        height="content",
        row_height=30,
        key=f"comparison-{language}",
    )
    words = t(
        "{n} past periods, {events} cases. Deviance: lower is better. Hit rate and PEI* at {share} of the area: higher "
        "is better. Differences: challenger less the other, ± 2 standard errors.",
        share=share,
        n=len(result["origins"]),
        events=f"{result['events']:,.0f}",
    )
    st.html(lines_html([words], muted=True))


def _show_gate(study: Study, result: Mapping[str, Any]) -> None:
    language = current_view().language
    if not result["failures"]:
        tell("done", t("Nothing stops its promotion: it is no worse than the model in use and the baseline."))
        return
    tell("question", t("What stops its promotion:"), *(f"· {failure[language]}" for failure in result["failures"]))
    worse = result["areas_worse"]
    if worse:
        tree = load_area_tree(study)
        table = pd.DataFrame(
            {
                t("Clearly worse in"): [tree.name(one["area_code"], language) for one in worse],
                t("Deviance more by"): [f"{one['difference']:.3f} ± {one['doubt']:.3f}" for one in worse],
            }
        )
        show_table(
            "worse",
            t("Clearly worse in"),
            table,
            hide_index=True,
            height="content",
            row_height=30,
            key=f"worse-{language}",
        )


def _show_promotion(study: Study, result: Mapping[str, Any]) -> None:
    """Ask for the reason; a challenger that the gate stops takes a tick as well."""
    if not may("promote", study):
        tell("note", t("Promotion takes the role {role}.", role=say(ROLE_WORDS[LEAST_ROLES["promote"]])))
        return
    stopped = bool(result["failures"])
    challenger = result["challenger"]
    reason = st.text_input(t("Reason (kept with the change)"), key=f"promote-reason-{challenger}")
    override = stopped and st.checkbox(
        t("Promote in spite of the gate; I answer for it with my reason"), key=f"promote-override-{challenger}"
    )
    ready = bool(reason.strip()) and (override or not stopped) and not is_running(study)
    about = {"model_id": challenger, "reason": reason, "override": bool(override)}
    start_button(study, "promote", disabled=not ready, main=True, **about)
    words = t("The comparison is made anew before the model changes; this takes as long as before.")
    st.html(lines_html([words], muted=True))


def _show_lists(study: Study, result: Mapping[str, Any]) -> None:
    """Show which cells the next list would gain and lose with the challenger: a score alone does not say where."""
    lists = result.get("lists")
    if lists is None:
        return
    alone = {name: sum(row["listed_by"] == name for row in lists["apart"]) for name in LIST_COLOURS}
    words = t(
        "Most expected cases, {share} of the area: {both} cells stand on both lists, {challenger} on the challenger's "
        "alone, {champion} on that of the model in use alone.",
        share=f"{result['share']:.0%}",
        both=f"{lists['both']:,}",
        **{name: f"{n:,}" for name, n in alone.items()},
    )
    st.html(lines_html([words]))
    if not lists["apart"] or no_map_told():
        return
    shown = lists["apart"][:MOST_CELLS]
    notes = [t("Pointer: expected cases by the model in use → by the challenger")]
    if len(shown) < len(lists["apart"]):
        notes.append(t("Only the {n} cells that differ most are drawn.", n=f"{MOST_CELLS:,}"))
    entries = [LegendEntry("box", colour, colour, LIST_WORDS[name]) for name, colour in LIST_COLOURS.items()]
    title = t("Cells on one list alone")
    with st.container(key="list-stage"):
        width = window_size()[0] - GAP_PX
        deck = compose_lists(shown, study.boundary(), load_layer(study, "areas"), line_source(study), (width, MAP_PX))
        st.pydeck_chart(deck, height=MAP_PX, key="lists-apart")
        with st.container(key="list-legend"):
            st.html(legend_html(Key([title], entries, notes, simulated=study.simulated), current_view().language))


def _show_features(card: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    language = current_view().language
    gained, lost = features_apart(card, other)
    if not gained and not lost:
        st.html(lines_html([t("Both look at the same features.")], muted=True))
        return
    counts = {"gained": len(gained), "lost": len(lost)}
    with st.expander(t("Features: {gained} only in the challenger, {lost} only in the model in use", **counts)):
        sides = [(t("Only in the challenger"), gained), (t("Only in the model in use"), lost)]
        for column, (title, names) in zip(st.columns(2), sides, strict=True):
            lines = [feature_words(name, language) for name in names] or [NOTHING]
            column.html(lines_html([title]) + lines_html(lines, listed=True))
