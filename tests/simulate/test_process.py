"""The true rate, what is drawn from it, and what drives it."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from riskmap.simulate.intensity import BRANCHING, nearness_matrix, season_of_weeks
from riskmap.simulate.process import coarsen, draw_cells
from riskmap.simulate.province import Province
from riskmap.simulate.scales import WEEKS
from riskmap.simulate.wastewater import true_loads


@pytest.fixture(scope="module")
def counts(province: Province) -> np.ndarray:
    """Drawn cases, weeks x cells."""
    drawn = np.zeros((WEEKS, len(province.land.table)), dtype=np.float32)
    np.add.at(drawn, (province.draws.events["week"].to_numpy(), province.draws.events["at"].to_numpy()), 1)
    return drawn


def test_drawn_counts_have_the_true_rate_as_their_mean(province: Province, counts: np.ndarray) -> None:
    rates = np.array(province.draws.rates, dtype=float)
    # A Poisson sum lies within four standard deviations of its mean but once in 16,000 draws.
    assert abs(counts.sum() - rates.sum()) < 4 * np.sqrt(rates.sum())
    high = rates > np.quantile(rates, 0.99)
    assert abs(counts[high].sum() - rates[high].sum()) < 4 * np.sqrt(rates[high].sum())
    assert (counts[rates == 0] == 0).all()


def test_the_small_province_has_some_25_000_cases(province: Province) -> None:
    assert 20_000 < len(province.draws.events) < 30_000


def test_ranks_by_true_rate_beat_every_simple_baseline(province: Province, counts: np.ndarray) -> None:
    chosen = int(0.05 * counts.shape[1])
    hits = dict.fromkeys(("true", "last", "year_ago", "all", "last_12", "ewma"), 0.0)
    keep = 0.5 ** (1 / 26)
    smoothed = np.zeros(counts.shape[1])
    for week in range(WEEKS):
        if week >= 104:
            scores = {
                "true": province.draws.rates[week],
                "last": counts[week - 1],
                "year_ago": counts[week - 52],
                "all": counts[:week].sum(axis=0),
                "last_12": counts[week - 12 : week].sum(axis=0),
                "ewma": smoothed,
            }
            for name, score in scores.items():
                hits[name] += counts[week][np.argsort(-score, kind="stable")[:chosen]].sum()
        smoothed = keep * smoothed + (1 - keep) * counts[week]
    rival = max(value for name, value in hits.items() if name != "true")
    assert hits["true"] > 1.05 * rival


def test_cases_follow_effort_but_loads_do_not(province: Province) -> None:
    effort = province.draws.effort
    busier = dataclasses.replace(province.draws, effort=effort * 5)
    again = true_loads(province.structure, busier, province.plants, province.catchments, province.seed)
    for name, load in province.loads.items():
        np.testing.assert_array_equal(load, again[name])
    county = province.land.table["county"].to_numpy()[province.draws.events["at"]]
    cases = np.zeros(effort.shape)
    np.add.at(cases, (province.draws.events["week"].to_numpy(), county), 1)
    busy = cases.sum(axis=0) > 1000
    quarters = [block.sum(axis=0) for block in np.array_split(cases[:, busy], 39)]
    looked = [block.mean(axis=0) for block in np.array_split(effort[:, busy], 39)]
    both = [np.log(quarters) - np.log(quarters).mean(axis=0), np.log(looked) - np.log(looked).mean(axis=0)]
    assert np.corrcoef(both[0].ravel(), both[1].ravel())[0, 1] > 0.5


def test_measured_over_true_load_has_nothing_to_do_with_effort(province: Province) -> None:
    samples = province.samples[(province.samples["analyte"] == "methamphetamine") & ~province.samples["grab"]]
    samples = samples[samples["flow_m3_d"].notna()]
    place = samples["plant_id"].map(dict(zip(province.plants["plant_id"], range(len(province.plants)), strict=True)))
    week = ((samples["sampled_from"] - pd.Timestamp("2023-01-02")) // pd.Timedelta(weeks=1)).to_numpy()
    people = province.plants["population"].to_numpy()[place]
    measured = samples["text"].astype(float).to_numpy() * samples["flow_m3_d"].to_numpy() / people
    true = province.loads["methamphetamine"][place, week]
    effort = province.draws.effort[week, province.plants["county"].to_numpy()[place]]
    assert abs(np.corrcoef(np.log(measured / true), np.log(effort))[0, 1]) < 0.1
    assert np.corrcoef(np.log(measured), np.log(true))[0, 1] > 0.8


def test_an_event_spreads_its_whole_pull_over_nineteen_cells(province: Province) -> None:
    nearness = nearness_matrix(province.land)
    inside = province.land.table["inside"].to_numpy()
    pull = np.asarray(nearness.sum(axis=1)).ravel()
    full = np.diff(nearness.indptr) == 19
    assert full.sum() > 0.9 * inside.sum()
    np.testing.assert_allclose(pull[full], 1.0, rtol=1e-5)
    assert (pull[~inside] == 0).all()
    # Own cell .52, each of six at one step .33 / 6, each of twelve at two steps .15 / 12.
    row = np.sort(nearness[[int(np.flatnonzero(full)[0])]].data)[::-1]
    np.testing.assert_allclose(row[[0, 1, 6, 7, 18]], [0.52, 0.055, 0.055, 0.0125, 0.0125], rtol=1e-5)
    assert 0 < BRANCHING < 1


def test_repeats_are_nearer_than_chance(province: Province, counts: np.ndarray) -> None:
    """Weeks after an event hold more cases in its cell than the same weeks a half year later."""
    events = province.draws.events[province.draws.events["week"] < WEEKS - 30]
    at, week = events["at"].to_numpy(), events["week"].to_numpy()
    soon = sum(counts[week + step, at].sum() for step in (1, 2, 3))
    later = sum(counts[week + step, at].sum() for step in (27, 28, 29))
    assert soon > 1.1 * later


def test_spring_festival_is_quiet_and_summer_busy() -> None:
    # Week 2 of 2023 begins on 16 January and holds the 19th; the festival is on the 22nd. Week 29 is late July.
    season = season_of_weeks(np.array([2, 6, 29]))
    assert season[0] < 0.7 < season[1] < 1.0 < season[2]


def test_rates_are_rounded_by_less_than_one_in_two_thousand() -> None:
    rate = np.random.default_rng(0).lognormal(-8, 3, 10_000)
    coarse = coarsen(rate)
    assert (coarse.view(np.uint32) & 0xFFF == 0).all()
    assert np.max(np.abs(coarse / rate - 1)) < 1 / 2000


def test_drawing_all_cells_at_once_equals_a_poisson_draw_in_each() -> None:
    rate = np.array([0.0, 0.5, 2.0, 0.0, 0.1], dtype=np.float32)
    random = np.random.default_rng(0)
    drawn = np.array([np.bincount(draw_cells(random, rate), minlength=5) for _ in range(20_000)])
    np.testing.assert_allclose(drawn.mean(axis=0), rate, atol=0.03)
    np.testing.assert_allclose(drawn.var(axis=0), rate, atol=0.08)
    assert abs(np.cov(drawn[:, 1], drawn[:, 2])[0, 1]) < 0.03
