"""What `riskmap evaluate` says of each forecast: ranking, deviance, distribution, calibration and churn of the list.

The keys are listed in docs/evaluation.md, The JSON.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmap.grid.blocks import block_of_cells
from riskmap.model.calibration_scores import (
    band_of_cells,
    interval_chance,
    pit_heights,
    poisson_interval,
    ranked_probability_scores,
)
from riskmap.model.list_scores import describe_lists, mask_of, score_lists
from riskmap.model.outcomes import CHAMPION_BASELINE, TRUE_RATE, Outcomes
from riskmap.model.risk_model import BAND_SHARES
from riskmap.model.scores import (
    INTERVAL,
    Array,
    bootstrap_ratios,
    moment_dispersion,
    negative_binomial_log_score,
    poisson_deviance,
    poisson_deviances,
    ratio,
    select_cells,
)
from riskmap.panel.assemble import Panel
from riskmap.study import Study


def score_models(study: Study, panel: Panel, outcomes: Outcomes, shares: Sequence[float]) -> dict[str, Any]:
    """Return model name -> scores, as the evaluation file holds them."""
    names = list(outcomes.forecasts[0])
    block = block_of_cells(panel.cells, panel.resolution)
    events = np.array([np.bincount(block, weights=count, minlength=block.max() + 1) for count in outcomes.counts])
    lists = {name: score_lists(name, outcomes, panel.areas_km2, shares, block) for name in names}
    rates = {}
    for share in shares:
        hits = np.array([lists[name][share].hits for name in names])
        rates[share], _ = bootstrap_ratios(hits, events, study.seed)
    champion = names.index(CHAMPION_BASELINE)
    deviances = np.array([deviances_by_block(name, outcomes, block) for name in names])
    ratios, _ = bootstrap_ratios(deviances, deviances[champion], study.seed)
    result = {}
    for column, name in enumerate(names):
        drawn = {share: (rate[:, column], rate[:, champion]) for share, rate in rates.items()}
        result[name] = {
            **score_distribution(name, outcomes),
            "deviance_ratio": describe_ratio(deviances[column], deviances[champion], ratios[:, column]),
            "bands": score_bands(name, outcomes, panel.areas_km2, study.seed),
            "coverage": score_coverage(name, outcomes, panel.areas_km2, study.operating_share),
            **describe_lists(lists[name], lists[CHAMPION_BASELINE], lists.get(TRUE_RATE), drawn),
        }
    return result


def deviances_by_block(name: str, outcomes: Outcomes, block: NDArray[np.int64]) -> Array:
    """Return a model's Poisson deviance, added up by origin and block of cells, shape (origins, blocks)."""
    each = [
        poisson_deviances(count, forecasts[name])
        for count, forecasts in zip(outcomes.counts, outcomes.forecasts, strict=True)
    ]
    return np.array([np.bincount(block, weights=deviance, minlength=block.max() + 1) for deviance in each])


def describe_ratio(own: Array, champion: Array, drawn: Array) -> dict[str, float | None]:
    """Return a model's deviance over that of the champion baseline, with the 95 % interval of the drawn ratios."""
    low, high = np.percentile(drawn, INTERVAL)
    whole = float(champion.sum())
    return {"ratio": ratio(float(own.sum()), whole), "ci_low": float(low), "ci_high": float(high)}


def score_distribution(name: str, outcomes: Outcomes) -> dict[str, Any]:
    """Score the expected counts and the negative-binomial distributions around them.

    Log score, ranked probability score and PIT are None for the perfect ranking, which is no distribution.
    """
    forecasts = [forecast[name] for forecast in outcomes.forecasts]
    count, expected = np.concatenate(outcomes.counts), np.concatenate(forecasts)
    log_score, rps, pit = None, None, None
    if name != "perfect":
        triples = list(zip(outcomes.counts, forecasts, dispersions_of(name, outcomes), strict=True))
        log_score = float(np.mean([negative_binomial_log_score(*triple).mean() for triple in triples]))
        rps = float(np.mean([ranked_probability_scores(*triple).mean() for triple in triples]))
        pit = np.mean([pit_heights(*triple) for triple in triples], axis=0).tolist()
    return {
        "poisson_deviance": poisson_deviance(count, expected),
        "log_score": log_score,
        "rps": rps,
        "pit": pit,
        "predicted_over_actual": ratio(float(expected.sum()), float(count.sum())),
    }


def dispersions_of(name: str, outcomes: Outcomes) -> Sequence[Array | float]:
    """Return a dispersion per origin; a baseline's comes from its own forecasts at earlier origins.

    The first origin has no earlier one and is Poisson.
    """
    if name == "boosting":
        return outcomes.dispersions
    forecasts = [forecast[name] for forecast in outcomes.forecasts]
    earlier = ((outcomes.counts[:at], forecasts[:at]) for at in range(1, len(forecasts)))
    return [0.0, *(moment_dispersion(np.concatenate(count), np.concatenate(expected)) for count, expected in earlier)]


def score_bands(name: str, outcomes: Outcomes, areas_km2: Array, seed: int) -> dict[str, Any]:
    """Return risk band -> expected and observed events over all origins, and their ratio with a Poisson interval.

    A band is named by the share of the area at which it ends; it begins where the one before ended.
    """
    names = [*(f"{share:g}" for share in BAND_SHARES), "rest"]
    sums = np.zeros((2, len(names)))
    for forecasts, count in zip(outcomes.forecasts, outcomes.counts, strict=True):
        band = band_of_cells(forecasts[name], areas_km2, BAND_SHARES, seed)
        sums[0] += np.bincount(band, weights=forecasts[name], minlength=len(names))
        sums[1] += np.bincount(band, weights=count, minlength=len(names))
    result = {}
    for key, expected, observed in zip(names, *sums.tolist(), strict=True):
        low, high = poisson_interval(observed)
        result[key] = {
            "expected": expected,
            "observed": observed,
            "ratio": ratio(observed, expected),
            "ci_low": ratio(low, expected),
            "ci_high": ratio(high, expected),
        }
    return result


def score_coverage(name: str, outcomes: Outcomes, areas_km2: Array, share: float) -> dict[str, float] | None:
    """Return the share of cells, of all and of those selected at `share`, whose count lies in the 80 % interval.

    Beside each what a right forecast would cover: more than 80 %, as counts are whole numbers; and the share of the PIT
    between 0.1 and 0.9, which is 80 % for a right forecast of whole numbers too. None for all forecasts but boosting,
    which alone has intervals.
    """
    if name != "boosting":
        return None
    covered, chance, chosen = [], [], []
    for at, ((low, high), count) in enumerate(zip(outcomes.intervals, outcomes.counts, strict=True)):
        expected = outcomes.forecasts[at][name]
        covered.append((low <= count) & (count <= high))
        chance.append(interval_chance(low, high, expected, outcomes.dispersions[at]))
        chosen.append(mask_of(select_cells(expected, count, areas_km2, share), len(count)))
    inside, right, selected = np.concatenate(covered), np.concatenate(chance), np.concatenate(chosen)
    count, dispersion = np.concatenate(outcomes.counts), np.concatenate(outcomes.dispersions)
    expected = np.concatenate([forecast[name] for forecast in outcomes.forecasts])
    result = {}
    for part, cells in (("all", np.ones(len(count), dtype=bool)), ("selected", selected)):
        heights = pit_heights(count[cells], expected[cells], dispersion[cells])
        result[part] = float(inside[cells].mean())
        result[f"{part}_expected"] = float(right[cells].mean())
        result[f"{part}_pit"] = float(heights[1:-1].sum())
    return result
