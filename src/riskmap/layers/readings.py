"""What was read otherwise than it is written (1.2万, 2023年3月5日, 104°30′E, full-width), put into the receipt."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from riskmap.layers.findings import Findings, FindingsOf
from riskmap.layers.receipt import note
from riskmap.sources.persons import mask_text

MOST_LISTED = 1000
"""Values of one column that get a line each; of more the number and the first one are said."""
UNUSUAL = r"[^0-9.+-]"
PLAIN_NUMBER = r"^\s*[+-]?[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]+)?\s*$"
USUAL_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?$"
"""The plain dates that whole columns are mostly in."""
PLAIN_DATE = (
    r"^(?:\d{4}(?:[-/]\d{1,2}(?:[-/]\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?)?)?)?"
    r"|\d{4}-?[QqW]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*)$"
)
"""Forms that need no word: ISO 8601, also with slashes; the order of day and month is asked about."""


def log_numbers(texts: pd.Series, numbers: pd.Series, column: str, shown: str, findings: Findings | FindingsOf) -> None:
    """Write down which numbers are not written as plain ones."""
    odd = np.array(texts.str.contains(UNUSUAL, regex=True) & numbers.notna(), dtype=bool)
    odd[odd] = ~texts[odd].str.match(PLAIN_NUMBER).to_numpy(bool)
    _log(texts, odd, column, shown, findings, lambda rows: numbers[rows].map("{:.10g}".format))


def log_dates(texts: pd.Series, start: pd.Series, column: str, shown: str, findings: Findings) -> None:
    """Write down which dates are not written as ISO 8601 has them."""
    odd = start.notna().to_numpy(bool) & ~texts.str.match(USUAL_DATE).to_numpy(bool)
    codes, distinct = pd.factorize(texts[odd])
    odd[odd] = ~pd.Series(distinct, dtype="str").str.match(PLAIN_DATE).to_numpy(bool)[codes]
    _log(texts, odd, column, shown, findings, lambda rows: start[rows].astype("str"))


def log_codes(texts: pd.Series, codes: pd.Series, column: str, shown: str, findings: Findings) -> None:
    """Write down which codes were written with full-width digits or letters."""
    if codes is not texts:
        _log(texts, (codes != texts).to_numpy(bool), column, shown, findings, lambda rows: codes[rows])


def _log(
    texts: pd.Series,
    odd: np.ndarray,
    column: str,
    shown: str,
    findings: Findings | FindingsOf,
    meant: Callable[[np.ndarray], pd.Series],
) -> None:
    n = int(odd.sum())
    if n == 0:
        return
    if n <= MOST_LISTED:
        findings.add("value_read", odd, column, texts, meant(odd).reindex(texts.index).astype("object").fillna(""))
        return
    first = np.flatnonzero(odd)[:1]
    at = np.zeros(len(odd), dtype=bool)
    at[first] = True
    said = (
        "{n} values of column {column} are not written plainly; they were read as meant, the first, {original}, as "
        "{read}."
    )
    masked = mask_text(str(texts.iloc[first[0]]))
    findings.say(note(said, n=n, column=shown, original=masked, read=meant(at).iloc[0]))
    findings.count_repaired(odd)
