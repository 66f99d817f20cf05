"""How good forecasts of past periods were: ranking, calibration and spread, the baseline always beside the model."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from riskmap.figures.model_charts import (
    FORECAST_WORDS,
    band_chart,
    band_frame,
    charted_forecasts,
    hit_rate_chart,
    hit_rate_frame,
    pit_chart,
    pit_frame,
)
from riskmap.figures.words import format_day
from riskmap.model.evaluate import read_evaluation
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.exports import show_table
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.notices import tell

NOTHING = "–"


@needs("read_models")
def show_evaluation(study: Study) -> None:
    """Show the area's latest evaluation, or how to make one."""
    st.subheader(t("Evaluation on past periods"), anchor=False)
    evaluation = read_evaluation(study)
    if evaluation is None:
        told = t(
            "Not evaluated yet. Start it above or by `riskmap evaluate {area}`; it takes minutes.",
            area=study.id,
        )
        tell("note", told)
        return
    if "cells" not in evaluation:
        _too_old()
        return
    language = current_view().language
    first, last = (format_day(evaluation["origins"][at], language) for at in (0, -1))
    words = t(
        "{n} past periods from {first} to {last}, {events} cases, {cells} cells; each was forecast by a model that had "
        "seen nothing of it.",
        n=len(evaluation["origins"]),
        first=first,
        last=last,
        events=f"{evaluation['events']:,.0f}",
        cells=f"{evaluation['cells']:,}",
    )
    st.html(lines_html([words], muted=True))
    labels = {name: say(text) for name, text in FORECAST_WORDS.items()}
    left, middle, right = st.columns([4, 4, 3], gap="medium")
    with left:
        _show_hit_rates(evaluation, labels)
    with middle:
        _show_bands(evaluation, labels)
    with right:
        _show_pit(evaluation, labels)
    _show_coverage(study, evaluation)
    _show_table(study, evaluation)


def _show_hit_rates(evaluation: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    words = {"share": t("Share of the area"), "hit_rate": t("Hit rate"), "interval": t("95 % interval")}
    frame = hit_rate_frame(evaluation, charted_forecasts(evaluation))
    chart = hit_rate_chart(frame, labels, words)
    st.altair_chart(chart, key=f"hit-rates-{current_view().language}")
    note = t("Hit rate: share of the cases in the cells of highest risk. Shaded: 95 % of model and baseline.")
    st.html(lines_html([note], muted=True))


def _show_bands(evaluation: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    frame = band_frame(evaluation)
    if frame.empty:
        _too_old()
        return
    words = {
        "band": t("Risk band (share of the area, highest first)"),
        "ratio": t("Observed / expected"),
        "interval": t("95 % interval"),
        "expected": t("Expected cases"),
        "observed": t("Observed cases"),
    }
    st.altair_chart(band_chart(frame, labels, words), key=f"bands-{current_view().language}")
    note = t("Calibration: at 1 as many cases happened as were forecast; above it more, below it fewer.")
    st.html(lines_html([note], muted=True))


def _show_pit(evaluation: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    frame = pit_frame(evaluation)
    if frame.empty:
        return
    words = {"pit": t("Place in the forecast distribution (PIT)"), "height": t("Share of the outcomes")}
    st.altair_chart(pit_chart(frame, labels, words), key=f"pit-{current_view().language}")
    note = t("Spread: all at 10 % is right; high ends: too narrow; a high right end alone: more than forecast.")
    key = t("Bars: model; black ticks: baseline.")
    st.html(lines_html([f"{key} {note}"], muted=True))


def _too_old() -> None:
    words = t("This evaluation was made by an earlier version and has no calibration by band; evaluate again.")
    st.html(lines_html([words], muted=True))


def _show_coverage(study: Study, evaluation: Mapping[str, Any]) -> None:
    """Say how often the 80 % interval held, and how steady and how new the list is."""
    share = f"{study.operating_share:g}"
    models = evaluation["models"]
    lines = []
    coverage = models["boosting"].get("coverage")
    if coverage and "all_pit" in coverage:
        lines.append(_coverage_words(coverage, f"{study.operating_share:.0%}"))
    for name in ("boosting", "ewma_ring"):
        found = models[name]["shares"].get(share, {})
        if found.get("new_in_list") and found.get("stability") is not None:
            lines.append(_list_words(say(FORECAST_WORDS[name]), found))
    if lines:
        st.html(lines_html(lines))


def _coverage_words(coverage: Mapping[str, float], share: str) -> str:
    return t(
        "80 % interval of the model: {all_pit} of the outcomes of all cells lie in it and {selected_pit} of those of "
        "the cells selected at {share} (a count on its end is shared out by its chance).",
        share=share,
        all_pit=f"{coverage['all_pit']:.1%}",
        selected_pit=f"{coverage['selected_pit']:.1%}",
    )


def _list_words(forecast: str, found: Mapping[str, Any]) -> str:
    new = found["new_in_list"]
    return t(
        "{forecast}: {stability} of two neighbouring lists' cells are in both; {cells} listed cells would not have "
        "been listed by last year's counts and hold {hits} of the cases.",
        forecast=forecast,
        stability=f"{found['stability']:.0%}",
        cells=f"{new['cells']:,}",
        hits=NOTHING if new["hit_rate"] is None else f"{new['hit_rate']:.1%}",
    )


def evaluation_rows(evaluation: Mapping[str, Any], share: str) -> list[dict[str, str]]:
    """Return the table of all forecasts at a share of the area, as text; the least deviance first."""
    models = evaluation["models"]
    rows = []
    for name in sorted(models, key=lambda name: models[name]["poisson_deviance"]):
        scores, found = models[name], models[name]["shares"].get(share)
        difference = scores["difference_to_champion_baseline"].get(share)
        rows.append(
            {
                "name": name,
                "deviance": _number(scores["poisson_deviance"], 4),
                "log_score": _number(scores.get("log_score"), 4),
                "rps": _number(scores.get("rps"), 4),
                "total": _number(scores.get("predicted_over_actual"), 2),
                "hit_rate": _with_interval(found, ".1%"),
                "difference": NOTHING if name == "ewma_ring" else _with_interval(difference, "+.1%"),
                "pei_star": _number(found and found["pei_star"], 3),
                "stability": _number(found and found.get("stability"), 2),
            }
        )
    return rows


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def _with_interval(found: Mapping[str, float] | None, form: str) -> str:
    if not found:
        return NOTHING
    return f"{found['hit_rate']:{form}} [{found['ci_low']:{form}}, {found['ci_high']:{form}}]"


def _show_table(study: Study, evaluation: Mapping[str, Any]) -> None:
    share = f"{study.operating_share:.0%}"
    rows = evaluation_rows(evaluation, f"{study.operating_share:g}")
    titles = {
        "deviance": t("Deviance"),
        "log_score": t("Log score"),
        "rps": t("Ranked probability score"),
        "total": t("Predicted / actual"),
        "hit_rate": t("Hit rate at {share} [95 %]", share=share),
        "difference": t("Difference to the baseline [95 %]"),
        "pei_star": t("PEI* at {share}", share=share),
        "stability": t("Stability of the list"),
    }
    names = [say(FORECAST_WORDS[row["name"]]) if row["name"] in FORECAST_WORDS else row["name"] for row in rows]
    table = pd.DataFrame({t("Forecast"): names} | {title: [row[key] for row in rows] for key, title in titles.items()})
    language = current_view().language
    show_table(
        "evaluation",
        t("Evaluation on past periods"),
        table,
        hide_index=True,
        height="content",
        row_height=30,
        key=f"evaluation-{language}",
    )
