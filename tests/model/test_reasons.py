"""Reasons name what truly drives the counts, where that is known because it was made."""

from dataclasses import replace

import numpy as np
import pytest

from riskmap.model.explain import PAST_REASON, explain_rows, log_terms, reason_texts
from riskmap.model.fitting import fit_model
from riskmap.model.risk_model import EXPOSURE_FEATURE, predict
from tests.panel.synthetic import disk_cells, make_panel, random_counts

PERIODS = 40
DRIVER, QUIET = "residents_count", "distance_border_m"


@pytest.fixture(scope="module")
def world():
    """Sparse counts that grow with the residents of a cell; the other feature of the place is noise."""
    cells = disk_cells(20)
    rng = np.random.default_rng(9)
    residents = rng.gamma(0.6, 500.0, len(cells)).astype(np.float32)
    rate = np.tile(0.08 * residents / residents.mean(), (PERIODS, 1))
    panel = make_panel(random_counts(rate, seed=2, late=0.0), cells)
    noise = rng.random(len(cells)).astype(np.float32) * 10_000
    return replace(panel, fixed={**panel.fixed, DRIVER: residents, QUIET: noise}), residents


@pytest.fixture(scope="module")
def explained(world):
    panel, _ = world
    model = fit_model(panel, PERIODS, 1, seed=1)
    return model, predict(model, panel, PERIODS)


def test_the_true_driver_moves_the_forecast_more_than_any_other_feature(explained):
    model, forecast = explained
    strength = np.abs(log_terms(model, forecast.features)).mean(axis=0)
    names = list(model.feature_names)
    apart = {name: strength[at] for at, name in enumerate(names) if name != EXPOSURE_FEATURE}
    assert max(apart, key=apart.get) == DRIVER
    assert strength[names.index(DRIVER)] > 5 * strength[names.index(QUIET)]


def test_the_true_driver_is_the_first_reason_of_crowded_cells_after_their_record(explained, world):
    model, forecast = explained
    crowded = np.argsort(-world[1])[:200]
    typical = float(forecast.baseline_expected.mean())
    reasons = explain_rows(model, forecast.features[crowded], typical)
    first = [next(name for name, _ in row if name != PAST_REASON) for row in reasons]
    assert first.count(DRIVER) > 0.8 * len(first)
    assert all(dict(row)[DRIVER] > 1 for row in reasons if DRIVER in dict(row))


def test_large_factors_are_written_out():
    said = [text.en for text in reason_texts([("residents_count", 340.4), ("residents_count", 1.84)])]
    assert said == ["×340 residents", "×1.8 residents"]
