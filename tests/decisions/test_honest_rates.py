import numpy as np
import pytest

from riskmap.decisions.honest_rates import estimate_total, weigh_found
from riskmap.errors import DecisionError
from riskmap.simulate.feedback import run_loop

TRUE_SHARE = 0.545
"""What half of the places hold of all hazards; the other half holds the rest. Two places of this share are in Ensign
et al. 2018."""
RATES = np.repeat([TRUE_SHARE, 1 - TRUE_SHARE], 50) * 0.8


def test_a_visit_by_lot_speaks_for_all_that_had_the_chance():
    """Two ranked visits find 3 and 1; one visit of four by lot finds 2, and speaks for all four."""
    found, propensity = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 0.25])
    assert weigh_found(found, propensity).tolist() == [3, 1, 8]
    total, error = estimate_total(found, propensity)
    assert total == 12
    assert error == pytest.approx(np.sqrt(0.75 * 64))


def test_the_estimate_is_right_on_average_whatever_was_ranked():
    rng = np.random.default_rng(5)
    hazards = rng.poisson(2.0, 40).astype(float)
    totals = []
    for _ in range(4000):
        lot = rng.choice(30, 6, replace=False) + 10  # the first ten are ranked
        chosen = np.concatenate([np.arange(10), lot])
        propensity = np.where(chosen < 10, 1.0, 6 / 30)
        totals.append(estimate_total(hazards[chosen], propensity)[0])
    assert np.mean(totals) == pytest.approx(hazards.sum(), rel=0.02)


@pytest.mark.parametrize("propensity", [0.0, -0.1, 1.5, np.nan])
def test_what_is_no_probability_is_refused(propensity):
    with pytest.raises(DecisionError, match="Propensities must lie above 0"):
        weigh_found(np.array([1.0, 1.0]), np.array([0.5, propensity]))


def test_greedy_retraining_runs_away():
    """The list never leaves the places that were lucky first, and takes them for all that there is."""
    loop = run_loop(RATES, "greedy", periods=150, visits=20, seed=3)
    assert np.sort(loop.visited)[-20:].sum() > 0.95
    assert np.sort(loop.learned)[-20:].sum() > 0.95  # in truth the top twenty hold 22 %


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_weighed_findings_stay_within_three_hundredths_of_the_truth(seed):
    loop = run_loop(RATES, "weighed", periods=300, visits=40, random_share=0.25, seed=1000 * seed)
    assert loop.learned[:50].sum() == pytest.approx(TRUE_SHARE, abs=0.03)
    assert loop.visited.min() > 0
