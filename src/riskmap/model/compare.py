"""A challenger beside the champion and the champion baseline, on the same past origins, and what stops its promotion.

A fitted model has seen the outcomes that it would be scored on. So forms are compared: at each origin both are fitted
anew, with the features that each looks at, on what was known then, as `riskmap evaluate` does.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from riskmap.language import Text
from riskmap.layers.areas import read_areas
from riskmap.model.correction import CLEARLY
from riskmap.model.evaluate import CHAMPION_BASELINE, evaluation_origins
from riskmap.model.fitting import fit_model
from riskmap.model.risk_model import predict
from riskmap.model.scores import add_up, poisson_deviances, score_share
from riskmap.panel.assemble import Panel
from riskmap.panel.context import finest_areas
from riskmap.panel.counts import first_full_origin
from riskmap.panel.sample import draw_sample, target_counts
from riskmap.progress import Report, silent
from riskmap.study import Study

FEWEST_ORIGINS = 6
AREA_DOUBT = 0.05
"""Chance that any area at all is called worse when none is; shared out among the areas."""
Array = NDArray[np.float64]
Forms = Mapping[str, Sequence[str]]


def compare_forms(
    study: Study,
    panel: Panel,
    forms: Forms,
    *,
    origins: int = 12,
    report: Report = silent,
) -> dict[str, Any]:
    """Score forms of a model and EWMA + ring over the last `origins` non-overlapping horizons.

    Parameters
    ----------
    forms
        The features that each looks at, by name: `challenger`, and `champion` where there is one.

    Returns
    -------
    area, share, origins, events; `models`: by name deviance, hit_rate, pei_star; `differences`: of the challenger to
    each other one in deviance and PEI*, mean over origins and standard error; `areas_worse`: areas in which the
    challenger's deviance is clearly larger than that of the form in use, or of EWMA + ring where none is.

    Raises
    ------
    ModelError
        If there is too little history for one origin, or the panel lacks a feature.
    """
    panel = panel.unweighed()
    chosen = evaluation_origins(panel, origins, study.horizon)
    area_of = finest_areas(read_areas(study), panel.cells, panel.resolution)
    names = [*forms, CHAMPION_BASELINE]
    deviance = np.empty((len(names), len(chosen)))
    by_area = np.empty((len(names), len(chosen), len(area_of[0])))
    shares: list[list[Any]] = [[] for _ in names]
    events = 0.0
    for at, origin in enumerate(chosen):
        report(Text("Comparing"), at / len(chosen))
        count = _outcome(study, panel, origin)
        events += float(count.sum())
        for row, forecast in enumerate(_forecasts(study, panel, forms, origin)):
            each = poisson_deviances(count, forecast)
            deviance[row, at] = each.mean()
            by_area[row, at] = _sum_by_area(each, area_of)
            shares[row].append(score_share(forecast, count, panel.areas_km2, study.operating_share))
    pei = np.array([[score.pei_star for score in scores] for scores in shares])
    summed = [add_up(scores) for scores in shares]
    return {
        "area": study.id,
        "share": study.operating_share,
        "origins": [f"{moment:%Y-%m-%d}" for moment in panel.timeline.starts()[chosen]],
        "events": events,
        "models": {
            name: {
                "deviance": float(deviance[row].mean()),
                "hit_rate": summed[row].hit_rate,
                "pei_star": summed[row].pei_star,
            }
            for row, name in enumerate(names)
        },
        "differences": {
            name: {"deviance": _difference(deviance[0] - deviance[row]), "pei_star": _difference(pei[0] - pei[row])}
            for row, name in enumerate(names)
            if row > 0
        },
        "areas_worse": _worse_areas(by_area[0] - by_area[1], area_of[0]),
    }


def gate_failures(result: Mapping[str, Any]) -> list[Text]:
    """Return what stops the challenger of a comparison, nothing where it may take the champion's place.

    Its deviance may not be larger than that of any other, nor its PEI* at the operating share clearly smaller, over at
    least FEWEST_ORIGINS origins; and no area may be clearly worse.
    """
    failures = []
    if (n := len(result["origins"])) < FEWEST_ORIGINS:
        needed = {"n": n, "needed": FEWEST_ORIGINS}
        failures.append(Text("only {n} past periods can be compared; {needed} are needed", needed))
    for name, difference in result["differences"].items():
        own, other = (result["models"][which]["deviance"] for which in ("challenger", name))
        if own > other * (1 + 1e-9):
            deviances = {"own": f"{own:.5f}", "other": f"{other:.5f}", "name": Text(name)}
            failures.append(Text("its deviance {own} is larger than {other} of {name}", deviances))
        mean, doubt = difference["pei_star"]["mean"], CLEARLY * difference["pei_star"]["standard_error"]
        if mean + doubt < 0:
            drop = {"mean": f"{mean:+.4f}", "doubt": f"{doubt:.4f}", "name": Text(name)}
            failures.append(Text("its PEI* differs by {mean} (± {doubt}) from that of {name}", drop))
    if result["areas_worse"]:
        codes = ", ".join(entry["area_code"] for entry in result["areas_worse"])
        failures.append(Text("these areas are clearly worse: {codes}", {"codes": codes}))
    return failures


def _forecasts(study: Study, panel: Panel, forms: Forms, origin: int) -> list[Array]:
    """Return each form's forecast from `origin`, fitted on what was known one horizon before, and the baseline's."""
    end = origin - study.horizon
    sample = draw_sample(panel, first_full_origin(panel.timeline), end, study.horizon, study.seed)
    asked = [tuple(features) for features in forms.values()]
    done: dict[tuple[str, ...], tuple[Array, Array]] = {}
    for features in asked:
        if features not in done:
            model = fit_model(panel, end, study.horizon, study.seed, sample=sample, features=features)
            forecast = predict(model, panel, origin)
            done[features] = forecast.expected, forecast.baseline_expected
    return [*(done[form][0] for form in asked), next(iter(done.values()))[1]]


def _outcome(study: Study, panel: Panel, origin: int) -> Array:
    now = int(panel.cases.usable.max(initial=panel.timeline.size))
    return target_counts(panel, panel.whole(), range(origin, origin + 1), study.horizon, now)[0].astype(float)


def _sum_by_area(values: Array, area_of: tuple[list[str], NDArray[np.int64]]) -> Array:
    codes, at = area_of
    return np.asarray(np.bincount(at[at >= 0], weights=values[at >= 0], minlength=len(codes)), dtype=float)


def _difference(by_origin: Array) -> dict[str, float]:
    error = by_origin.std(ddof=1) / np.sqrt(len(by_origin)) if len(by_origin) > 1 else 0.0
    return {"mean": float(by_origin.mean()), "standard_error": float(error)}


def _worse_areas(difference: Array, codes: list[str]) -> list[dict[str, Any]]:
    """Return the areas whose deviance is larger by more than chance between origins allows for in any of them."""
    n = len(difference)
    if n < 2 or not codes:
        return []
    mean, error = difference.mean(axis=0), difference.std(axis=0, ddof=1) / np.sqrt(n)
    sure = float(stats.t.ppf(1 - AREA_DOUBT / len(codes), n - 1))
    worse = np.flatnonzero(mean > sure * error + 1e-12)
    return [{"area_code": codes[at], "difference": float(mean[at]), "doubt": float(sure * error[at])} for at in worse]
