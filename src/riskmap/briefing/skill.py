"""What a back-test said of the model and of its baseline, read from the latest evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskmap.language import Text

NAMES = {
    "boosting": Text("Model"),
    "ewma_ring": Text("Baseline (smoothed counts with neighbours)"),
    "last_12": Text("Mean of the last 12 periods"),
    "last_period": Text("Last period repeated"),
}
"""The forecasts shown, in this order; others stay in the evaluation file."""


@dataclass(frozen=True)
class Skill:
    """Share of the cases that fell into the cells marked by one forecast, its interval, and the number of cases."""

    name: Text
    hit_rate: float
    low: float
    high: float
    events: int


def skill_rows(scores: Mapping[str, Any] | None, share: float) -> list[Skill]:
    """Return the skill at `share` of the area for each forecast that has it; empty where nothing was measured."""
    rows = []
    models = (scores or {}).get("models") or {}
    for name, words in NAMES.items():
        found = (models.get(name, {}).get("shares") or {}).get(f"{share:g}")
        if found:
            hit_rate, low, high = (float(found[key]) for key in ("hit_rate", "ci_low", "ci_high"))
            rows.append(Skill(words, hit_rate, low, high, int(found["events"])))
    return rows
