import pandas as pd

from riskmap.figures.calendar import FEW, MANY, calendar_chart
from riskmap.figures.scale import NOT_REPORTED

WORDS = {"source": "Source", "period": "Period", "rows": "Rows", "delivered": "Delivered"}


def calendar():
    """Three weeks: 12 rows, none in a quiet week, nothing delivered."""
    starts = pd.date_range("2024-01-01", periods=3, freq="7D")
    return pd.DataFrame(
        {
            "label": "Cases · a",
            "period": ["w1", "w2", "w3"],
            "said": ["12 rows", "none", "nothing delivered"],
            "period_start": starts,
            "period_end": starts + pd.Timedelta(days=7),
            "rows": [12.0, 0.0, 0.0],
            "reported": [True, True, False],
        }
    )


def test_what_arrived_is_told_apart_from_a_quiet_week_and_from_a_gap():
    spec = calendar_chart(calendar(), WORDS).to_dict()
    (rows,) = spec["datasets"].values()
    assert [row["state"] for row in rows] == ["arrived", "quiet", "missing"]


def test_a_gap_is_grey_and_struck_through_and_never_a_shade_of_rows():
    layers = calendar_chart(calendar(), WORDS).to_dict()["layer"]
    arrived, quiet, missing, strokes = layers
    assert arrived["encoding"]["color"]["scale"]["range"] == [FEW, MANY]
    assert missing["encoding"]["color"]["value"] == NOT_REPORTED
    assert quiet["encoding"]["color"]["value"] != NOT_REPORTED
    assert strokes["mark"]["text"] == "╱"
    assert all(layer["transform"][0]["filter"].endswith("'missing'") for layer in (missing, strokes))


def test_the_pointer_reads_exact_numbers_in_the_readers_words():
    tips = calendar_chart(calendar(), WORDS).to_dict()["layer"][0]["encoding"]["tooltip"]
    assert [(tip["field"], tip["title"]) for tip in tips] == [
        ("label", "Source"),
        ("period", "Period"),
        ("said", "Delivered"),
    ]


def test_a_calendar_of_gaps_only_can_be_drawn():
    gaps = calendar().assign(rows=0.0, reported=False)
    assert calendar_chart(gaps, WORDS).to_dict()["layer"][0]["encoding"]["color"]["scale"]["domain"] == [0.5, 1.0]
