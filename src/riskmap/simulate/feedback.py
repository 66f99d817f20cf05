"""The loop between looking and finding, in the smallest world that has it: who looks where records are makes records.

Places hold hazards at rates that never change. Each period some are inspected; what is there is found, and only
there. A learner turns what was found into rates, and the next list goes by them. Learning from bare findings, the first
lucky place draws all visits; weighed by propensity, with a part of the visits by lot, the rates stay true.

Source: Ensign et al. 2018, Runaway feedback loops in predictive policing, PMLR 81.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.decisions.choosing import choose_sites
from riskmap.decisions.honest_rates import weigh_found

Policy = Literal["greedy", "weighed", "lot"]
POLICIES: tuple[Policy, ...] = ("greedy", "weighed", "lot")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Loop:
    """What was learned: each place's share of all hazards, and the share of visits that it got; shape (places,)."""

    learned: Array
    visited: Array


def run_loop(
    rates: Array, policy: Policy, *, periods: int, visits: int, random_share: float = 0.1, seed: int = 0
) -> Loop:
    """Let lists (`riskmap.decisions.choosing`) and what is learned from them follow each other.

    Parameters
    ----------
    rates
        Hazards that a visit to each place finds on average (a Poisson count), shape (places,).
    policy
        "greedy" lists the places with the most findings so far, and takes the findings for the truth; "weighed" draws
        `random_share` of each list by lot and learns from findings over propensity; "lot" lists likewise and learns
        from the visits by lot alone.
    visits
        A period; at most one to a place.
    """
    rng = np.random.default_rng(seed)
    places = [f"{place:06d}" for place in range(len(rates))]
    found, seen, visited = np.zeros(len(rates)), np.zeros(len(rates)), np.zeros(len(rates))
    for period in range(periods):
        score = (found + 1.0) / (1.0 if policy == "greedy" else seen + 1.0) + rng.random(len(rates)) * 1e-9
        table = pd.DataFrame({"site_id": places, "county_code": "", "score": score})
        table = table.sort_values("score", ascending=False)
        chosen = choose_sites(table, visits, 0.0 if policy == "greedy" else random_share, 1.0, seed + period)
        at = chosen["site_id"].astype(int).to_numpy()
        count = rng.poisson(rates[at]).astype(float)
        visited[at] += 1
        if policy == "greedy":
            found[at] += count
        elif policy == "weighed":
            found[at] += weigh_found(count, chosen["propensity"].to_numpy(float))
            seen += 1
        else:
            lot = (chosen["arm"] == "random").to_numpy()
            found[at[lot]] += count[lot]
            seen[at[lot]] += 1
    learned = found if policy == "greedy" else found / np.maximum(seen, 1)
    return Loop(learned / learned.sum(), visited / visited.sum())
