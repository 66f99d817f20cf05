"""Trees that learn what counts per exposure get wrong, in a form that cannot run away.

The ratio y / e is fitted with weight e under Poisson loss, the same as an offset ln e: e exp(f) - y f. A leaf's
step is divided by its expected count plus LEAF_PRIOR, so a leaf that saw little moves little; without that divisor
Poisson boosting diverges on sparse rows (bench/README.md, learning).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

LEAF_PRIOR = 20.0
"""Expected cases that a leaf must have seen for its ratio to be believed half (l2 on the Newton step)."""
LEARNING_RATE = 0.08
TREES, LEAVES = 100, 8
MORE_TREES, MORE_LEAVES = 200, 16
"""Where much is to be learned: a whole province (docs/evaluation.md)."""
COLUMNS = 0.3
"""Share of the features that each split may choose from: relatives of a strong feature get their turn."""
LEAF_ROWS = 40
CUTS = 62
"""Places at which a feature can be parted."""
ROWS_FOR_CUTS = 200_000
FALLS = re.compile(r"distance_(?!road_|border_).+_m|cases_since_\d+")
RISES = re.compile(r"[a-z]+_within_\d+m_count")
"""Where the field is sure: nearer to a site, or to the last case, no cell is safer for it. Counts are left free: the
baseline holds them already, and what is left of a high one may well be too much."""


@dataclass(frozen=True)
class Cuts:
    """Features by the places at which trees may part them.

    `edges` holds, for each feature, ascending values; `codes`, shape (rows, features), how many of them lie below a
    row's value, NaN where that is missing.
    """

    edges: tuple[NDArray[np.float64], ...]
    codes: NDArray[np.float32]


def cut_features(features: NDArray[np.float32]) -> Cuts:
    """Cut each feature at CUTS quantiles, or between all of its values where they are few.

    scikit-learn does the same for each fit, but finds the quantiles of weighted rows one by one, which takes longer
    than all trees together; the quantiles of the rows themselves are as good, and serve both fits of a model.
    """
    rows = np.linspace(0, len(features) - 1, min(len(features), ROWS_FOR_CUTS)).astype(np.int64)
    codes = np.empty(features.shape, dtype=np.float32)
    edges = []
    for column in range(features.shape[1]):
        values = features[:, column]
        edges.append(_edges(values[rows]))
        codes[:, column] = np.searchsorted(edges[-1], values, side="left")
        codes[np.isnan(values), column] = np.nan
    return Cuts(tuple(edges), codes)


def _edges(values: NDArray[np.float32]) -> NDArray[np.float64]:
    distinct, count = np.unique(values[~np.isnan(values)].astype(float), return_counts=True)
    if len(distinct) <= CUTS + 1:
        return (distinct[:-1] + distinct[1:]) / 2
    wanted = np.arange(1, CUTS + 1) / (CUTS + 1) * count.sum()
    at = np.unique(np.searchsorted(np.cumsum(count), wanted))
    at = at[at < len(distinct) - 1]
    return (distinct[at] + distinct[at + 1]) / 2


def fit_trees(
    codes: NDArray[np.float32],
    edges: Sequence[NDArray[np.float64]],
    count: NDArray[np.floating],
    exposure: NDArray[np.float64],
    weight: NDArray[np.float64],
    signs: Sequence[int],
    seed: int,
    *,
    more: bool = False,
) -> HistGradientBoostingRegressor:
    """Fit trees on cut features; what comes back predicts count / exposure from the features themselves.

    Parameters
    ----------
    codes, edges
        From `cut_features`, the rows to learn from: shape (rows, features).
    count, exposure, weight
        Shape (rows,); exposure above zero. Each row stands for `weight` rows.
    signs
        From `monotone_signs`, one a feature.
    more
        Whether there are to be MORE_TREES with MORE_LEAVES.
    """
    learner = HistGradientBoostingRegressor(
        loss="poisson",
        learning_rate=LEARNING_RATE,
        max_iter=MORE_TREES if more else TREES,
        max_leaf_nodes=MORE_LEAVES if more else LEAVES,
        max_bins=CUTS + 1,
        min_samples_leaf=LEAF_ROWS,
        l2_regularization=LEAF_PRIOR,
        max_features=COLUMNS,
        early_stopping=False,
        monotonic_cst=list(signs),
        random_state=seed,
    )
    empty = np.isnan(codes).all(axis=0)  # scikit-learn cannot bin a column that is missing throughout
    if empty.any():
        codes = np.where(empty, np.float32(0), codes)
    learner.fit(codes, count / exposure, weight * exposure)
    _uncut(learner, edges)
    return learner


def _uncut(learner: HistGradientBoostingRegressor, edges: Sequence[NDArray[np.float64]]) -> None:
    """Put each node's threshold from codes back to values: what has a code of at most k is at most edges[k].

    A threshold of infinity parts what is missing from all else, and stays.
    """
    for (predictor,) in learner._predictors:
        nodes = predictor.nodes
        for node in np.flatnonzero((nodes["is_leaf"] == 0) & np.isfinite(nodes["num_threshold"])):
            values = edges[int(nodes["feature_idx"][node])]
            nodes["num_threshold"][node] = values[int(nodes["num_threshold"][node])]


def monotone_signs(names: Sequence[str]) -> list[int]:
    """Return for each feature 1 where the forecast may only rise with it, -1 where it may only fall, else 0."""
    return [1 if RISES.fullmatch(name) else -1 if FALLS.fullmatch(name) else 0 for name in names]
