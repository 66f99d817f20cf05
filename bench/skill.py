"""`python -m bench.skill`: every model, baseline and peer on real areas in one table, with intervals and seconds.

Each area is made from the public data by its recipes; at each origin all forecasts see what was known one horizon
before it, as `riskmap evaluate` does, and are scored on the same outcomes.
"""

import argparse
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.areas import NAMES, build_area
from bench.peers import PEERS, Ground, forms_without, lay_ground
from riskmap.model.evaluate import DEFAULT_SHARES, evaluation_origins, look_back, read_true_intensity, training_rows
from riskmap.model.evaluation_scores import score_models
from riskmap.model.outcomes import CHAMPION_BASELINE, Outcomes
from riskmap.model.scores import Array
from riskmap.panel.build import build_panel
from riskmap.study import Study

WIDTH_OF_FILES = 165
SHOWN_SHARES = ("0.01", "0.05", "0.1")
ORDER = (
    "boosting",
    "ewma_ring",
    "ewma",
    "last_12",
    "all_history",
    "same_period_last_year",
    "last_period",
    "kernel_density",
    "self_exciting",
    "risk_terrain",
    "random_forest",
    "lightgbm",
    "xgboost",
)


def measure_skill(study: Study, origins: int, said: Callable[[str], None], *, peers: bool) -> dict[str, Any]:
    """Score all forecasts of one area; `seconds` are a peer's own, per origin."""
    panel = build_panel(study)
    outcomes = Outcomes([], [], [], [])
    truth = read_true_intensity(study, panel)
    chosen = evaluation_origins(panel, origins, study.horizon)
    learners = (PEERS if peers else {}) | forms_without(panel.feature_names)
    seconds: dict[str, float] = defaultdict(float)
    for origin in chosen:
        sample = training_rows(study, panel, origin)
        start = perf_counter()
        look_back(study, panel, origin, sample, outcomes, truth)  # ours, and all baselines beside it
        seconds["boosting"] += (perf_counter() - start) / len(chosen)
        ground = lay_ground(study, panel, sample, origin - study.horizon, origin)
        for name, learn in learners.items():
            start = perf_counter()
            forecast = _checked(learn(ground), ground)
            seconds[name] += (perf_counter() - start) / len(chosen)
            outcomes.forecasts[-1][name] = forecast
        said(f"{study.id}: origin {origin}, {len(sample.count):,} rows")
    return {
        "area": study.id,
        "cells": len(panel.cells),
        "events": float(sum(count.sum() for count in outcomes.counts)),
        "origins": [f"{moment:%Y-%m-%d}" for moment in panel.timeline.starts()[chosen]],
        "features": len(panel.feature_names),
        "seconds": dict(seconds),
        "models": score_models(study, panel, outcomes, DEFAULT_SHARES),
    }


def _checked(forecast: Array, ground: Ground) -> Array:
    if forecast.shape != (len(ground.panel.cells),) or not (forecast > 0).all():
        raise RuntimeError("A peer's forecast is no expected count for each cell.")
    return forecast


def skill_table(result: dict[str, Any]) -> Table:
    """Return one area's table: a row a forecast, ours and the baseline to beat first."""
    title = (
        f"{result['area']}: {result['cells']:,} cells, {result['events']:,.0f} cases in {len(result['origins'])} "
        f"origins from {result['origins'][0]}, {result['features']} features"
    )
    table = Table("", "deviance / ewma_ring", *(f"hit rate {float(share):.0%}" for share in SHOWN_SHARES), title=title)
    table.add_column("s", justify="right")
    models = result["models"]
    for name in sorted(models, key=lambda one: (ORDER.index(one) if one in ORDER else len(ORDER), one)):
        scores = models[name]
        ratio = scores["deviance_ratio"]
        cells = [f"{ratio['ratio']:.3f} [{ratio['ci_low']:.3f}, {ratio['ci_high']:.3f}]"]
        for share in SHOWN_SHARES:
            difference = scores["difference_to_champion_baseline"][share]
            text = f"{scores['shares'][share]['hit_rate']:.3f}"
            if name != CHAMPION_BASELINE:
                interval = f"[{difference['ci_low']:+.3f}, {difference['ci_high']:+.3f}]"
                text += f" {difference['hit_rate']:+.3f} {interval}"
            cells.append(text)
        taken = result["seconds"].get(name)
        table.add_row(name, *cells, "" if taken is None else f"{taken:.2f}")
    return table


def main() -> None:
    """Measure what the command line asks for and print a table an area."""
    parser = argparse.ArgumentParser(prog="python -m bench.skill", description=__doc__)
    parser.add_argument("areas", nargs="*", default=NAMES, help=f"of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--origins", type=int, default=12, help="forecasts to look back on (default: 12)")
    parser.add_argument("--home", type=Path, help="where the areas are kept for the next time (default: nowhere)")
    parser.add_argument("--json", type=Path, help="where to write all scores")
    parser.add_argument("--no-peers", action="store_true", help="only ours, the baselines and ours without a source")
    options = parser.parse_args()
    console, progress = Console(), Console(stderr=True)
    console = console if console.is_terminal else Console(width=WIDTH_OF_FILES)
    results = []
    with tempfile.TemporaryDirectory(prefix="riskmap-skill-") as nowhere:
        for name in options.areas:
            study = build_area(name, options.home or Path(nowhere))
            results.append(measure_skill(study, options.origins, progress.print, peers=not options.no_peers))
            console.print(skill_table(results[-1]))
            if options.json is not None:
                options.json.write_text(json.dumps(results), encoding="utf-8")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} over the last 5 minutes.")


if __name__ == "__main__":
    main()
