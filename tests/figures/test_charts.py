import json

import pandas as pd

from riskmap.figures.charts import history_chart, history_frame

PERIODS = pd.DataFrame(
    {
        "period_start": pd.to_datetime(["2026-01-05", "2026-01-12", "2026-01-19"]),
        "period_end": pd.to_datetime(["2026-01-12", "2026-01-19", "2026-01-26"]),
        "reported": [True, False, True],
    }
)
FORECAST = {
    "period_start": pd.Timestamp("2026-01-26"),
    "period_end": pd.Timestamp("2026-02-02"),
    "expected": 1.5,
    "baseline": 1.2,
}
WORDS = {"cases": "cases", "not_reported": "not reported"}


def test_a_period_without_a_report_is_missing_and_one_without_a_case_is_zero():
    counts = pd.DataFrame({"period_start": [pd.Timestamp("2026-01-19")] * 2, "count": [1, 2]})
    history = history_frame(counts, PERIODS)
    assert history["count"].isna().tolist() == [False, True, False]
    assert history["count"].dropna().tolist() == [0.0, 3.0]


def test_the_chart_shows_bands_bars_forecast_and_baseline():
    history = history_frame(pd.DataFrame({"period_start": [], "count": []}), PERIODS)
    marks = [layer["mark"]["type"] for layer in history_chart(history, FORECAST, WORDS, 52)["layer"]]
    assert marks == ["rect", "bar", "point", "tick"]
    marked = history.assign(holiday=[True, False, False])
    marks = [layer["mark"]["type"] for layer in history_chart(marked, FORECAST, WORDS, 52)["layer"]]
    assert marks == ["rect", "bar", "point", "point", "tick"]
    interval = {**FORECAST, "low": 0.0, "high": 3.0}
    marks = [layer["mark"]["type"] for layer in history_chart(history, interval, WORDS, 52)["layer"]]
    assert marks == ["rect", "bar", "rule", "point", "tick"]


def test_the_chart_is_plain_json_and_an_unknown_count_is_no_number_in_it():
    history = history_frame(pd.DataFrame({"period_start": [pd.Timestamp("2026-01-19")], "count": [2]}), PERIODS)
    layers = json.loads(json.dumps(history_chart(history, FORECAST, WORDS, 52), allow_nan=False))["layer"]
    band, bars = layers[0]["data"]["values"], layers[1]["data"]["values"]
    assert band == [{"period_start": "2026-01-12T00:00:00", "period_end": "2026-01-19T00:00:00"}]
    assert [bar["count"] for bar in bars] == [0.0, 2.0]
    assert layers[-1]["data"]["values"] == [{"middle": "2026-01-29T12:00:00", "baseline": 1.2}]
