import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from riskmap.model.trees import CUTS, TREES, cut_features, fit_trees, monotone_signs


@pytest.fixture(scope="module")
def rows():
    """Counts that follow the first of four features; the second has gaps, the third few values, the fourth none."""
    rng = np.random.default_rng(3)
    features = rng.random((6000, 4)).astype(np.float32)
    features[rng.random(6000) < 0.3, 1] = np.nan
    features[:, 2] = rng.integers(0, 5, 6000)
    features[:, 3] = np.nan
    exposure = rng.random(6000) + 0.5
    ratio = np.exp(features[:, 0] + 0.8 * np.isnan(features[:, 1]) - 0.2 * features[:, 2])
    return features, rng.poisson(exposure * ratio).astype(np.float32), exposure


def fit(rows):
    features, count, exposure = rows
    cuts = cut_features(features)
    return fit_trees(cuts.codes, cuts.edges, count, exposure, np.ones(len(count)), [0] * 4, seed=1)


def test_few_values_are_cut_between_all_of_them(rows):
    cuts = cut_features(rows[0])
    assert cuts.edges[2].tolist() == [0.5, 1.5, 2.5, 3.5]
    assert np.array_equal(cuts.codes[:, 2], rows[0][:, 2])


def test_many_values_are_cut_into_lots_of_one_size(rows):
    cuts = cut_features(rows[0])
    assert len(cuts.edges[0]) == CUTS
    lots = np.bincount(cuts.codes[:, 0].astype(int))
    assert lots.min() > 0.9 * lots.mean()
    assert np.array_equal(np.isnan(cuts.codes[:, 1]), np.isnan(rows[0][:, 1]))
    assert len(cuts.edges[3]) == 0


def test_trees_read_values_where_they_learned_codes(rows):
    """An obvious loop over what scikit-learn fits on codes and predicts on codes gives the same numbers."""
    features, count, exposure = rows
    cuts = cut_features(features)
    codes = np.where(np.isnan(cuts.codes).all(axis=0), np.float32(0), cuts.codes)
    found = fit(rows)
    same = HistGradientBoostingRegressor(**found.get_params()).fit(codes, count / exposure, exposure)
    np.testing.assert_array_equal(found.predict(features), same.predict(codes))


def test_values_between_and_beyond_those_learned_fall_on_the_side_of_their_code(rows):
    found = fit(rows)
    edges = cut_features(rows[0]).edges[0]
    features = np.tile(rows[0][:1], (4, 1))
    features[:, 0] = [edges[3], np.nextafter(np.float32(edges[3]), np.float32(-1)), -5, 0]
    expected = found.predict(features)
    assert expected[0] == expected[1]
    assert expected[2] == expected[3]


def test_what_is_missing_has_a_side_of_its_own(rows):
    features = np.tile(np.float32([0.5, 0.5, 2, np.nan]), (2, 1))
    features[1, 1] = np.nan
    there, missing = fit(rows).predict(features)
    assert missing / there == pytest.approx(np.exp(0.8), rel=0.15)  # damped by LEAF_PRIOR


def test_rows_count_by_their_weight():
    """Two kinds of row with ratios 3 and 1, the first of which stands for a thousand rows."""
    features = np.repeat(np.float32([[0], [0]]), 500, axis=0)
    count, exposure = np.repeat([3.0, 1.0], 500), np.full(1000, 1.0)
    weight = np.repeat([1000.0, 1.0], 500)
    cuts = cut_features(features)
    found = fit_trees(cuts.codes, cuts.edges, count, exposure, weight, [0], seed=1)
    assert found.predict(features)[0] == pytest.approx(3 * 1000 / 1001 + 1 / 1001)
    assert found.n_iter_ == TREES


def test_nearness_and_time_since_may_only_lower_and_sites_only_raise():
    names = ["distance_warehouse_m", "distance_road_primary_m", "cases_since_104", "hub_within_1000m_count", "x"]
    assert monotone_signs(names) == [-1, 0, -1, 1, 0]
