import pandas as pd
import pytest

from riskmap.briefing.wastewater_facts import compare_newest

MOMENT = pd.Timestamp("2026-01-05")


def series(plant, values, *, last="2025-12-29", kind="a", censored=()):
    days = pd.date_range(end=last, periods=len(values), freq="7D")
    return pd.DataFrame(
        {
            "plant_id": plant,
            "analyte": "ketamine",
            "sampled_from": days,
            "known_on": days,
            "series": kind,
            "load_mg_d_per_1000": [None if n in censored else float(value) for n, value in enumerate(values)],
            "limit_mg_d_per_1000": [float(value) if n in censored else None for n, value in enumerate(values)],
            "censored": [n in censored for n in range(len(values))],
        }
    )


def compare(*parts):
    return compare_newest(pd.concat(parts, ignore_index=True), MOMENT).set_index("plant_id")


def test_a_load_moved_where_its_whole_interval_lies_beyond_a_factor_of_one_and_a_half():
    # The error of a ratio of two means of four: exp(1.96 sqrt(2 (0.27^2 - 0.20^2) / 4)) = 1.2857; 1.5 x 1.2857 = 1.93.
    found = compare(
        series("up", [1] * 4 + [1.95] * 4),
        series("barely", [1] * 4 + [1.90] * 4),
        series("down", [1.95] * 4 + [1] * 4),
    )
    assert found["finding"].to_dict() == {"up": 1.0, "barely": 0.0, "down": -1.0}
    assert found.loc["up", "low"] == pytest.approx(1.95 / 1.2857, rel=1e-3)


def test_what_cannot_be_told_is_missing_and_not_no_change():
    found = compare(
        series("few", [1] * 7),
        series("stale", [1] * 8, last="2025-11-03"),
        series("below", [1] * 4 + [4] * 4, censored=(4, 5, 6)),
        pd.concat([series("new laboratory", [1] * 8, last="2025-12-22"), series("new laboratory", [9], kind="b")]),
    )
    assert found["finding"].isna().all()
    assert len(found) == 4
