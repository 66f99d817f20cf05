"""`python -m bench.attainable HOME --scale small|province --origins N`: what of the true rate anybody could have known.

The simulated area is drawn again, and two observers rank its cells who know more than any analyst will: all of its
laws, what people consume in each cell, the effort and the slow field of all weeks past. What they must learn, as
everybody, is by how much each cell differs from what its people, sites, roads and borders say.

- `all but the cell's own`: it also knows the patches of some two kilometres, and effort and slow field of the week to
  come. Nobody can rank better than this one.
- `all of the past`: of the week to come it knows what an analyst does, the week before; patches and own factor it
  learns from the cell's own counts. One who also learned of patches from the cells around could do a little better.

`expected` sets the true rates of the selected cells in the stead of what happened in them, and so is free of the luck
of the scored weeks.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from riskmap.grid.cells import positions_in
from riskmap.model.evaluate import evaluation_origins
from riskmap.model.scores import first_cells, rank_cells
from riskmap.panel.build import build_panel
from riskmap.panel.sample import target_counts
from riskmap.simulate.demo import AREA, SEED
from riskmap.simulate.intensity import (
    BRANCHING,
    CHANCE_SD,
    FADING,
    PATCHES_SD,
    nearness_matrix,
    season_of_weeks,
)
from riskmap.simulate.province import Province, simulate_province
from riskmap.simulate.scales import SCALES
from riskmap.study import load_study

Array = NDArray[np.float64]
SHARES = (0.01, 0.05, 0.1)
NODES = 41
"""Of the quadrature over a cell's own factor."""
CELLS_AT_ONCE = 200_000


def excitation(province: Province) -> list[NDArray[np.float32]]:
    """Return what earlier events add to each cell's rate in each week."""
    nearness = nearness_matrix(province.land)
    n, events = len(province.land.table), province.draws.events
    excited, found = np.zeros(n, dtype=np.float32), []
    for week in range(len(province.draws.rates)):
        found.append(BRANCHING * excited)
        count = np.bincount(events.loc[events["week"] == week, "at"], minlength=n).astype(np.float32)
        excited = (FADING * excited + (1 - FADING) * (nearness.T @ count)).astype(np.float32)
    return found


def factor_of_cells(count: Array, usual: Array, excited: Array, spread: float) -> Array:
    """Return the mean of each cell's own factor m after `count` cases of Poisson(m usual + excited), shape (n,).

    Before, the logarithm of m has the standard deviation `spread`.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    factor = np.exp(spread * nodes)
    found = []
    for begin in range(0, len(count), CELLS_AT_ONCE):
        part = slice(begin, begin + CELLS_AT_ONCE)
        mean = factor * usual[part, np.newaxis] + excited[part, np.newaxis] + 1e-300
        likely = count[part, np.newaxis] * np.log(mean) - mean
        likely = np.exp(likely - likely.max(axis=1, keepdims=True)) * weights
        found.append((likely * factor).sum(axis=1) / likely.sum(axis=1))
    return np.concatenate(found)


def main() -> None:
    """Draw the area, rank, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.attainable", description=__doc__)
    parser.add_argument("home", type=Path, help="where `demo` of the same scale lies")
    parser.add_argument("--scale", choices=tuple(SCALES), default="small")
    parser.add_argument("--origins", type=int, default=12)
    options = parser.parse_args()
    study = load_study(AREA, options.home)
    panel = build_panel(study)
    province = simulate_province(SCALES[options.scale], SEED)
    excited, rates = excitation(province), province.draws.rates
    structure = province.structure
    own = {"all but the cell's own": np.exp(structure.chance)}
    own["all of the past"] = np.exp(structure.chance + structure.patches)
    spreads = dict(zip(own, (CHANCE_SD, float(np.hypot(CHANCE_SD, PATCHES_SD))), strict=True))
    season = season_of_weeks(np.arange(len(rates)))
    at = positions_in(province.land.cells, panel.cells)
    events, n = province.draws.events, len(structure.chance)
    now = int(panel.cases.usable.max(initial=panel.timeline.size))
    hits: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for origin in evaluation_origins(panel, options.origins, study.horizon):
        count = target_counts(panel, panel.whole(), range(origin, origin + 1), 1, now)[0].astype(float)
        past = sum((rates[week].astype(float) - excited[week] for week in range(origin)), np.zeros(n))
        before = np.bincount(events.loc[events["week"] < origin, "at"], minlength=n).astype(float)
        called = np.sum(excited[:origin], axis=0).astype(float)
        truth = rates[origin].astype(float)
        last = (rates[origin - 1].astype(float) - excited[origin - 1]) * season[origin] / season[origin - 1]
        ahead = dict(zip(own, (truth - excited[origin], last), strict=True))
        forecasts = {"true rate": truth}
        for name, each in own.items():
            factor = factor_of_cells(before, np.maximum(past, 0) / each, called, spreads[name])
            forecasts[name] = np.maximum(ahead[name], 0) / each * factor + excited[origin]
        for name, forecast in forecasts.items():
            ranking = rank_cells(forecast[at], count)
            for share in SHARES:
                chosen = first_cells(ranking, panel.areas_km2, share)
                hits.setdefault((name, share), []).append((count[chosen].sum(), truth[at][chosen].sum()))
    table = Table(
        "observer", "share", "hits / true rate's", "expected", title=f"{options.scale}, {options.origins} origins"
    )
    for name in own:
        for share in SHARES:
            ours, best = (np.sum(hits[each, share], axis=0) for each in (name, "true rate"))
            table.add_row(name, f"{share:.0%}", *(f"{value:.3f}" for value in ours / best))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
