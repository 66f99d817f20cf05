"""What the Models page shows, from numbers worked by hand."""

import numpy as np
import pytest

from riskmap.briefing.model_health import check_age, check_calibration, check_deviance, check_gaps
from riskmap.figures.model_charts import (
    band_chart,
    band_frame,
    charted_forecasts,
    hit_rate_chart,
    hit_rate_frame,
    pit_chart,
    pit_frame,
)
from riskmap.model.gates import Calibration
from riskmap.study import check_study
from riskmap.web.models_compare import scores_table
from riskmap.web.models_drift import drift_rows
from riskmap.web.models_evaluation import evaluation_rows
from riskmap.web.models_features import feature_words, features_apart, group_features

LABELS = {name: name.upper() for name in ("boosting", "ewma_ring", "last_12", "perfect", "perfect_intensity")}


def share_of(hit_rate):
    return {"hit_rate": hit_rate, "ci_low": hit_rate - 0.1, "ci_high": hit_rate + 0.1, "pei_star": hit_rate}


def evaluation_of(**deviances):
    band = {"expected": 10.0, "observed": 12.0, "ratio": 1.2, "ci_low": 0.6, "ci_high": 2.1}
    empty = {"expected": 0.0, "observed": 0.0, "ratio": None, "ci_low": None, "ci_high": None}
    models = {
        name: {
            "poisson_deviance": value,
            "predicted_over_actual": 1.1,
            "shares": {"0.1": share_of(0.6), "0.05": share_of(0.5)},
            "difference_to_champion_baseline": {"0.05": share_of(0.02)},
            "bands": {"0.01": band, "0.05": empty, "rest": band},
            "pit": [0.1] * 10,
        }
        for name, value in deviances.items()
    }
    return {"models": models, "origins": ["2025-01-06", "2025-01-13"], "events": 1234.0}


@pytest.fixture
def study(home):
    return check_study({"id": "here", "resolution": 8, "period": "week", "timezone": "UTC", "home": home})


@pytest.mark.parametrize(
    ("predicted", "actual", "value", "verdict"),
    [
        (110, 100, "1.10", "good"),
        (120, 100, "1.20", "good"),
        (121, 100, "1.21", "look"),
        (79, 100, "0.79", "look"),
        (6, 4, "1.50", "unknown"),  # below ten events a ratio is noise
        (12, 0, "–", "look"),
    ],
)
def test_calibration_is_judged_as_the_gate_does(predicted, actual, value, verdict):
    check = check_calibration(Calibration(predicted, actual, 12))
    assert (check.value, check.verdict) == (value, verdict)


def test_deviance_below_the_baselines_is_well():
    check = check_deviance(evaluation_of(boosting=0.09, ewma_ring=0.1))
    assert (check.value, check.verdict) == ("0.900", "good")
    assert check.meaning.en.startswith("2 past periods, 1,234 cases")
    assert check_deviance(evaluation_of(boosting=0.1, ewma_ring=0.1)).verdict == "look"
    assert check_deviance(None).verdict == "unknown"
    assert check_deviance(evaluation_of(ewma_ring=0.1)).verdict == "unknown"


def test_a_quarter_of_a_year_is_old_and_a_gap_in_it_counts(study):
    assert [check_age(study, age).verdict for age in (0, 12, 13)] == ["good", "good", "look"]
    missing = np.zeros(40, dtype=bool)
    missing[[3, 26]] = True  # the last 13 of 40 begin at position 27
    assert (check_gaps(study, missing).value, check_gaps(study, missing).verdict) == ("0", "good")
    missing[27] = True
    assert (check_gaps(study, missing).value, check_gaps(study, missing).verdict) == ("1", "look")
    assert "3 in all" in check_gaps(study, missing).meaning.en


def test_the_best_possible_is_the_true_rate_where_it_is_known():
    names = dict.fromkeys(("boosting", "ewma_ring", "last_12", "perfect"), 0.1)
    assert charted_forecasts(evaluation_of(**names))[-1] == "perfect"
    assert charted_forecasts(evaluation_of(**names, perfect_intensity=0.05))[-1] == "perfect_intensity"


def test_frames_hold_the_evaluations_numbers():
    evaluation = evaluation_of(boosting=0.09, ewma_ring=0.1)
    rates = hit_rate_frame(evaluation, ["boosting", "ewma_ring"])
    assert rates["share"].tolist() == [0.05, 0.05, 0.1, 0.1]
    assert rates["hit_rate"].tolist() == [0.5, 0.5, 0.6, 0.6]
    bands = band_frame(evaluation)
    # The band from 1 % to 5 % expected nothing and has no ratio; the rest begins where it ended.
    assert bands[bands["name"] == "boosting"][["begin", "end"]].to_numpy().tolist() == [[0, 0.01], [0.05, 1.0]]
    assert bands["ratio"].tolist() == [1.2] * 4
    pit = pit_frame(evaluation)
    assert (len(pit), pit["height"].sum(), pit["end"].max()) == (20, pytest.approx(2.0), 1.0)


def test_charts_draw_every_forecast_and_the_line_of_a_right_one():
    evaluation = evaluation_of(boosting=0.09, ewma_ring=0.1, last_12=0.12, perfect=0.0)
    words = {"share": "s", "hit_rate": "h", "interval": "i"}
    rates = hit_rate_chart(hit_rate_frame(evaluation, charted_forecasts(evaluation)), LABELS, words).to_dict()
    colour = rates["layer"][1]["encoding"]["color"]
    assert colour["scale"]["domain"] == ["BOOSTING", "EWMA_RING", "LAST_12", "PERFECT"]
    words = {"band": "b", "ratio": "r", "interval": "i", "expected": "e", "observed": "o"}
    bands = band_chart(band_frame(evaluation), LABELS, words).to_dict()
    assert bands["layer"][0]["encoding"]["y"] == {"datum": 1}
    assert bands["layer"][2]["encoding"]["x"]["sort"] == ["0%–1%", "5%–100%"]
    pit = pit_chart(pit_frame(evaluation), LABELS, {"pit": "p", "height": "h"}).to_dict()
    assert pit["layer"][2]["encoding"]["y"] == {"datum": 0.1}


def test_an_evaluation_without_bands_gives_empty_frames():
    evaluation = evaluation_of(boosting=0.09)
    del evaluation["models"]["boosting"]["bands"], evaluation["models"]["boosting"]["pit"]
    assert band_frame(evaluation).empty
    assert pit_frame(evaluation).empty


def test_the_table_of_forecasts_begins_with_the_least_deviance():
    rows = evaluation_rows(evaluation_of(ewma_ring=0.1, boosting=0.09), "0.05")
    assert [row["name"] for row in rows] == ["boosting", "ewma_ring"]
    assert rows[0]["hit_rate"] == "50.0% [40.0%, 60.0%]"
    assert rows[0]["difference"] == "+2.0% [-8.0%, +12.0%]"
    assert (rows[1]["difference"], rows[0]["rps"]) == ("–", "–")
    assert evaluation_rows(evaluation_of(boosting=0.09), "0.03")[0]["hit_rate"] == "–"


def test_differences_carry_two_standard_errors():
    scores = {"deviance": 0.2, "hit_rate": 0.5, "pei_star": 0.4}
    difference = {"mean": -0.01, "standard_error": 0.002}
    result = {
        "models": {"challenger": scores, "ewma_ring": scores},
        "differences": {"ewma_ring": {"deviance": difference, "pei_star": difference}},
    }
    own, other = scores_table(result)
    assert (own["deviance_difference"], own["hit_rate"]) == ("–", "50.0%")
    assert other["deviance_difference"] == "-0.01000 ± 0.00400"
    assert other["pei_star_difference"] == "-0.0100 ± 0.0040"


def test_features_fall_into_groups_and_none_is_lost():
    names = [
        "cases_lag_1",
        "cases_discovered_decay_4",
        "incidents_decay_4",
        "distance_road_county_m",
        "distance_port_m",
        "distance_border_m",
    ]
    names += ["hub_within_1000m_count", "load_x_mg_d_per_1000", "season_sin", "residents_count", "baseline_log", "new"]
    groups = {words.en: n for words, n in group_features(names)}
    assert sum(groups.values()) == len(names)
    assert (groups["recorded cases here and around"], groups["sites that can be inspected"]) == (2, 2)
    assert (groups["roads"], groups["residents and shape of the area"], groups["others"]) == (1, 2, 1)
    assert feature_words("residents_count", "zh") == "居住人口 (residents_count)"
    assert feature_words("new", "en") == "new"


def test_what_one_model_sees_and_the_other_does_not_keeps_its_order():
    cards = [{"model": {"feature_names": names}} for names in (["a", "b", "c"], ["d", "b"])]
    assert features_apart(*cards) == (["a", "c"], ["d"])


def test_drift_is_of_the_features_in_use_only():
    drift = {"features": {"a": 0.05, "b": 0.2, "c": 0.3, "d": 9.0}}
    assert drift_rows(drift, {"a", "b", "c"}) == [("c", 0.3, "changed"), ("b", 0.2, "look"), ("a", 0.05, "stable")]
