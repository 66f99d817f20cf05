"""Texts of a source picked by patterns, and columns that bear one of several names."""

import re

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
            found |= stripped.str.match(_wildcards(pattern))
    return pd.Series(found.to_numpy(bool)[codes], index=texts.index)


def _wildcards(pattern: str) -> str:
    """Return a pattern as an expression of RE2, which does not know the one that `fnmatch` makes of two stars."""
    signs = {"*": ".*", "?": "."}
    return "(?s)^" + "".join(signs.get(sign, re.escape(sign)) for sign in pattern) + r"$"
