import numpy as np
import pytest
import shapely

from riskmap.layers.datum_fit import CANDIDATES, fit_datum
from riskmap.sources.datum import from_wgs84

SQUARE = shapely.box(104.0, 30.0, 104.3, 30.3)
"""About 29 km by 33 km."""
SEED = 5


def spread(n: int, box: tuple[float, float, float, float] = (104.0, 30.0, 104.3, 30.3)) -> tuple[np.ndarray, ...]:
    """Points evenly over a box, WGS84."""
    rng = np.random.default_rng(SEED)
    west, south, east, north = box
    return rng.uniform(west, east, n), rng.uniform(south, north, n)


@pytest.mark.parametrize("datum", CANDIDATES)
def test_points_along_the_border_tell_the_datum(datum: str) -> None:
    # GCJ-02 is off by some 240 m here: of 10,000 points 0.8 % lie in a strip of that width along the eastern side.
    fit = fit_datum(*from_wgs84(*spread(10_000), datum), SQUARE)
    assert fit.datum == datum
    assert fit.n == fit.inside[datum] == 10_000
    assert all(fit.inside[other] < 9_980 for other in CANDIDATES if other != datum)


@pytest.mark.parametrize("datum", CANDIDATES)
def test_points_far_from_the_border_tell_nothing(datum: str) -> None:
    inner = spread(10_000, (104.05, 30.05, 104.25, 30.25))
    assert fit_datum(*from_wgs84(*inner, datum), SQUARE).datum == ""


def test_few_points_tell_nothing() -> None:
    assert fit_datum(*from_wgs84(*spread(100), "GCJ-02"), SQUARE).datum == ""


def test_one_booking_point_at_the_border_counts_once() -> None:
    x, y = from_wgs84(np.full(1000, 104.2999), np.full(1000, 30.15), "GCJ-02")
    fit = fit_datum(x, y, SQUARE)
    assert (fit.datum, fit.n) == ("", 1)


@pytest.mark.parametrize("datum", CANDIDATES)
def test_a_file_that_goes_on_beyond_the_border_tells_nothing(datum: str) -> None:
    wide = spread(40_000, (103.9, 29.9, 104.4, 30.4))
    assert fit_datum(*from_wgs84(*wide, datum), SQUARE).datum == ""


@pytest.mark.parametrize("datum", CANDIDATES)
def test_a_town_across_one_side_of_the_border_never_names_the_wrong_datum(datum: str) -> None:
    town = spread(20_000, (104.28, 30.1, 104.32, 30.2))
    assert fit_datum(*from_wgs84(*town, datum), SQUARE).datum in ("", datum)


@pytest.mark.parametrize("datum", CANDIDATES)
def test_records_that_stand_on_known_sites_tell_the_datum(datum: str) -> None:
    sites = np.column_stack(spread(200, (104.1, 30.1, 104.2, 30.2)))
    rng = np.random.default_rng(SEED)
    # A geocoder's error of 10 m is 0.0001 degrees.
    at = sites[:40] + rng.normal(0, 0.00005, (40, 2))
    x, y = from_wgs84(at[:, 0], at[:, 1], datum)
    fit = fit_datum(x, y, SQUARE, sites)
    assert fit.datum == datum
    assert fit.sites_met[datum] >= 35
    assert max(fit.sites_met[other] for other in CANDIDATES if other != datum) <= 5


def test_so_many_sites_that_every_datum_meets_some_tell_nothing() -> None:
    sites = np.column_stack(spread(20_000, (104.1, 30.1, 104.2, 30.2)))
    x, y = from_wgs84(*spread(20_000, (104.1, 30.1, 104.2, 30.2)), "GCJ-02")
    shifted = x + 0.003
    assert fit_datum(shifted, y, SQUARE, sites).datum == ""


def test_border_and_sites_that_contradict_each_other_tell_nothing() -> None:
    x, y = from_wgs84(*spread(10_000), "GCJ-02")
    sites = np.column_stack([x, y])[:40]
    inner = (np.abs(sites - 104.15) < 0.1)[:, 0]
    fit = fit_datum(x, y, SQUARE, sites[inner])
    assert fit.sites_met["WGS84"] == inner.sum() >= 10
    assert fit.datum == ""


def test_where_nothing_is_offset_gcj02_cannot_be_told_from_wgs84() -> None:
    box = (-1.6, 53.3, -1.3, 53.5)
    assert fit_datum(*spread(10_000, box), shapely.box(*box)).datum == ""


def test_blank_places_count_for_nothing() -> None:
    fit = fit_datum(np.array([np.nan, 104.1]), np.array([30.1, np.nan]), SQUARE, np.empty((0, 2)))
    assert (fit.datum, fit.n, fit.sites_met["WGS84"]) == ("", 0, 0)


def test_the_evidence_is_said_with_its_numbers() -> None:
    fit = fit_datum(*from_wgs84(*spread(10_000), "GCJ-02"), SQUARE)
    assert "GCJ-02 was taken, because of 10000 different places WGS84 " in fit.evidence.en
    assert "采用 GCJ-02" in fit.evidence.zh
    undecided = fit_datum(np.array([104.1]), np.array([30.1]), SQUARE).evidence
    assert "cannot be told: of 1 different places" in undecided.en
    assert "无法判定" in undecided.zh
