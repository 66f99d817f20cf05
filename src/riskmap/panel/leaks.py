"""A standing proof that features do not know the future: change the future, and see that nothing moves."""

from dataclasses import replace

import numpy as np
import pandas as pd

from riskmap.errors import PanelError
from riskmap.panel.assemble import Panel, rows_at_origin
from riskmap.panel.counts import Counts
from riskmap.panel.effort import Effort
from riskmap.panel.nearby import SiteRegister


def with_another_future(panel: Panel, origin: int, seed: int) -> Panel:
    """Return the panel with everything that became known after `origin` replaced by noise."""
    rng = np.random.default_rng(seed)

    def change(counts: Counts) -> Counts:
        later = (counts.usable > origin) | (counts.occurred >= origin)
        cell, count = counts.cell.copy(), counts.count.copy()
        cell[later] = rng.integers(0, len(panel.cells), int(later.sum()))
        count[later] = rng.integers(5, 50, int(later.sum()))
        reported = counts.reported.copy()
        reported[origin:] = rng.random(len(reported) - origin) < 0.5
        return replace(counts, cell=cell, count=count, reported=reported)

    plants = {name: values.copy() for name, values in panel.plant_values.items()}
    for values in plants.values():
        values[origin + 1 :] = rng.random(values[origin + 1 :].shape) * 1e6
    moment = panel.timeline.starts()[origin]
    return replace(
        panel,
        sources={name: change(counts) for name, counts in panel.sources.items()},
        plant_values=plants,
        effort=_with_other_hours(panel.effort, origin, rng),
        register=_without_later_sites(panel.register, moment),
    )


def _with_other_hours(effort: Effort | None, origin: int, rng: np.random.Generator) -> Effort | None:
    if effort is None:
        return None

    def change(counts: Counts, most: float) -> Counts:
        later = (counts.usable > origin) | (counts.occurred >= origin)
        count = np.where(later, rng.random(len(later)) * most, counts.count).astype(np.float32)
        reported = counts.reported.copy()
        reported[origin:] = rng.random(len(reported) - origin) < 0.5
        return replace(counts, count=count, reported=reported)

    return replace(effort, hours=change(effort.hours, 1e6), told=change(effort.told, 1.0))


def _without_later_sites(register: SiteRegister | None, moment: pd.Timestamp) -> SiteRegister | None:
    if register is None:
        return None
    nothing = dict.fromkeys(register.kinds)
    later = register.quarters > moment
    trees = tuple(nothing if gone else trees for gone, trees in zip(later, register.trees, strict=True))
    return replace(register, trees=trees)


def refuse_future_features(panel: Panel, origin: int, seed: int) -> None:
    """Raise if any feature at `origin` changes when only the future does.

    Raises
    ------
    PanelError
        Naming the features.
    """
    before = rows_at_origin(panel, origin)
    after = rows_at_origin(with_another_future(panel, origin, seed), origin)
    same = ((before == after) | (np.isnan(before) & np.isnan(after))).all(axis=0)
    moved = [name for name, equal in zip(panel.feature_names, same, strict=True) if not equal]
    if moved:
        raise PanelError(
            "Features of {moment:%Y-%m-%d} change when only what happened later does: {names}.",
            moment=panel.timeline.starts()[origin],
            names=", ".join(moved),
        )
