"""What forecasts said and what then happened, origin by origin: the ground of every score."""

from dataclasses import dataclass

from riskmap.model.scores import Array

CHAMPION_BASELINE = "ewma_ring"
TRUE_RATE = "perfect_intensity"
LAST_YEAR = "last_12"
"""What anybody could list without a model: a selected cell that it would not have selected is new."""


@dataclass(frozen=True)
class Outcomes:
    """Forecasts by model name and outcomes, shape (n,) each, one entry an origin.

    `dispersions` and `intervals`, the 10 % and 90 % quantiles, are those of boosting.
    """

    forecasts: list[dict[str, Array]]
    counts: list[Array]
    dispersions: list[Array]
    intervals: list[tuple[Array, Array]]
