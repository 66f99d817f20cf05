"""Is the model healthy? A few checks, each a number with a verdict and what it means.

`model_checks` looks at the model in use as of now, for the page of the analysts; `snapshot_checks` at the model of one
published forecast as of then, for its briefing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from riskmap.errors import PanelError, RiskmapError
from riskmap.figures.words import PERIODS_WORDS
from riskmap.language import Text
from riskmap.layers.folders import coverage
from riskmap.model.evaluate import CHAMPION_BASELINE
from riskmap.model.gates import CALIBRATION_RANGE, Calibration
from riskmap.model.registry import read_card
from riskmap.panel.deliveries import STALE_AFTER_PERIODS, list_sources
from riskmap.panel.periods import PERIODS_PER_YEAR
from riskmap.panel.reported import reported_periods, timeline_of
from riskmap.study import Study, study_toml
from riskmap.surface.publish import Surface

Verdict = Literal["good", "look", "unknown"]
NOT_KNOWN = "–"
YEARS_QUARTERS = 4


@dataclass(frozen=True)
class Check:
    """One look at the model in use: what was looked at, the number, whether it is well, and what that means."""

    name: Text
    value: str
    verdict: Verdict
    meaning: Text


def model_checks(
    study: Study, card: Mapping[str, Any], evaluation: Mapping[str, Any] | None, now: pd.Timestamp
) -> list[Check]:
    """Return the checks of the model with this card: calibration, deviance, age, sources, gaps, settings.

    Parameters
    ----------
    evaluation
        From `riskmap.model.evaluate.read_evaluation`.
    now
        The moment against which deliveries are called stale (`riskmap.panel.deliveries.delivery_clock`).
    """
    checks = [check_calibration(Calibration(**card["model"]["calibration"])), check_deviance(evaluation)]
    checks += [*_check_deliveries(study, pd.Timestamp(card["as_of"])), _check_sources(study, now)]
    if card["study"] != study_toml(study):
        meaning = Text("The area's settings were changed since it was fitted; the next run fits it anew.")
        checks.append(Check(Text("Settings of the area"), "≠", "look", meaning))
    return checks


def snapshot_checks(study: Study, surface: Surface, evaluation: Mapping[str, Any] | None) -> list[Check]:
    """Return the checks of the model that made `surface`, by what was known then."""
    calibration = surface.manifest.get("calibration")
    found = Calibration(**calibration) if calibration else Calibration(0.0, 0.0, 0)
    periods = surface.table("periods").sort_values("period_start")
    missing = ~periods["reported"].to_numpy(bool)
    checks = [check_calibration(found), check_deviance(evaluation), _check_age_then(study, surface, periods)]
    return [*checks, check_gaps(study, missing), check_freshness(surface, periods)]


def _check_age_then(study: Study, surface: Surface, periods: pd.DataFrame) -> Check:
    try:
        trained = pd.Timestamp(read_card(study, str(surface.manifest["model_id"]))["as_of"])
    except RiskmapError:
        meaning = Text("The card of model {model} is not there.", {"model": str(surface.manifest["model_id"])})
        return Check(Text("Newer periods of data"), NOT_KNOWN, "unknown", meaning)
    return check_age(study, int((pd.to_datetime(periods["period_end"]) > trained).sum()))


def check_freshness(surface: Surface, periods: pd.DataFrame) -> Check:
    """Judge how many layers with dates had not been delivered for the last periods when `surface` was made."""
    name = Text("Stale layers")
    dated = [entry["latest"] for entry in (surface.manifest.get("freshness") or {}).values() if entry["latest"]]
    if not dated or not len(periods):
        return Check(name, NOT_KNOWN, "unknown", Text("No layer with dates was imported."))
    oldest = pd.Timestamp(periods["period_start"].iloc[-min(STALE_AFTER_PERIODS, len(periods))])
    stale = sum(pd.Timestamp(latest) < oldest for latest in dated)
    words = {"n": len(dated), "k": STALE_AFTER_PERIODS}
    meaning = Text("of {n} layers with dates have no record of the last {k} periods", words)
    return Check(name, f"{stale}", "look" if stale else "good", meaning)


def check_calibration(found: Calibration) -> Check:
    """Judge predicted over actual cases of held-out periods by the range that the calibration gate allows."""
    low, high = CALIBRATION_RANGE
    totals = {"predicted": f"{found.predicted:,.0f}", "actual": f"{found.actual:,.0f}", "n": found.periods}
    meaning = Text("{predicted} cases predicted, {actual} happened, {n} periods held out", totals)
    verdict: Verdict = "unknown" if not found.judged else "good" if low <= found.ratio <= high else "look"
    value = f"{found.ratio:.2f}" if found.actual else NOT_KNOWN
    return Check(Text("Calibration (predicted / actual)"), value, verdict, meaning)


def check_deviance(evaluation: Mapping[str, Any] | None) -> Check:
    """Judge the model's deviance on past periods over that of EWMA + ring: below one it knows more than counts do."""
    name = Text("Deviance / that of EWMA + ring")
    models = (evaluation or {}).get("models") or {}
    own, other = (models.get(which, {}).get("poisson_deviance") for which in ("boosting", CHAMPION_BASELINE))
    if evaluation is None or own is None or not other:
        return Check(name, NOT_KNOWN, "unknown", Text("Not evaluated yet"))
    cases = {"n": len(evaluation["origins"]), "events": f"{evaluation['events']:,.0f}"}
    meaning = Text("{n} past periods, {events} cases; below 1 the model knows more than counts", cases)
    return Check(name, f"{own / other:.3f}", "good" if own < other else "look", meaning)


def _check_deliveries(study: Study, as_of: pd.Timestamp) -> list[Check]:
    delivered = coverage(study, "cases", spans=True)
    try:
        timeline = timeline_of(delivered, study.period)
    except PanelError:  # not one whole period yet
        return []
    age = timeline.size - timeline.position(as_of)
    return [check_age(study, age), check_gaps(study, ~reported_periods(delivered, timeline))]


def check_age(study: Study, age: int) -> Check:
    """Judge how many periods were delivered since the model was fitted; a quarter of a year is a reason to refit."""
    most = PERIODS_PER_YEAR[study.period] // YEARS_QUARTERS
    words = {"n": most, "periods": PERIODS_WORDS[study.period]}
    meaning = Text("delivered since it was fitted; from {n} {periods} on it is fitted anew", words)
    return Check(Text("Newer periods of data"), f"{age}", "good" if age < most else "look", meaning)


def check_gaps(study: Study, missing: Any) -> Check:
    """Judge periods that nobody reported, shape (periods,); what counts is the last quarter of a year."""
    span = PERIODS_PER_YEAR[study.period] // YEARS_QUARTERS
    recent = int(missing[-span:].sum())
    words = {"n": span, "periods": PERIODS_WORDS[study.period], "all": int(missing.sum())}
    meaning = Text("not reported among the last {n} {periods}; {all} in all", words)
    return Check(Text("Gaps"), f"{recent}", "look" if recent else "good", meaning)


def _check_sources(study: Study, now: pd.Timestamp) -> Check:
    sources = list_sources(study, now)
    name = Text("Stale sources")
    if sources.empty:
        return Check(name, NOT_KNOWN, "unknown", Text("Nothing was imported yet"))
    stale = int(sources["stale"].sum())
    meaning = Text("of {n} sources; see Data, Sources", {"n": len(sources)})
    return Check(name, f"{stale}", "look" if stale else "good", meaning)
