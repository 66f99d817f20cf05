"""Texts of a source picked by patterns, and columns that bear one of several names."""

import re
from fnmatch import translate as wildcard_pattern

import pandas as pd


def alternatives(column: str) -> list[str]:
    """Return the names that a key of [keep] or [leave_out] stands for: "A | B" is the first of them that is present."""
    return [name.strip() for name in column.split("|")]


def match_patterns(texts: pd.Series, patterns: list[str]) -> pd.Series:
    """Return where a text, blanks around it left off, is one of `patterns` (`*` and `?` stand for any characters)."""
    codes, distinct = pd.factorize(texts.fillna(""))
    stripped = pd.Series(distinct, dtype="str").str.strip()
    plain = [pattern for pattern in patterns if not re.search(r"[*?]", pattern)]
    found = stripped.isin(plain)
    for pattern in patterns:
        if pattern not in plain:
            found |= stripped.str.match(wildcard_pattern(pattern.replace("[", "[[]")))
    return pd.Series(found.to_numpy(bool)[codes], index=texts.index)
