import numpy as np
import pandas as pd
import pytest

from riskmap.wastewater.loads import normalise_loads
from riskmap.wastewater.series import load_series, sampling_gaps

PLANTS = pd.DataFrame({"plant_id": ["a"], "population": [50_000.0]})
MOMENT = pd.Timestamp("2025-12-31")


def series(loads, *, limits=(), moment=MOMENT, **columns):
    days = pd.date_range("2025-06-02", periods=len(loads), freq="7D")
    frame = {
        "plant_id": "a",
        "analyte": "mdma",
        "sampled_from": days,
        "sampled_to": days + pd.Timedelta(days=1),
        "known_on": days + pd.Timedelta(days=3),
        "kind": "composite_24h",
        "qualifier": ["<LOQ" if n in limits else "=" for n in range(len(loads))],
        "load_mg_d_per_1000": [None if n in limits else float(load) for n, load in enumerate(loads)],
        "limit_mg_d_per_1000": [float(load) if n in limits else None for n, load in enumerate(loads)],
    }
    samples = pd.DataFrame({**frame, **columns})
    return load_series(normalise_loads(samples, PLANTS), "a", "a", "mdma", moment)


def test_a_result_below_a_limit_is_drawn_at_the_limit_and_weighs_half_of_it():
    found = series([8, 4], limits={1})
    assert found["value"].tolist() == [8.0, 4.0]
    assert found["qualifier"].tolist() == ["=", "<LOQ"]
    # half-life of two samples: the older weighs 1/sqrt(2); (2 + 8/sqrt 2) / (1 + 1/sqrt 2)
    assert found["trend"].iloc[1] == pytest.approx((2 + 8 / np.sqrt(2)) / (1 + 1 / np.sqrt(2)))


def test_a_trend_follows_constant_loads_and_says_nothing_where_most_are_below_a_limit():
    assert series([5] * 6)["trend"].tolist() == [5.0] * 6
    assert series([5] * 3, limits={0, 1, 2})["trend"].isna().all()


def test_flagged_samples_and_other_series_are_there_but_do_not_count():
    flags = pd.array([False, True, False, False], dtype="boolean")
    kinds = ["composite_24h", "composite_24h", "grab", "composite_24h"]
    found = series([5, 90, 40, 5], rain_flag=flags, kind=kinds)
    assert found["flagged"].tolist() == [False, True, False, False]
    assert found["flag"].tolist() == ["", "rain", "", ""]
    assert found["in_use"].tolist() == [True, False, False, True]
    assert found["trend"].dropna().tolist() == [5.0, 5.0]


def test_what_became_known_later_is_not_in_the_series():
    assert len(series([1] * 10, moment=pd.Timestamp("2025-06-20"))) == 3  # known on 5, 12 and 19 June


def test_methamphetamine_poured_away_is_flagged_as_dumping():
    days = pd.to_datetime(["2025-06-02", "2025-06-02"])
    samples = pd.DataFrame(
        {
            "plant_id": "a",
            "analyte": ["methamphetamine", "amphetamine"],
            "sampled_from": days,
            "sampled_to": days + pd.Timedelta(days=1),
            "known_on": days + pd.Timedelta(days=3),
            "kind": "composite_24h",
            "qualifier": "=",
            "load_mg_d_per_1000": [100.0, 1.0],
        }
    )
    loads = normalise_loads(samples, PLANTS)
    assert loads["flag"].tolist() == ["dumping", ""]
    assert loads["flagged_on"].notna().tolist() == [True, False]


def test_gaps_are_told_between_samples_and_up_to_the_moment():
    days = pd.Series(pd.to_datetime(["2025-06-01", "2025-01-01", "2025-01-10"]))
    gaps = sampling_gaps(days, pd.Timestamp("2025-09-01"), pd.Timedelta(days=56))
    assert gaps["gap_from"].tolist() == [pd.Timestamp("2025-01-10"), pd.Timestamp("2025-06-01")]
    assert gaps["gap_to"].tolist() == [pd.Timestamp("2025-06-01"), pd.Timestamp("2025-09-01")]
    assert sampling_gaps(days.head(0), MOMENT, pd.Timedelta(days=56)).empty
    assert sampling_gaps(days, pd.Timestamp("2025-06-02"), pd.Timedelta(days=200)).empty
