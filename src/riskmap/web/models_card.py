"""What a model was made from, readable, and as the file it stands in."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from riskmap.figures.plain import plain_text
from riskmap.figures.words import PERIOD_WORDS, PERIODS_WORDS, format_day, layer_word
from riskmap.model.gates import Calibration
from riskmap.model.promotion import champion_id
from riskmap.model.registry import list_models, read_card
from riskmap.model.risk_model import EXPOSURE_FEATURE
from riskmap.snapshot import canonical_json
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.exports import logged_file, show_table
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.models_features import feature_words, group_features


@needs("read_models")
def show_card(study: Study) -> None:
    """Show the card of one model, the one in use unless another is chosen."""
    models = list_models(study)[::-1]
    if not models:
        return
    st.subheader(t("Card of a model"), anchor=False)
    champion = champion_id(study)
    words = {model: t("{model} (in use)", model=model) if model == champion else model for model in models}
    picker, button = st.columns([4, 7], vertical_alignment="bottom")
    first = models.index(champion) if champion in models else 0
    key = f"card-{current_view().language}-{champion}"
    chosen = picker.selectbox(t("Model"), models, index=first, format_func=words.__getitem__, key=key)
    card = read_card(study, chosen)
    button.download_button(
        t("Download the card (JSON)"),
        logged_file(study, f"{study.id}-{chosen}.json", lambda: canonical_json(card)),
        f"{study.id}-{chosen}.json",
        "application/json",
        on_click="ignore",
        key="card-file",
    )
    left, middle, right = st.columns([5, 3, 3], gap="medium")
    with left:
        _show_facts(study, card)
    with middle:
        _show_groups(card)
    with right:
        _show_origin(card)


def _show_facts(study: Study, card: Mapping[str, Any]) -> None:
    facts = card_facts(study, card)
    table = pd.DataFrame({t("What"): list(facts), t("How it is"): list(facts.values())})
    show_table(
        "model_card",
        t("Card of a model"),
        table,
        hide_index=True,
        height="content",
        row_height=30,
        key=f"facts-{current_view().language}",
    )
    words = t("For choosing places to look at. Not for judging persons, and not for saying that a place is safe.")
    st.html(lines_html([words], muted=True))


def card_facts(study: Study, card: Mapping[str, Any]) -> dict[str, str]:
    """Return what a card says, name in words -> value in words, in the reader's language."""
    model = card["model"]
    periods = say(PERIODS_WORDS[study.period])
    ahead = periods if model["horizon"] > 1 else say(PERIOD_WORDS[study.period])
    found, base = Calibration(**model["calibration"]), model["baseline"]
    last_day = pd.Timestamp(card["as_of"]) - pd.Timedelta(days=1)
    return {
        t("Purpose"): t("expected recorded cases per cell, {n} {periods} ahead", n=model["horizon"], periods=ahead),
        t("Data until"): format_day(last_day, current_view().language),
        t("Fitted on"): t("{rows} rows, {events} cases", rows=f"{model['rows']:,}", events=f"{model['events']:,.0f}"),
        t("Calibration (predicted / actual)"): t(
            "{ratio} ({predicted} / {actual}, {n} periods held out)",
            ratio=f"{found.ratio:.3f}",
            predicted=f"{found.predicted:,.0f}",
            actual=f"{found.actual:,.0f}",
            n=found.periods,
        ),
        t("Baseline to beat"): t(
            "EWMA, half-life {n} {periods}, ring weight {weight}",
            n=base["half_life"],
            periods=periods,
            weight=f"{base['ring_weight']:g}",
        ),
        t("Trees"): t(
            "{n} trees, {share} of their correction kept", n=model["trees"], share=f"{model['shrinkage']:.0%}"
        ),
        t("Weights for effort"): _effort_words(card),
        t("Features"): f"{len(model['feature_names'])}",
        t("Random seed"): f"{card['seed']}",
    }


def _effort_words(card: Mapping[str, Any]) -> str:
    """Return whether discovered cases were weighed by how much was looked for them; older cards do not say."""
    effort = card.get("effort", {"known": False, "weighed": False})
    if effort["weighed"]:
        return t("yes, in what inspections go by; they move {share} of the cases", share=f"{effort['moved_share']:.1%}")
    return t("no, all cases count one") if effort["known"] else t("no, hours of police work are not known")


def _show_groups(card: Mapping[str, Any]) -> None:
    language = current_view().language
    names = card["model"]["feature_names"]
    groups = group_features(names)
    table = pd.DataFrame({t("Features"): [say(group) for group, _ in groups], t("Number"): [f"{n}" for _, n in groups]})
    show_table(
        "features", t("Features"), table, hide_index=True, height="content", row_height=30, key=f"groups-{language}"
    )
    with st.expander(t("All features")):
        st.html(lines_html([feature_words(name, language) for name in names if name != EXPOSURE_FEATURE], listed=True))


def _show_origin(card: Mapping[str, Any]) -> None:
    """Show the libraries and the hashes of the layers that the model was fitted on."""
    language = current_view().language
    versions = card["versions"]
    table = pd.DataFrame({t("Library"): list(versions), t("Version"): list(versions.values())})
    show_table(
        "libraries", t("Library"), table, hide_index=True, height="content", row_height=30, key=f"versions-{language}"
    )
    with st.expander(t("Hashes of the layers")):
        inputs = card["inputs"]
        names = [layer_word(layer, language) for layer in inputs]
        table = pd.DataFrame({t("Layer"): names, "SHA-256": [plain_text(value) for value in inputs.values()]})
        show_table(
            "hashes",
            t("Hashes of the layers"),
            table,
            hide_index=True,
            height="content",
            row_height=30,
            key=f"hashes-{language}",
        )
