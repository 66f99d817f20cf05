"""Other learners on the very rows that ours learns from, for one table of skill and seconds.

All see the same sample, features, weights and exposure; trees of other libraries have as many leaves, as large a step
and as much damping as ours, and start from the same past events. None of them is in the product.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import lightgbm
import numpy as np
import xgboost
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from riskmap.model.excitation import Excitation, Past
from riskmap.model.fitting import fit_model, hold_out
from riskmap.model.risk_model import predict
from riskmap.model.trees import COLUMNS, LEAF_PRIOR, LEAF_ROWS, LEARNING_RATE, LEAVES, TREES
from riskmap.panel.assemble import Panel, rows_at_origin
from riskmap.panel.feature_words import feature_source
from riskmap.panel.sample import Sample
from riskmap.study import Study

THREADS = 2
SMALLEST = 1e-9
LEAVE_OUT = ("incidents", "sites", "wastewater", "residents", "roads")
"""Sources of features whose worth is shown by leaving them out, where an area has them."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """What all peers learn from and forecast for at one origin.

    Features have shape (rows, f) and (n, f); exposures are what past events call for over the horizon in each row (what
    of it can be known by now) and in each cell.
    """

    study: Study
    panel: Panel
    sample: Sample
    end: int
    origin: int
    names: list[str]
    ahead: NDArray[np.float32]
    exposure: Array
    exposure_ahead: Array


def lay_ground(study: Study, panel: Panel, sample: Sample, end: int, origin: int) -> Ground:
    """Gather what the peers share, so that none is timed for it."""
    ahead, names = rows_at_origin(panel, origin), panel.feature_names
    excitation = _excitation_of(panel, sample, end, study.horizon)
    exposure = excitation.expected(panel, sample.features, names, sample.origin) * sample.completeness
    to_come = excitation.expected(panel, ahead, names, np.full(len(ahead), origin))
    return Ground(study, panel, sample, end, origin, names, ahead, exposure, to_come)


def _excitation_of(panel: Panel, sample: Sample, end: int, horizon: int) -> Excitation:
    recorded = replace(sample, learned=None)
    past = Past(panel, recorded, sample.features, tuple(panel.feature_names))
    level = past.choose_level(*hold_out(panel, sample, end, horizon))
    return past.learn(np.ones(len(sample.count), dtype=bool), level)[0]


def with_lightgbm(ground: Ground) -> Array:
    """LightGBM, Poisson loss with the logarithm of the exposure as offset."""
    rows = ground.sample
    data = lightgbm.Dataset(rows.features, rows.count, weight=rows.weight, init_score=np.log(ground.exposure))
    settings = {
        "objective": "poisson",
        "learning_rate": LEARNING_RATE,
        "num_leaves": LEAVES,
        "min_data_in_leaf": LEAF_ROWS,
        "lambda_l2": LEAF_PRIOR,
        "boost_from_average": False,
        "feature_fraction_bynode": COLUMNS,
        "seed": ground.study.seed,
        "num_threads": THREADS,
        "verbosity": -1,
    }
    booster = lightgbm.train(settings, data, num_boost_round=TREES)
    return ground.exposure_ahead * np.exp(booster.predict(ground.ahead, raw_score=True))


def with_xgboost(ground: Ground) -> Array:
    """XGBoost, Poisson loss with the logarithm of the exposure as base margin."""
    rows = ground.sample
    data = xgboost.DMatrix(rows.features, rows.count, weight=rows.weight, base_margin=np.log(ground.exposure))
    settings = {
        "objective": "count:poisson",
        "learning_rate": LEARNING_RATE,
        "max_leaves": LEAVES,
        "grow_policy": "lossguide",
        "tree_method": "hist",
        "reg_lambda": LEAF_PRIOR,
        "colsample_bynode": COLUMNS,
        "seed": ground.study.seed,
        "nthread": THREADS,
    }
    booster = xgboost.train(settings, data, num_boost_round=TREES)
    ahead = xgboost.DMatrix(ground.ahead, base_margin=np.log(ground.exposure_ahead))
    return booster.predict(ahead).astype(float)


def with_random_forest(ground: Ground) -> Array:
    """A random forest on the counts themselves, as it comes but for the size of its leaves."""
    rows = ground.sample
    size = {"n_estimators": 50, "max_samples": 0.3, "min_samples_leaf": 20, "max_features": 1 / 3}
    forest = RandomForestRegressor(**size, n_jobs=THREADS, random_state=ground.study.seed)
    known = np.nan_to_num(rows.features, nan=-1.0)
    forest.fit(known, rows.count / rows.completeness, rows.weight)
    return np.maximum(forest.predict(np.nan_to_num(ground.ahead, nan=-1.0)), SMALLEST)


def with_risk_terrain(ground: Ground) -> Array:
    """Risk terrain as logistic regression: what stands around a cell, not what was recorded of drugs in it.

    Whether anything happens is regressed on distances, numbers of sites, other incidents, residents (ranks), with an
    L1 penalty; the rate is -ln(1 - p).
    """
    chosen = [at for at, name in enumerate(ground.names) if feature_source(name)[0] not in ("cases", "calendar")]
    rows = ground.sample
    learner = make_pipeline(
        QuantileTransformer(n_quantiles=100, random_state=0),
        LogisticRegression(l1_ratio=1.0, C=0.1, solver="saga", max_iter=60, tol=1e-2, random_state=0),
    )
    known = np.nan_to_num(rows.features[:, chosen], nan=-1.0)
    learner.fit(known, rows.count > 0, logisticregression__sample_weight=rows.weight)
    happens = learner.predict_proba(np.nan_to_num(ground.ahead[:, chosen], nan=-1.0))[:, 1]
    return np.maximum(-np.log1p(-np.minimum(happens, 1 - SMALLEST)), SMALLEST)


def with_self_excitation(ground: Ground) -> Array:
    """A self-exciting point process on the grid: ours without its trees (excitation.py).

    Libraries found on PyPI look at one event after another in Python or draw samples, which the ten thousand events
    here take too long for.
    """
    found = _excitation_of(ground.panel, ground.sample, ground.end, ground.study.horizon)
    every = np.full(len(ground.ahead), ground.origin)
    return found.expected(ground.panel, ground.ahead, ground.names, every)


def without(source: str) -> Callable[[Ground], Array]:
    """Return ours without the features of one source."""

    def forecast(ground: Ground) -> Array:
        kept = [name for name in ground.names if feature_source(name)[0] != source]
        study, sample = ground.study, ground.sample
        model = fit_model(ground.panel, ground.end, study.horizon, study.seed, sample=sample, features=kept)
        return predict(model, ground.panel, ground.origin).expected

    return forecast


PEERS: dict[str, Callable[[Ground], Array]] = {
    "lightgbm": with_lightgbm,
    "xgboost": with_xgboost,
    "random_forest": with_random_forest,
    "self_exciting": with_self_excitation,
    "risk_terrain": with_risk_terrain,
}


def forms_without(names: list[str]) -> dict[str, Callable[[Ground], Array]]:
    """Return ours without each source of LEAVE_OUT that the features `names` are made from."""
    there = {feature_source(name)[0] for name in names if name not in ("neighbours_count", "distance_border_m")}
    return {f"without_{source}": without(source) for source in LEAVE_OUT if source in there}
