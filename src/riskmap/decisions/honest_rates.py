"""What was found where somebody looked, weighted by how likely it was that they looked there.

A place is inspected for its score or by lot; what is found there says what is there, but what is found nowhere else
does not say that nothing is there. Divided by the probability with which each place was chosen (a list keeps it), what
was found adds up to what all places hold, whoever chose them: the only number that a list cannot talk itself into.

Source: Horvitz & Thompson 1952, doi:10.1080/01621459.1952.10483446; Ensign et al. 2018, PMLR 81.
"""

import numpy as np
from numpy.typing import NDArray

from riskmap.errors import DecisionError

Array = NDArray[np.float64]


def weigh_found(found: Array, propensity: Array) -> Array:
    """Return what each visit found over the probability with which its place was chosen.

    Parameters
    ----------
    found
        Hazards found by each visit, any shape.
    propensity
        Same shape; probability with which the visit's place was chosen, above 0 and at most 1. The sum over the visits
        of one period estimates what all places hold that had a chance.

    Raises
    ------
    DecisionError
        If a propensity is not a probability above zero: a place without a chance tells of no other.
    """
    wrong = ~((propensity > 0) & (propensity <= 1))
    if wrong.any():
        raise DecisionError(
            "Propensities must lie above 0 and be at most 1: {n} of {all} do not, the first is {value}; take them from "
            "the inspection list.",
            n=int(wrong.sum()),
            all=int(wrong.size),
            value=float(propensity[wrong].flat[0]),
        )
    return np.asarray(found / propensity, dtype=float)


def estimate_total(found: Array, propensity: Array) -> tuple[float, float]:
    """Return what all places hold, estimated from the visits of one period, and the standard error of it.

    Parameters
    ----------
    found, propensity
        Shape (visits,), as for `weigh_found`.

    Notes
    -----
    The error takes visits as drawn apart from each other, which is slightly too careful for draws without replacement.
    """
    weighed = weigh_found(found, propensity)
    return float(weighed.sum()), float(np.sqrt(((1 - propensity) * weighed**2).sum()))
