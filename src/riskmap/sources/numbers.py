"""Numbers and degrees as people write them: full-width digits, thousands commas, 1.2万, 102°41′30″E."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

MULTIPLES = {"千": 1e3, "万": 1e4, "萬": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "億": 1e8}
PLAIN_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d+)?(?:\.\d+)?(?:[eE][+-]?\d+)?"
"""Thousands are parted by commas or blanks, in threes: "1,5" may be one and a half, so it is no number here."""
_DEGREES = (
    r"^(?P<before>[NSEW北南东西])?\s*(?:经|纬)?\s*(?P<degrees>[+-]?\d+(?:\.\d+)?)(?P<mark>\s*(?:°|度|º)?\s*)"
    r"(?:(?P<minutes>\d+(?:\.\d+)?)\s*(?:′|'|’|分)\s*)?(?:(?P<seconds>\d+(?:\.\d+)?)\s*(?:″|\"|”|''|秒)\s*)?"
    r"(?P<after>[NSEW])?$"
)


def normalise(texts: pd.Series) -> pd.Series:
    """Return the texts with full-width digits, letters and signs as ASCII and without blanks around them."""
    plain = texts.fillna("")
    foreign = ~plain.str.isascii().to_numpy(bool)  # the form of an ASCII text is itself
    if foreign.any():
        plain[foreign] = plain[foreign].str.normalize("NFKC").array
    return plain.str.strip()


def parse_numbers(texts: pd.Series) -> pd.Series:
    """Return numbers; NaN where a text is blank or is no number that can be taken without a guess ("约30")."""
    return _read(texts, _number_table)


def _read(texts: pd.Series, table: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Return plain numbers as they stand; what each other text means says `table`."""
    stripped = texts.fillna("").str.strip().astype("str")
    numbers = pd.Series(_plain(stripped), index=texts.index)
    numbers = numbers.where(np.isfinite(numbers))
    odd = numbers.isna()
    if odd.any():
        odd &= stripped != ""
    if odd.any():
        numbers = numbers.where(~odd, texts[odd].map(table(texts[odd])))
    return numbers


def _plain(texts: pd.Series) -> np.ndarray:
    """Return the numbers that texts are as they stand, NaN for other texts."""
    written = pa.array(texts.array)
    try:
        # Six times as fast as pandas, and the same numbers; but there must be nothing else.
        return np.asarray(pc.cast(pc.if_else(pc.equal(written, ""), None, written), pa.float64()).to_numpy())
    except pa.ArrowInvalid:
        return np.asarray(pd.to_numeric(texts, errors="coerce").to_numpy("float64"))


def _number_table(texts: pd.Series) -> pd.Series:
    """Return the number that each distinct text means."""
    distinct = pd.Series(texts.unique(), dtype="str")
    plain = normalise(distinct).str.replace("\u2212", "-")
    parts = plain.str.extract(rf"^({PLAIN_NUMBER})\s*({'|'.join(MULTIPLES)}|)$")
    values = pd.to_numeric(parts[0].str.replace("[, ]", "", regex=True), errors="coerce")
    values = values * parts[1].map(MULTIPLES).fillna(1.0)
    return pd.Series(values.to_numpy("float64"), index=distinct)


def parse_degrees(texts: pd.Series) -> pd.Series:
    """Return degrees, decimal or as degrees, minutes and seconds; south and west negative; NaN where unreadable."""
    return _read(texts, _degree_table)


def _degree_table(texts: pd.Series) -> pd.Series:
    distinct = pd.Series(texts.unique(), dtype="str")
    parts = distinct.fillna("").str.strip().str.translate(_FULL_WIDTH).str.extract(_DEGREES)
    numbers = parts[["degrees", "minutes", "seconds"]].astype("float64")
    fractions = numbers["minutes"].fillna(0) / 60 + numbers["seconds"].fillna(0) / 3600
    size = numbers["degrees"].abs() + fractions
    valid = (numbers["minutes"].fillna(0) < 60) & (numbers["seconds"].fillna(0) < 60)
    # Only the last part may have a fraction: 104.5°30′ may be 104.5 or 105 degrees; and something parts them: 1230′.
    finer = numbers["minutes"].notna() | numbers["seconds"].notna()
    valid &= ~(finer & (parts["degrees"].str.contains(".", regex=False, na=False) | (parts["mark"] == "")))
    valid &= ~(numbers["seconds"].notna() & parts["minutes"].str.contains(".", regex=False, na=False))
    valid &= ~(parts["before"].notna() & parts["after"].notna())
    side = parts["before"].fillna(parts["after"]).fillna("")
    valid &= (size <= 90) | ~side.isin(["N", "S", "北", "南"])
    valid &= (side == "") | ~parts["degrees"].str.contains(r"^[+-]", regex=True, na=False)
    negative = (numbers["degrees"] < 0) | side.isin(["S", "W", "南", "西"])
    return pd.Series(np.where(valid, np.where(negative, -size, size), np.nan), index=distinct)


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Full-width forms to ASCII, without touching the marks for minutes and seconds as NFKC would."""
