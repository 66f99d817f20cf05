"""The list of top cells against the one before: what is new in it, and what happened in the cells of the last one.

What happened is read from the snapshot that is told of, so it is what was known by then: cases are registered late, and
the newest counts still grow.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from riskmap.briefing.facts import cells_in_top
from riskmap.language import Text
from riskmap.study import Study
from riskmap.surface.publish import Surface

NAMES = {"rank": Text("Model"), "baseline_rank": Text("Baseline (smoothed counts with neighbours)")}


@dataclass(frozen=True)
class Outcome:
    """How many of a period's cases fell into the cells that a list named; `low` and `high` are of 95 % (Wilson)."""

    name: Text
    cells: int
    hits: int
    cases: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share of the cases."""
        return self.hits / self.cases


@dataclass(frozen=True)
class ListFacts:
    """Two lists: `top` with new (bool) and before_rank (missing where the cell is new to the grid), best first.

    `last_top` is the list before with `happened`, cases since, missing where they are not known; `outcomes` holds the
    model and the baseline, and is empty for the reason `unknown`.
    """

    top: pd.DataFrame
    last_top: pd.DataFrame
    left: int
    outcomes: list[Outcome]
    cases: int | None
    unknown: Text | None

    @property
    def new(self) -> pd.DataFrame:
        """The cells that the list before did not hold."""
        return self.top[self.top["new"]]


def gather_lists(study: Study, surface: Surface, previous: Surface | None) -> ListFacts:
    """Return how the list of `surface` differs from that of `previous`, and what happened in the latter."""
    top = cells_in_top(surface.cells, study.operating_share).sort_values("rank", ignore_index=True)
    if previous is None:
        missing = Text("There is no earlier forecast: what became of a list is not known.")
        return ListFacts(top.assign(new=False, before_rank=np.nan), top.head(0), 0, [], None, missing)
    last = cells_in_top(previous.cells, study.operating_share).sort_values("rank", ignore_index=True)
    before_rank = top["cell"].map(previous.cells.set_index("cell")["rank"])
    top = top.assign(new=~top["cell"].isin(last["cell"]), before_rank=before_rank.astype(float))
    left = int((~last["cell"].isin(top["cell"])).sum())
    unknown = why_period_unknown(surface, *period_of(previous))
    if unknown:
        return ListFacts(top, last.assign(happened=np.nan), left, [], None, unknown)
    counts = counts_between(surface, *period_of(previous))
    last = last.assign(happened=last["cell"].map(counts).fillna(0.0))
    on_grid = counts[counts.index.isin(previous.cells["cell"])]
    outcomes = [_outcome(study, previous.cells, on_grid, column) for column in NAMES] if on_grid.sum() > 0 else []
    return ListFacts(top, last, left, outcomes, int(on_grid.sum()), None)


def period_of(surface: Surface) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return first and last (exclusive) moment of what a surface forecasts."""
    return pd.Timestamp(surface.manifest["period_start"]), pd.Timestamp(surface.manifest["period_end"])


def why_period_unknown(surface: Surface, start: pd.Timestamp, end: pd.Timestamp) -> Text | None:
    """Return why `surface` cannot tell what happened from `start` to before `end`; None where it can."""
    if end > pd.Timestamp(surface.manifest["as_of"]):
        return Text("The period of the list before has not ended yet: what became of it is not known.")
    periods = surface.table("periods")
    within = periods[(periods["period_start"] >= start) & (periods["period_start"] < end)]
    if not len(within) or not within["reported"].all():
        return Text("The period of the list before was not reported: what became of it is not known.")
    return None


def counts_between(surface: Surface, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Return the cases of each cell from `start` to before `end` as the surface knows them, none below zero."""
    counts = surface.table("counts")
    within = counts[(counts["period_start"] >= start) & (counts["period_start"] < end)]
    return within.groupby("cell")["count"].sum().clip(lower=0)


def _outcome(study: Study, cells: pd.DataFrame, counts: pd.Series, column: str) -> Outcome:
    chosen = cells_in_top(cells.assign(rank=cells[column]), study.operating_share)["cell"]
    hits, cases = int(counts[counts.index.isin(chosen)].sum()), int(counts.sum())
    low, high = stats.binomtest(hits, cases).proportion_ci(method="wilson")
    return Outcome(NAMES[column], len(chosen), hits, cases, float(low), float(high))
