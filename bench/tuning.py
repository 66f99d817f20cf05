"""`python -m bench.tuning`: what the settings of the trees and the usual shrinkage rest on.

Each variant is fitted at every other one of the origins before the last twelve, which `bench.skill` scores; printed is
the deviance over that of EWMA + ring, by how much of the trees' correction is kept.
"""

import argparse
from pathlib import Path
from unittest import mock

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.areas import NAMES, build_area
from bench.skill import WIDTH_OF_FILES
from riskmap.model import trees
from riskmap.model.correction import LARGEST_CORRECTION, SHRINKAGES
from riskmap.model.evaluate import evaluation_origins, training_rows
from riskmap.model.fitting import fit_model
from riskmap.model.risk_model import predict
from riskmap.model.scores import Array, poisson_deviances
from riskmap.panel.assemble import Panel
from riskmap.panel.build import build_panel
from riskmap.panel.sample import target_counts
from riskmap.study import Study

SCORED_ORIGINS = 12
VARIANTS: dict[str, dict[str, float]] = {
    "as it is": {},
    "all columns": {"COLUMNS": 1.0},
    "columns 0.15": {"COLUMNS": 0.15},
    "50 trees": {"TREES": 50},
    "300 trees of 6 leaves, columns 0.2": {"TREES": 300, "LEAVES": 6, "COLUMNS": 0.2},
    "200 small steps": {"TREES": 200, "LEARNING_RATE": 0.04},
    "16 leaves": {"LEAVES": 16},
    "leaf prior 10": {"LEAF_PRIOR": 10.0},
    "leaf prior 50": {"LEAF_PRIOR": 50.0},
    "leaf prior 150": {"LEAF_PRIOR": 150.0},
}


def early_origins(panel: Panel, horizon: int, wanted: int) -> list[int]:
    """Return every other origin before the last SCORED_ORIGINS; of short histories the first half."""
    found = evaluation_origins(panel, panel.timeline.size, horizon)
    early = found[:-SCORED_ORIGINS] if len(found) > SCORED_ORIGINS + 2 else found[: len(found) // 2]
    return early[::-2][:wanted][::-1]


def deviances_by_shrinkage(study: Study, panel: Panel, origin: int) -> tuple[Array, float]:
    """Return the deviance at one origin for each of SHRINKAGES, and that of EWMA + ring."""
    sample = training_rows(study, panel, origin)
    model = fit_model(panel, origin - study.horizon, study.horizon, study.seed, sample=sample)
    forecast = predict(model, panel, origin)
    now = int(panel.cases.usable.max(initial=panel.timeline.size))
    count = target_counts(panel, panel.whole(), range(origin, origin + 1), study.horizon, now)[0].astype(float)
    correction = np.clip(np.log(model.trees.predict(forecast.features)), -LARGEST_CORRECTION, LARGEST_CORRECTION)
    exposure = np.exp(forecast.features[:, -1].astype(float))
    sums = [poisson_deviances(count, exposure * np.exp(kept * correction)).sum() for kept in SHRINKAGES]
    return np.array(sums), float(poisson_deviances(count, forecast.baseline_expected).sum())


def tuning_table(study: Study, origins: int, only: str) -> Table:
    """Return a row a variant: its ratio of deviances at each shrinkage."""
    panel = build_panel(study)
    early = early_origins(panel, study.horizon, origins)
    starts = panel.timeline.starts()[early]
    title = f"{study.id}: {len(early)} origins from {starts[0]:%Y-%m-%d} to {starts[-1]:%Y-%m-%d}"
    table = Table("", *(f"{kept:.0%} kept" for kept in SHRINKAGES), title=title)
    for name, settings in VARIANTS.items():
        if only not in name:
            continue
        usual_size = mock.patch("riskmap.model.fitting.surely_gained", return_value=0.0)
        with usual_size, mock.patch.multiple(trees, **({"LEAVES": trees.LEAVES} | settings)):
            found = [deviances_by_shrinkage(study, panel, origin) for origin in early]
        own, baseline = np.sum([one for one, _ in found], axis=0), sum(other for _, other in found)
        table.add_row(name, *(f"{value:.4f}" for value in own / baseline))
    return table


def main() -> None:
    """Measure the variants on the areas that the command line names and print a table an area."""
    parser = argparse.ArgumentParser(prog="python -m bench.tuning", description=__doc__)
    parser.add_argument("areas", nargs="+", choices=NAMES, help="areas of bench.skill")
    parser.add_argument("--only", help="variants whose name holds this (default: all)", default="")
    parser.add_argument("--origins", type=int, default=4, help="how many origins (default: 4)")
    parser.add_argument("--home", type=Path, required=True, help="where the areas are kept")
    options = parser.parse_args()
    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH_OF_FILES)
    for name in options.areas:
        console.print(tuning_table(build_area(name, options.home), options.origins, options.only))


if __name__ == "__main__":
    main()
