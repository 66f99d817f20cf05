"""What stops a model before anyone acts on it: totals that are off, and features that know the outcome."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmap.errors import ModelError
from riskmap.model.scores import poisson_deviance
from riskmap.panel.sample import Sample

CALIBRATION_RANGE = (0.8, 1.2)
FEWEST_EVENTS_TO_JUDGE = 10.0
"""Below this many predicted and actual events a ratio of totals is noise."""
LARGEST_SINGLE_GAIN = 0.25
"""A single feature that removes a quarter of the deviance that smoothed counts leave knows the outcome."""
LEVEL_PRIOR = 50.0
"""Expected cases that a feature's level must have seen for its ratio to be believed half."""


@dataclass(frozen=True)
class Calibration:
    """Predicted against actual totals on held-out periods, and how much deviance was left of that of EWMA + ring."""

    predicted: float
    actual: float
    periods: int
    deviance_ratio: float | None = None

    @property
    def ratio(self) -> float:
        """Predicted over actual; infinite where something was predicted and nothing happened."""
        return self.predicted / self.actual if self.actual else float("inf")

    @property
    def judged(self) -> bool:
        """Whether there were enough events to judge by."""
        return max(self.predicted, self.actual) >= FEWEST_EVENTS_TO_JUDGE


def refuse_uncalibrated(calibration: Calibration) -> None:
    """Raise unless predicted and actual totals on held-out periods agree within a fifth.

    Raises
    ------
    ModelError
        With both totals. Where both are too small to tell, nothing is refused.
    """
    low, high = CALIBRATION_RANGE
    if calibration.judged and not low <= calibration.ratio <= high:
        raise ModelError(
            "The model is refused: on the last {periods} periods, held out, it predicted {predicted:.1f} cases and "
            "{actual:.0f} happened (ratio {ratio:.2f}; allowed {low} to {high}). The last surface stays.",
            periods=calibration.periods,
            predicted=calibration.predicted,
            actual=calibration.actual,
            ratio=calibration.ratio,
            low=low,
            high=high,
        )


def single_feature_gain(
    value: NDArray[np.float32], count: NDArray[np.float64], exposure: NDArray[np.float64], weight: NDArray[np.float64]
) -> float:
    """Return the share of the baseline's deviance that a step function of one feature removes.

    The feature is cut into at most 20 levels, the missing ones apart; each level's ratio of actual to expected is
    shrunk like a leaf's, so noise gains nothing.
    """
    seen = value[(count > 0) & np.isfinite(value)]
    edges = np.unique(np.quantile(seen, np.linspace(0.05, 0.95, 19))) if len(seen) else np.empty(0)
    level = np.where(np.isnan(value), 0, 1 + np.searchsorted(edges, value, side="left"))
    actual = np.bincount(level, weights=weight * count)
    expected = np.bincount(level, weights=weight * exposure)
    ratio = (actual + LEVEL_PRIOR) / (expected + LEVEL_PRIOR)
    before = poisson_deviance(count, exposure, weight)
    return 1 - poisson_deviance(count, exposure * ratio[level], weight) / before if before > 0 else 0.0


def refuse_leaks(names: list[str], rows: Sample, exposure: NDArray[np.float64], held_out: NDArray[np.bool_]) -> None:
    """Raise if one feature alone explains what only the outcome itself could.

    Raises
    ------
    ModelError
        Naming the feature and the share of deviance that it removes.
    """
    count, weight = rows.count[held_out].astype(float), rows.weight[held_out]
    levelled = _level_origins(count, exposure[held_out], weight, rows.origin[held_out])
    for column, name in enumerate(names):
        gain = single_feature_gain(rows.features[held_out, column], count, levelled, weight)
        if gain > LARGEST_SINGLE_GAIN:
            raise ModelError(
                "Feature {feature} alone removes {gain:.0%} of the deviance that smoothed counts leave on held-out "
                "periods: it knows the outcome. Find out how the future reached it.",
                feature=name,
                gain=gain,
            )


def _level_origins(
    count: NDArray[np.float64], exposure: NDArray[np.float64], weight: NDArray[np.float64], origin: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the exposure scaled so that each origin's total is right.

    When the police stop looking, every feature of the recent past "explains" the drop; which cells are hit it does not.
    """
    actual = np.bincount(origin, weights=weight * count)
    expected = np.bincount(origin, weights=weight * exposure)
    ratio = np.divide(actual, expected, out=np.ones_like(actual), where=expected > 0)
    return exposure * np.maximum(ratio, 1e-6)[origin]
