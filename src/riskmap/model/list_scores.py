"""How the cells that a forecast would select did: hits, churn, and what last year's counts would not have told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmap.model.outcomes import LAST_YEAR, TRUE_RATE, Outcomes
from riskmap.model.scores import (
    INTERVAL,
    Array,
    ShareScore,
    add_up,
    first_cells,
    hits_by_block,
    jaccard,
    rank_cells,
    ratio,
    score_selection,
)

Row = tuple[ShareScore, Array, NDArray[np.bool_], NDArray[np.int64], float, float]
"""One origin: score, hits by block, which cells are selected, which of them are new, hits in these, true cases."""


@dataclass(frozen=True)
class ListScore:
    """How one model's selected cells did at one share of the area.

    `hits` has shape (origins, blocks); `stability` is None for a single origin. `true_cases` are those that the true
    rates of the selected cells expect, NaN where nobody knows them.
    """

    score: ShareScore
    hits: Array
    stability: float | None
    new_cells: int
    new_hits: float
    true_cases: float


def score_lists(
    name: str, outcomes: Outcomes, areas_km2: Array, shares: Sequence[float], block: NDArray[np.int64]
) -> dict[float, ListScore]:
    """Score a model's selected cells at each share.

    Where last year's counts are equal, they select the cells that the model prefers: it is no news of the model that
    it took others of them.
    """
    found: dict[float, list[Row]] = {}
    for forecasts, count in zip(outcomes.forecasts, outcomes.counts, strict=True):
        ranking = rank_cells(forecasts[name], count)
        last_year = np.lexsort((count, -forecasts[name], -forecasts[LAST_YEAR]))
        for share in shares:
            selected = first_cells(ranking, areas_km2, share)
            old = mask_of(first_cells(last_year, areas_km2, share), len(count))
            new = selected[~old[selected]]
            hits = hits_by_block(selected, count, block)
            score = score_selection(selected, count, areas_km2)
            true_cases = float(forecasts[TRUE_RATE][selected].sum()) if TRUE_RATE in forecasts else np.nan
            row = (score, hits, mask_of(selected, len(count)), new, float(count[new].sum()), true_cases)
            found.setdefault(share, []).append(row)
    return {share: _add_up_lists(rows) for share, rows in found.items()}


def mask_of(selected: NDArray[np.int64], cells: int) -> NDArray[np.bool_]:
    """Return which of `cells` cells are selected, shape (cells,)."""
    chosen = np.zeros(cells, dtype=bool)
    chosen[selected] = True
    return chosen


def _add_up_lists(rows: list[Row]) -> ListScore:
    scores, hits, chosen, new, new_hits, true_cases = zip(*rows, strict=True)
    kept = [jaccard(before, after) for before, after in pairwise(chosen)]
    stability = float(np.mean(kept)) if kept else None
    return ListScore(add_up(scores), np.array(hits), stability, sum(map(len, new)), sum(new_hits), sum(true_cases))


def describe_lists(
    lists: Mapping[float, ListScore],
    champion: Mapping[float, ListScore],
    best: Mapping[float, ListScore] | None,
    drawn: Mapping[float, tuple[Array, Array]],
) -> dict[str, Any]:
    """Return the scores at each share and their difference to the champion baseline, with 95 % intervals.

    Parameters
    ----------
    best
        The lists of the true rate, None where nobody knows it.
    drawn
        By share: bootstrapped hit rates of the model and of the champion baseline, shape (draws,) each.
    """
    found: dict[str, Any] = {}
    differences: dict[str, Any] = {}
    for share, (own, other) in drawn.items():
        score = lists[share].score
        low, high = np.percentile(own, INTERVAL)
        lower, upper = np.percentile(own - other, INTERVAL)
        found[f"{share:g}"] = {
            "hit_rate": score.hit_rate,
            "hits": score.hits,
            "events": score.events,
            "area_share": score.area_share,
            "pai": score.pai,
            "pei_star": score.pei_star,
            "ci_low": float(low),
            "ci_high": float(high),
            "of_true_rate": ratio(lists[share].true_cases, best[share].true_cases) if best else None,
            "stability": lists[share].stability,
            "new_in_list": {
                "cells": lists[share].new_cells,
                "hit_rate": ratio(lists[share].new_hits, score.events),
            },
        }
        differences[f"{share:g}"] = {
            "hit_rate": score.hit_rate - champion[share].score.hit_rate,
            "ci_low": float(lower),
            "ci_high": float(upper),
        }
    return {"shares": found, "difference_to_champion_baseline": differences}
