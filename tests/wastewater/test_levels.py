import numpy as np
import pandas as pd
import pytest

from riskmap.wastewater.levels import WARM_UP, loads_as_known
from riskmap.wastewater.loads import normalise_loads

PLANTS = pd.DataFrame({"plant_id": ["a"], "population": [50_000.0]})


def known(load: list[float], **columns: object) -> pd.DataFrame:
    """Return loads of plant a, one sample a week from 2024-01-01, each known on the day after."""
    days = pd.date_range("2024-01-01", periods=len(load), freq="7D")
    table = {
        "plant_id": "a",
        "analyte": "methamphetamine",
        "sampled_from": days,
        "sampled_to": days + pd.Timedelta(days=1),
        "known_on": days + pd.Timedelta(days=1),
        "kind": "composite_24h",
        "qualifier": "=",
        "laboratory": "one",
        "method": "m",
        "load_mg_d_per_1000": load,
    }
    return pd.DataFrame({**table, **columns})


def level(samples: pd.DataFrame, week: int) -> float:
    """Return the level as it was known when sample number `week` (from 0) was the newest."""
    moment = pd.DatetimeIndex([pd.Timestamp("2024-01-02") + pd.Timedelta(days=7 * week)])
    return float(loads_as_known(normalise_loads(samples, PLANTS), moment, ["a"], "methamphetamine")[0][0, 0])


def test_a_new_laboratory_counts_after_eight_samples():
    samples = known([10.0] * 6 + [30.0] * 8, laboratory=["one"] * 6 + ["two"] * 8)
    assert level(samples, 5) == 10.0
    assert all(np.isnan(level(samples, 6 + number)) for number in range(WARM_UP - 1))
    assert level(samples, 13) == 30.0


def test_a_new_method_is_a_new_series_too_and_never_mixed():
    samples = known([10.0] * 4 + [30.0] * 8, method=["m"] * 4 + ["n"] * 8)
    assert {level(samples, week) for week in range(4)} == {10.0}
    assert np.isnan(level(samples, 4))
    assert level(samples, 11) == 30.0


def test_a_laboratory_that_comes_back_goes_on_with_its_own_series():
    laboratory = ["one"] * 4 + ["two"] + ["one"] * 2
    samples = known([10.0, 10.0, 10.0, 10.0, 90.0, 12.0, 12.0], laboratory=laboratory)
    # The newest four of laboratory one: 10, 10, 12, 12.
    assert level(samples, 6) == 11.0


def test_the_first_series_counts_at_once():
    assert level(known([10.0]), 0) == 10.0


def test_a_grab_sample_changes_no_composite_level():
    kinds = ["composite_24h"] * 4 + ["grab"] + ["composite_24h"]
    samples = known([10.0] * 4 + [500.0] + [14.0], kind=kinds)
    assert level(samples, 4) == 10.0
    assert level(samples, 5) == 11.0


def test_a_plant_that_goes_over_to_grab_samples_warms_up():
    samples = known([10.0] * 6 + [50.0] * 9, kind=["composite_24h"] * 6 + ["grab"] * 9)
    # Up to the week when most of the newest eight are grabs, the composites speak.
    assert level(samples, 9) == 10.0
    assert np.isnan(level(samples, 12))
    assert level(samples, 13) == 50.0


def test_one_flagged_sample_changes_no_level():
    samples = known([10.0, 20.0, 30.0, 90.0, 20.0], rain_flag=pd.array([None, False, None, True, None], "boolean"))
    assert level(samples, 3) == 20.0
    assert level(samples, 4) == 20.0


def with_amphetamine(samples: pd.DataFrame, load: float, known_on: str) -> pd.DataFrame:
    """Add amphetamine to the newest sample."""
    late = pd.Timestamp(known_on)
    beside = samples.tail(1).assign(analyte="amphetamine", load_mg_d_per_1000=load, known_on=late)
    return pd.concat([samples, beside], ignore_index=True)


@pytest.mark.parametrize(("amphetamine", "expected"), [(2.0, 10.0), (6.0, 40.0)])
def test_methamphetamine_that_was_poured_away_is_no_consumption(amphetamine: float, expected: float):
    # 2 / 100 is under 0.05; with 6 / 100 the level is (10 + 10 + 100) / 3.
    samples = with_amphetamine(known([10.0, 10.0, 100.0]), amphetamine, "2024-01-16")
    assert level(samples, 2) == expected


def test_dumping_is_known_only_when_both_results_are():
    samples = with_amphetamine(known([10.0, 10.0, 100.0, 10.0]).head(3), 2.0, "2024-01-20")
    assert level(samples, 2) == 40.0
    assert level(samples, 3) == 10.0


def test_the_amphetamine_of_that_sample_stays():
    samples = with_amphetamine(known([100.0]), 2.0, "2024-01-02")
    moment = pd.DatetimeIndex(["2024-01-02"])
    assert loads_as_known(normalise_loads(samples, PLANTS), moment, ["a"], "amphetamine")[0][0, 0] == 2.0


def test_what_becomes_known_later_changes_no_earlier_level():
    samples = known([10.0, 20.0, 30.0, 90.0, 20.0, 15.0], laboratory=["one"] * 4 + ["two"] * 2)
    later = with_amphetamine(samples, 0.1, "2024-06-01")
    for week in range(4):
        assert level(later.iloc[: week + 1], week) == level(later, week)
