"""Text from data, made harmless before it enters a picture or a map's description."""

import re

import pandas as pd

# Line breaks and control characters, the marks that turn the direction of writing round, and what no XML may hold.
UNPRINTABLE = re.compile("[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")
LONGEST = 80


def plain_text(value: object, longest: int = LONGEST) -> str:
    """Return `value` as one line of ordinary text; empty for a missing value.

    A map's description is JSON in which a string that begins with @@ is an expression to be run: such text gets a
    space in front. Nothing else is changed; pages and tooltips show it as text, not as HTML.
    """
    if value is None or value is pd.NA or value != value:
        return ""
    text = UNPRINTABLE.sub(" ", str(value)).strip()
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return " " + text if text.startswith("@@") else text


def plain_texts(values: pd.Series) -> list[str]:
    """Return `plain_text` of each value; distinct values are cleaned once."""
    distinct = {value: plain_text(value) for value in values.dropna().unique()}
    return [distinct.get(value, "") for value in values.to_numpy(dtype=object)]
