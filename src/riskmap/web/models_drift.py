"""Whether what the model looks at is still what it was fitted on."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from riskmap.figures.words import format_day
from riskmap.language import Text
from riskmap.model.drift import CHANGED, LOOK, Verdict, judge_stability, read_drift
from riskmap.model.promotion import champion_id
from riskmap.model.registry import read_card
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.exports import show_table
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.models_features import feature_words
from riskmap.web.notices import tell

VERDICT_WORDS: dict[Verdict, Text] = {
    "changed": Text("▲ changed"),
    "look": Text("△ look"),
    "stable": Text("✓ stable"),
}


def drift_rows(drift: Mapping[str, Any], used: set[str]) -> list[tuple[str, float, Verdict]]:
    """Return (feature, stability index, verdict) of the features that a model uses, the most changed first."""
    rows = [(name, float(index)) for name, index in drift["features"].items() if name in used]
    return [(name, index, judge_stability(index)) for name, index in sorted(rows, key=lambda row: -row[1])]


@needs("read_models")
def show_drift(study: Study) -> None:
    """Show the stability index of each feature of the model in use, the most changed first."""
    champion = champion_id(study)
    if champion is None:
        return
    st.subheader(t("Drift of the features"), anchor=False)
    drift = read_drift(study)
    if drift is None:
        tell("note", t("Not looked at yet; training, comparing and evaluating do it on the way."))
        return
    language = current_view().language
    rows = drift_rows(drift, set(read_card(study, champion)["model"]["feature_names"]))
    counts = {verdict: sum(row[2] == verdict for row in rows) for verdict in VERDICT_WORDS}
    said = t(
        "All {cells} cells at {now} beside the same cells at {before}: {changed} features changed, {look} to look at, "
        "{stable} stable.",
        cells=f"{drift['cells']:,}",
        now=format_day(drift["as_of"], language),
        before=format_day(drift["reference"], language),
        **counts,
    )
    bounds = t(
        "Population stability index over the deciles of then: below {look} stable, above {changed} changed.",
        look=f"{LOOK:g}",
        changed=f"{CHANGED:g}",
    )
    st.html(lines_html([said]) + lines_html([bounds], muted=True))
    table = pd.DataFrame(
        {
            t("Feature"): [feature_words(name, language) for name, _, _ in rows],
            t("Stability index"): [f"{index:.3f}" for _, index, _ in rows],
            t("Verdict"): [say(VERDICT_WORDS[verdict]) for _, _, verdict in rows],
        }
    )
    show_table(
        "drift", t("Drift of the features"), table, hide_index=True, height=320, row_height=30, key=f"drift-{language}"
    )
