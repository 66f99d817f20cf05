"""`python -m bench.effort`: what weights for effort do, to records and to the true need.

Without --home in made-up worlds (tests/panel/patrolled.py), with it on the simulated area `demo` there. Need is what
would be recorded with the usual effort everywhere; forecasts of the need are judged by it, expected counts by records.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from riskmap.grid.cells import positions_in
from riskmap.model.evaluate import evaluation_origins, read_true_intensity
from riskmap.model.fitting import fit_model
from riskmap.model.risk_model import Forecast, predict
from riskmap.model.scores import poisson_deviance
from riskmap.panel.assemble import Panel
from riskmap.panel.build import build_panel
from riskmap.panel.sample import target_counts
from riskmap.simulate.intensity import REPORTED
from riskmap.study import Study, load_study
from tests.panel.patrolled import patrolled_world

Array = NDArray[np.float64]
PERIODS, SCORED, STEPS = 48, 6, 13
FIRST_SEED = 11
EVERY = 6
"""Weeks between origins on `demo`: effort of neighbouring weeks is nearly the same."""
MEASURES = ("records: deviance", "need: deviance", "need: top 5 %", "of the best top 5 %")


def judge(panel: Panel, origin: int, forecast: Forecast, need: Array) -> list[float]:
    """Return MEASURES: deviances from records and need (same total), share of the need in the first twentieth of cells.

    The last one is that share over the largest there can be, that of ranking by the need itself.
    """
    now = int(panel.cases.usable.max())
    count = target_counts(panel, panel.whole(), range(origin, origin + 1), 1, now)[0].astype(float)
    first = len(need) // 20
    top = float(need[np.argsort(-forecast.need, kind="stable")[:first]].sum())
    best = float(np.sort(need)[-first:].sum())
    shape = poisson_deviance(need, forecast.need * need.sum() / forecast.need.sum())
    return [poisson_deviance(count, forecast.expected), shape, top / float(need.sum()), top / best]


def forms(panel: Panel) -> dict[str, Panel]:
    """Return the panel without hours, with hours as features alone, and with weights as well."""
    bare = panel.unweighed()
    return {"no hours": replace(bare, effort=None), "hours": bare, "hours and weights": panel}


def score_worlds(worlds: int) -> dict[str, list[list[float]]]:
    """Return the measures of each form, a mean over SCORED periods for each world."""
    found: dict[str, list[list[float]]] = {}
    for seed in range(FIRST_SEED, FIRST_SEED + worlds):
        panel, need = patrolled_world(PERIODS, STEPS, seed)
        for name, form in forms(panel).items():
            model = fit_model(form, PERIODS - SCORED, 1, 1)
            scored = range(PERIODS - SCORED, PERIODS)
            made = [judge(form, origin, predict(model, form, origin), need) for origin in scored]
            found.setdefault(name, []).append(np.mean(made, axis=0).tolist())
    return found


def true_need(study: Study, panel: Panel, origins: Sequence[int]) -> list[Array]:
    """Return the true intensity of each origin's period, put to the usual effort of each county."""
    truth = read_true_intensity(study, panel)
    if truth is None:
        raise SystemExit(f"{study.id} is no simulated area.")
    folder = study.folder / "truth"
    effort = pd.read_parquet(folder / "effort.parquet").pivot_table(
        index="period_start", columns="county_code", values="effort"
    )
    cells = pd.read_parquet(folder / "cells.parquet", columns=["cell", "county_code"])
    county = cells["county_code"].to_numpy()[positions_in(cells["cell"].to_numpy(np.uint64), panel.cells)]
    starts = panel.timeline.starts()
    now = [effort.loc[starts[origin]].reindex(county).to_numpy(float) for origin in origins]
    return [truth[origin] / (REPORTED + (1 - REPORTED) * here) for origin, here in zip(origins, now, strict=True)]


def score_demo(home: Path, origins: int) -> dict[str, list[list[float]]]:
    """Return the measures of each form, fitted anew at each origin."""
    study = load_study("demo", home)
    panel = build_panel(study)
    chosen = evaluation_origins(panel, EVERY * origins, study.horizon)[EVERY - 1 :: EVERY]
    found: dict[str, list[list[float]]] = {}
    for origin, need in zip(chosen, true_need(study, panel, chosen), strict=True):
        for name, form in forms(panel).items():
            model = fit_model(form, origin - study.horizon, study.horizon, study.seed)
            found.setdefault(name, []).append(judge(form, origin, predict(model, form, origin), need))
    return found


def main() -> None:
    """Print the mean of each measure, and what it changes against hours as features alone, with standard errors."""
    parser = argparse.ArgumentParser(prog="python -m bench.effort", description=__doc__)
    parser.add_argument("--worlds", type=int, default=8)
    parser.add_argument("--home", type=Path, help="where geodata/demo lies")
    parser.add_argument("--origins", type=int, default=9, help="weeks of demo")
    wanted = parser.parse_args()
    found = score_demo(wanted.home, wanted.origins) if wanted.home else score_worlds(wanted.worlds)
    table = Table("form", *MEASURES)
    plain = np.array(found["hours"])
    for name, rows in found.items():
        values = np.array(rows)
        change = (values - plain) / plain.mean(axis=0)
        error = change.std(axis=0, ddof=1) / np.sqrt(len(values))
        said = zip(values.mean(axis=0), change.mean(axis=0), error, strict=True)
        table.add_row(name, *(f"{mean:.4f} ({share:+.1%} ± {doubt:.1%})" for mean, share, doubt in said))
    Console().print(table)


if __name__ == "__main__":
    main()
