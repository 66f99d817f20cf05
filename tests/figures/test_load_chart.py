import pandas as pd

from riskmap.figures.load_chart import load_chart, load_marks

DAYS = pd.to_datetime(["2025-10-01", "2025-10-08", "2025-12-20", "2025-12-27"])
SPAN = (pd.Timestamp("2025-09-01"), pd.Timestamp("2026-01-05"))
NO_GAPS = pd.DataFrame({"gap_from": pd.to_datetime([]), "gap_to": pd.to_datetime([])})


def series(**columns):
    frame = {
        "sampled_from": DAYS,
        "value": [5.0, 2.0, 6.0, 7.0],
        "trend": [5.0, 4.0, 5.0, 6.0],
        "in_use": True,
        "flagged": False,
        "censored": [False, True, False, False],
        "text": "x",
    }
    found = pd.DataFrame({**frame, **columns})
    return found.assign(mark=load_marks(found))


def parts(found, gaps=NO_GAPS):
    words = {"load": "load", "not_sampled": "no sample"}
    return load_chart(found, gaps, SPAN, words).to_dict()


def marks(chart):
    return [layer["mark"] for layer in chart["layer"]]


def test_limits_are_hollow_and_flagged_samples_are_crosses():
    found = series(flagged=[False, False, False, True])
    assert found["mark"].tolist() == ["measured", "limit", "measured", "flagged"]
    measured, limit, flagged = marks(parts(found))[2:]
    assert (measured["shape"], measured["fill"] == measured["color"]) == ("circle", True)
    assert (limit["shape"], limit["fill"]) == ("triangle-down", "#ffffff")
    assert flagged["shape"] == "cross"


def test_samples_that_do_not_count_are_of_another_colour():
    found = series(in_use=[False, False, True, True])
    assert found["mark"].tolist() == ["aside", "aside_limit", "measured", "measured"]
    assert len({mark["color"] for mark in marks(parts(found))[2:] if mark["shape"] == "circle"}) == 2


def test_a_gap_is_a_band_that_the_trend_does_not_cross():
    gaps = pd.DataFrame({"gap_from": [DAYS[1]], "gap_to": [DAYS[2]]})
    chart = parts(series(), gaps)
    assert marks(chart)[0]["type"] == "rect"
    line = chart["layer"][1]
    assert line["encoding"]["detail"]["field"] == "part"
    rows = chart["datasets"][line["data"]["name"]]
    assert [row["part"] for row in rows] == [0, 0, 1, 1]


def test_a_sample_without_a_known_limit_is_left_out_of_the_picture():
    chart = parts(series(value=[5.0, None, 6.0, 7.0]))
    assert [mark["shape"] for mark in marks(chart)[2:]] == ["circle"]
