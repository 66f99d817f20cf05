"""The weekly run, stage after stage: layers -> grid -> panel -> model -> surface, published or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from riskmap.errors import PanelError
from riskmap.language import LANGUAGES, Text
from riskmap.layers.folders import coverage, layer_fingerprint, list_imports
from riskmap.model.card import describe_training, weighs_effort
from riskmap.model.fitting import fit_model
from riskmap.model.gates import refuse_uncalibrated
from riskmap.model.promotion import Action, champion_id, set_champion
from riskmap.model.registry import FORM, is_outdated, library_versions, load_model, read_card, save_model
from riskmap.model.risk_model import Forecast, RiskModel, predict
from riskmap.panel.assemble import Panel
from riskmap.panel.build import build_panel
from riskmap.panel.counts import first_full_origin
from riskmap.panel.holidays import flag_holidays
from riskmap.panel.periods import period_starts
from riskmap.panel.reported import reported_periods, timeline_of
from riskmap.panel.sample import draw_sample
from riskmap.progress import Report, silent
from riskmap.schema import LAYERS
from riskmap.snapshot import canonical_json, lease, remove_leftovers, text_sha256
from riskmap.study import Period, Study, study_toml
from riskmap.surface.compose import surface_cells, surface_tables
from riskmap.surface.publish import Surface, publish_surface

REFIT_AFTER: dict[Period, int] = {"day": 28, "week": 13, "month": 3, "quarter": 1}
"""Periods after which the model in use is fitted anew: by then a quarter's worth of outcomes has come in."""


@dataclass(frozen=True)
class Fitted:
    """The model of a run and its name in the registry."""

    model_id: str
    model: RiskModel


def run(study: Study, as_of: pd.Timestamp | None = None, report: Report = silent) -> Surface:
    """Forecast the next period and publish it.

    Parameters
    ----------
    as_of
        The forecast looks ahead from the start of the period that holds this moment and knows nothing later; None
        for the end of the last period that was delivered.

    Raises
    ------
    PanelError, ModelError, BusyError
        If there is too little history, the model is refused, or somebody else is writing. What was published stays.
    """
    with lease(study.folder, "run"):
        remove_leftovers(study.folder / "surfaces")
        report(Text("Counting cases on the grid"), 0.05)
        panel = build_panel(study, as_of)
        origin = panel.timeline.size
        report(Text("Fitting the model"), 0.25)
        fitted = fit_or_reuse(study, panel)
        report(Text("Forecasting {n} cells", {"n": len(panel.cells)}), 0.6)
        forecast = predict(fitted.model, panel, origin)
        cells = surface_cells(fitted.model, panel, forecast)
        report(Text("Adding up areas"), 0.8)
        tables = surface_tables(study, fitted.model, panel, forecast, cells)
        report(Text("Publishing"), 0.9)
        surface = publish_surface(study, cells, tables, surface_manifest(study, panel, fitted, forecast))
    report(Text("Published {snapshot}", {"snapshot": surface.snapshot_id}), 1.0)
    return surface


def publish_recent(study: Study, periods: int, report: Report = silent) -> Surface:
    """Publish the surfaces of the last `periods` periods, oldest first, so that there is a past to move through.

    The model is fitted before the first of them and has seen none of their outcomes.
    """
    timeline = timeline_of(coverage(study, "cases"), study.period)
    for done, moment in enumerate(timeline.starts()[-periods:]):

        def within(stage: Text, share: float | None, done: int = done) -> None:
            report(stage, (done + (share or 0.0)) / periods)

        surface = run(study, moment, within)
    return surface


def fit_or_reuse(study: Study, panel: Panel) -> Fitted:
    """Return the champion where it is fresh, else its like fitted now, which is checked and put to use.

    A champion fitted after the panel's end has seen the future and is not used. Its like looks at the same features,
    and knows a need of its own only if it did: what new layers add comes in by a challenger that is promoted.
    """
    origin = panel.timeline.size
    champion = champion_id(study)
    if champion is None:
        return train(study, panel, "first")
    card = read_card(study, champion)
    names = tuple(card["model"]["feature_names"])[:-1]
    age = origin - panel.timeline.position(pd.Timestamp(card["as_of"]))
    there = set(names) <= set(panel.feature_names)
    same = card["study"] == study_toml(study) and not is_outdated(card)
    if there and same and 0 <= age < REFIT_AFTER[study.period]:
        return Fitted(champion, load_model(study, champion))
    if not weighs_effort(card):
        panel = panel.unweighed()
    return train(study, panel, "refresh", features=names if there else None)


def train(study: Study, panel: Panel, action: Action | None = None, *, features: Sequence[str] | None = None) -> Fitted:
    """Fit a model on the whole panel, refuse it if it is off, and keep it.

    Parameters
    ----------
    action
        As what it is put to use at once; None for a challenger, which is not.
    features
        What it may look at; None for all that the panel has.

    Raises
    ------
    ModelError
        If there is too little history, a feature knows the outcome, or totals on held-out periods are off.
    """
    end = panel.timeline.size
    sample = draw_sample(panel, first_full_origin(panel.timeline), end, study.horizon, study.seed)
    model = fit_model(panel, end, study.horizon, study.seed, sample=sample, features=features)
    refuse_uncalibrated(model.calibration)
    card = describe_training(study, panel, sample)
    inputs = input_fingerprints(study)
    versions = canonical_json(library_versions())
    needed = "" if sample.need is None else "weighed"
    made_by = (canonical_json(inputs), versions, str(FORM), needed)
    digest = text_sha256(card["as_of"], study_toml(study), *made_by, *model.feature_names)
    model_id = f"{card['as_of'].replace('-', '')}-{digest[:12]}"
    save_model(study, model_id, model, {**card, "inputs": inputs})
    if action is not None and champion_id(study) != model_id:
        set_champion(study, model_id, action)
    return Fitted(model_id, model)


def input_fingerprints(study: Study) -> dict[str, str]:
    """Return a hash of the contents of each layer that holds anything."""
    return {layer: layer_fingerprint(study, layer) for layer in LAYERS if list_imports(study, layer)}


def surface_manifest(study: Study, panel: Panel, fitted: Fitted, forecast: Forecast) -> dict[str, Any]:
    """Return what a surface was made from; the same inputs give the same text."""
    starts = panel.timeline.starts()
    as_of = starts[-1]
    next_one = panel.timeline.first + panel.timeline.size + study.horizon
    end = period_starts(range(next_one, next_one + 1), study.period)[0]
    baseline = fitted.model.baseline
    holidays = flag_holidays(pd.DatetimeIndex([as_of, end]), study).iloc[0]
    return {
        "area": study.id,
        "as_of": f"{as_of:%Y-%m-%d}",
        "data_cut_off": f"{as_of:%Y-%m-%d}",
        "period_start": f"{as_of:%Y-%m-%d}",
        "period_end": f"{end:%Y-%m-%d}",
        "period": study.period,
        "horizon": study.horizon,
        "resolution": study.resolution,
        "cells": len(panel.cells),
        "area_km2": round(float(panel.areas_km2.sum()), 3),
        "model_id": fitted.model_id,
        "baseline": f"EWMA, half-life {baseline.half_life} {study.period}s, ring weight {baseline.ring_weight:g}",
        "calibration": {
            "predicted": round(fitted.model.calibration.predicted, 3),
            "actual": fitted.model.calibration.actual,
            "periods": fitted.model.calibration.periods,
        },
        "simulated": study.simulated,
        "inputs": input_fingerprints(study),
        "versions": library_versions(),
        "freshness": freshness(study),
        "holidays": {language: holidays[f"holidays_{language}"] for language in LANGUAGES},
        "gaps": [f"{moment:%Y-%m-%d}" for moment in starts[:-1][~panel.cases.reported]],
        "expected_total": round(float(forecast.expected.sum()), 6),
        "baseline_total": round(float(forecast.baseline_expected.sum()), 6),
        "seed": study.seed,
    }


def missing_periods(study: Study) -> list[str]:
    """Return the first days of the periods, among those that cases were delivered for, that nobody reported."""
    delivered = coverage(study, "cases", spans=True)
    try:
        timeline = timeline_of(delivered, study.period)
    except PanelError:  # not one whole period yet
        return []
    return [f"{start:%Y-%m-%d}" for start in timeline.starts()[:-1][~reported_periods(delivered, timeline)]]


def freshness(study: Study) -> dict[str, dict[str, Any]]:
    """Return, for each layer that holds anything, its rows, sources and the last day that was delivered."""
    found = {}
    for layer in LAYERS:
        receipts = list_imports(study, layer)
        if receipts:
            delivered = coverage(study, layer)
            # The end is the first moment that was not delivered any more.
            latest = delivered["covered_to"].max() - pd.Timedelta(1, "us") if len(delivered) else None
            found[layer] = {
                "latest": None if latest is None else f"{latest:%Y-%m-%d}",
                "rows": sum(receipt.accepted for receipt in receipts),
                "source": sorted({str(receipt.data["recipe"]) for receipt in receipts}),
            }
    return found
