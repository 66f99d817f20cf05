"""Why a cell has its expected count: the share of past events, then what each feature multiplies it by.

The trees' output is the logarithm of a ratio; TreeSHAP parts it into one term a feature, which add up exactly
(checked at each call). Terms are shrunk as the forecast is, so the factors multiply to expected / typical.
"""

import json

import numpy as np
from numpy.typing import NDArray

from riskmap.errors import ModelError
from riskmap.language import Text
from riskmap.model.risk_model import EXPOSURE_FEATURE, Forecast, RiskModel
from riskmap.panel.feature_words import describe_feature

MOST_REASONS = 3
ADDITIVITY_TOLERANCE = 1e-6
PAST_REASON = "excitation"
Reason = tuple[str, float]


def log_terms(model: RiskModel, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return each feature's share in the logarithm of the trees' ratio, shape (m, f); shrunk as the forecast is.

    Raises
    ------
    ModelError
        If the terms do not add up to the trees' own output.

    Source: Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9
    """
    import shap  # takes seconds to load, and only reasons need it

    explainer = shap.TreeExplainer(model.trees)
    terms = np.asarray(explainer.shap_values(features, check_additivity=False), dtype=float)
    summed = float(np.ravel(explainer.expected_value)[0]) + terms.sum(axis=1)
    off = np.abs(summed - np.log(model.trees.predict(features))).max(initial=0.0)
    if off > ADDITIVITY_TOLERANCE:
        raise ModelError("The reasons do not add up to the forecast: off by {off:.2g} in the logarithm.", off=off)
    return terms * model.shrinkage


def explain_rows(model: RiskModel, features: NDArray[np.float32], typical: float) -> list[list[Reason]]:
    """Return the strongest reasons of each row: (feature, factor against a typical cell), at most three.

    Parameters
    ----------
    features
        What the trees saw of each row, shape (m, f).
    typical
        Mean baseline expected count over the area.
    """
    if not len(features):
        return []
    terms = log_terms(model, features)
    names = [PAST_REASON if name == EXPOSURE_FEATURE else name for name in model.feature_names]
    column = names.index(PAST_REASON)
    terms[:, column] += features[:, column] - np.log(typical)  # it is the logarithm of the exposure
    strongest = np.argsort(-np.abs(terms), axis=1, kind="stable")[:, :MOST_REASONS]
    return [
        [(names[at], round(float(np.exp(terms[row, at])), 3)) for at in chosen] for row, chosen in enumerate(strongest)
    ]


def reasons_of_top_cells(model: RiskModel, forecast: Forecast, top: NDArray[np.int64]) -> list[str]:
    """Return the reasons of the cells at positions `top` as JSON texts, and "" for all others; length n."""
    typical = float(forecast.baseline_expected.mean())
    found = explain_rows(model, forecast.features[top], typical)
    reasons = [""] * len(forecast.expected)
    for position, reason in zip(top, found, strict=True):
        reasons[position] = json.dumps(reason)
    return reasons


def reason_texts(reasons: str | list[Reason]) -> list[Text]:
    """Return reasons as sentences; those that follow police work say so."""
    found = json.loads(reasons) if isinstance(reasons, str) and reasons else reasons or []
    texts = []
    for name, factor in found:
        feature = describe_feature(name)
        template = "×{factor} {reason}"
        if feature.effort:
            template = "×{factor} {reason} (follows police work)"
        said = f"{factor:,.0f}" if factor >= 10 else f"{factor:.2g}"  # never in powers of ten
        texts.append(Text(template, {"factor": said, "reason": feature.meaning}))
    return texts
