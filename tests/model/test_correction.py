"""What held-out periods say of the trees' correction."""

import numpy as np
import pytest

from riskmap.model import fitting
from riskmap.model.correction import USUAL_SHRINKAGE, choose_shrinkage, correct, surely_gained
from riskmap.model.fitting import fit_model
from riskmap.model.trees import MORE_TREES, TREES
from riskmap.panel.sample import Sample
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts

PERIODS, CELLS = 10, 400


def rows(truth, seed=1):
    """A sample of PERIODS origins whose counts are drawn from `truth`, shape (CELLS,)."""
    count = np.random.default_rng(seed).poisson(np.tile(truth, PERIODS)).astype(np.float32)
    origin = np.repeat(np.arange(PERIODS), CELLS)
    nothing = np.empty((len(count), 0), dtype=np.float32)
    return Sample(nothing, count, np.ones(len(count)), np.tile(np.arange(CELLS), PERIODS), origin, np.ones(len(count)))


@pytest.mark.parametrize("kept", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_as_much_is_kept_as_the_held_out_periods_call_for(kept):
    exposure = np.full(CELLS, 2.0)
    log_ratio = np.random.default_rng(2).normal(0, 1, CELLS)
    sample = rows(correct(exposure, log_ratio, kept))
    every = np.ones(len(sample.count), dtype=bool)
    found = choose_shrinkage(sample, np.tile(exposure, PERIODS), np.tile(log_ratio, PERIODS), every)
    assert found == kept


def test_a_difference_that_may_be_chance_changes_nothing():
    exposure = np.full(CELLS, 0.01)
    sample = rows(exposure)
    every = np.ones(len(sample.count), dtype=bool)
    noise = np.random.default_rng(3).normal(0, 0.01, len(sample.count))
    assert choose_shrinkage(sample, np.tile(exposure, PERIODS), noise, every) == USUAL_SHRINKAGE
    one = sample.origin == 0
    assert surely_gained(sample, one, np.ones(CELLS), np.full(CELLS, 0.01)) == -np.inf


def test_a_forecast_that_is_clearly_worse_gains_nothing():
    sample = rows(np.full(CELLS, 1.0))
    every = np.ones(len(sample.count), dtype=bool)
    right, wrong = np.full(len(sample.count), 1.0), np.full(len(sample.count), 2.0)
    assert surely_gained(sample, every, wrong, right) > 0 > surely_gained(sample, every, right, wrong)


@pytest.mark.parametrize(("gain", "trees"), [(1.0, MORE_TREES), (-1.0, TREES)])
def test_larger_trees_are_taken_where_they_surely_gain(monkeypatch, gain, trees):
    cells = disk_cells(8)
    panel = make_panel(random_counts(lumpy_rate(cells, 30), seed=1), cells)
    monkeypatch.setattr(fitting, "choose_shrinkage", lambda *_: 1.0)
    monkeypatch.setattr(fitting, "surely_gained", lambda *_: gain)
    assert fit_model(panel, 28, 1, seed=1).trees.n_iter_ == trees


def test_larger_trees_are_not_tried_where_something_is_held_back(monkeypatch):
    cells = disk_cells(8)
    panel = make_panel(random_counts(lumpy_rate(cells, 30), seed=1), cells)
    monkeypatch.setattr(fitting, "choose_shrinkage", lambda *_: 0.75)
    monkeypatch.setattr(fitting, "surely_gained", lambda *_: pytest.fail("they were tried"))
    assert fit_model(panel, 28, 1, seed=1).trees.n_iter_ == TREES
