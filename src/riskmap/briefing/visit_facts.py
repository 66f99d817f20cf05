"""The inspection list that goes with a forecast: visits by place and kind, and what is new against the one before."""

from dataclasses import dataclass

import pandas as pd

from riskmap.decisions.inspections import Plan, read_plans
from riskmap.study import Study
from riskmap.surface.publish import Surface


@dataclass(frozen=True)
class VisitFacts:
    """The newest list drawn up by the forecast's moment, and the one before it; `own` where it is of this snapshot."""

    plan: Plan
    last: Plan | None
    own: bool

    @property
    def sites(self) -> pd.DataFrame:
        """The visits, in order."""
        return self.plan.sites.sort_values("visit", ignore_index=True)

    @property
    def new(self) -> int | None:
        """How many sites the list before did not hold; None where there was none."""
        if self.last is None:
            return None
        return int((~self.plan.sites["site_id"].isin(self.last.sites["site_id"])).sum())

    def by(self, column: str) -> pd.DataFrame:
        """Return visits by `column`: n and how many of them at random, most first."""
        random = (self.plan.sites["arm"] == "random").astype(int)
        groups = self.plan.sites.assign(random=random).groupby(column, dropna=False)["random"]
        found = groups.agg(n="size", random="sum").reset_index()
        return found.sort_values(["n", column], ascending=[False, True], ignore_index=True)


def gather_visits(study: Study, surface: Surface) -> VisitFacts | None:
    """Return the list that was in force for `surface`; None where none had been drawn up."""
    moment = pd.Timestamp(surface.manifest["as_of"])
    plans = [plan for plan in read_plans(study) if _as_of(plan) <= moment]
    if not plans:
        return None
    own = [plan for plan in plans if plan.manifest.get("snapshot_id") == surface.snapshot_id]
    plan = (own or plans)[-1]
    # Two lists of one moment are one week's: the later replaced the earlier.
    earlier = [other for other in plans if other.number < plan.number and _as_of(other) < _as_of(plan)]
    return VisitFacts(plan, earlier[-1] if earlier else None, bool(own))


def _as_of(plan: Plan) -> pd.Timestamp:
    return pd.Timestamp(plan.manifest.get("as_of") or plan.manifest["data_cut_off"])
