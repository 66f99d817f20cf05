"""From texts to values: dates as intervals, numbers in the table's units, words that the table knows."""

import numpy as np
import pandas as pd
import pyarrow as pa
from h3ronpy import cells_parse
from pandera.api.checks import Check

from riskmap.layers.date_columns import read_happened, read_moments
from riskmap.layers.findings import Findings
from riskmap.layers.readings import log_codes, log_numbers
from riskmap.schema import COLUMNS, ID_COLUMN
from riskmap.sources.mapped_columns import own_column
from riskmap.sources.numbers import normalise, parse_numbers
from riskmap.sources.persons import mask_column
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

SCIENTIFIC = r"^(?:[+-]?\d(?:(?:\.\d+)?[eE]\+\d+|\.\d+[eE]-?\d+|[eE]\d{2})|\d{16,}\.0)$"
"""A number in the place of an id, its last digits gone; "2E5" may be a code, 5e1234567890 is hexadecimal."""
TRUE = {"true", "1", "yes", "y", "是", "有"}
FALSE = {"false", "0", "no", "n", "否", "无", ""}


def parse_texts(texts: pd.DataFrame, recipe: Recipe, study: Study, findings: Findings, *, accept: bool) -> pd.DataFrame:
    """Return the table's columns, typed, for rows of texts; what cannot be read is written into `findings`."""
    parsed = read_happened(texts, recipe, study, findings, accept=accept)
    for name, column in COLUMNS[recipe.layer].items():
        if name == "geometry" or name in parsed or name not in texts:
            continue
        kind = str(column.dtype)
        if name == ID_COLUMN.get(recipe.layer):
            parsed[name] = _identity(texts[name], name, recipe, findings)
        elif kind.startswith("str"):
            parsed[name] = _words(texts[name], name, recipe, column, findings)
        elif kind == "boolean":
            parsed[name] = _truth(texts[name], name, findings)
        elif kind == "uint64":
            parsed[name] = _cells(texts[name], study, findings)
        elif kind.startswith("datetime"):
            parsed[name] = read_moments(texts[name], name, recipe, study, findings, accept=accept)
        else:
            parsed[name] = _numbers(texts[name], name, recipe, column, findings)
    return pd.DataFrame(parsed, index=texts.index)


def _identity(texts: pd.Series, name: str, recipe: Recipe, findings: Findings) -> pd.Series:
    ids = _ascii(texts)
    log_codes(texts, ids, name, own_column(recipe, name), findings)
    findings.add("id_scientific", ids.str.match(SCIENTIFIC), name, ids)
    masked = mask_column(ids, ids=True)
    findings.add("personal_number_masked", masked != ids, name)
    return masked.mask(masked != ids, "")


def _words(texts: pd.Series, name: str, recipe: Recipe, column: object, findings: Findings) -> pd.Series:
    codes = _ascii(texts) if name.endswith(("_code", "_id", "code")) else texts
    log_codes(texts, codes, name, own_column(recipe, name), findings)
    allowed = _allowed(column)
    if allowed:
        findings.add("value_unknown", ~codes.isin(allowed) & (codes != ""), name, codes)
    words = mask_column(codes)
    findings.add("personal_number_masked", words != codes, name)
    if column.nullable:  # type: ignore[attr-defined]
        return words.mask(words == "")
    findings.add("value_missing", words == "", name)
    return words


def _ascii(texts: pd.Series) -> pd.Series:
    """Return codes with full-width digits and letters as ASCII; plain ones untouched."""
    wide = ~texts.str.isascii()
    return texts.where(~wide, normalise(texts[wide]).reindex(texts.index)) if wide.any() else texts


def _allowed(column: object) -> list[str]:
    checks: list[Check] = column.checks  # type: ignore[attr-defined]
    return [str(value) for check in checks for value in (check.statistics or {}).get("allowed_values", ())]


def _numbers(texts: pd.Series, name: str, recipe: Recipe, column: object, findings: Findings) -> pd.Series:
    numbers = parse_numbers(texts)
    log_numbers(texts, numbers, name, own_column(recipe, name), findings)
    findings.add("number_unreadable", numbers.isna() & (texts != ""), name, texts)
    numbers = numbers * recipe.factor(name)
    allowed = _allowed(column)
    if allowed:
        findings.add("value_unknown", numbers.notna() & ~numbers.isin([float(value) for value in allowed]), name, texts)
    bounds = {check.name for check in column.checks}  # type: ignore[attr-defined]
    if "greater_than" in bounds:
        findings.add("number_negative", numbers < 0, name, texts)
        findings.add("number_zero", numbers == 0, name, texts)
    if "greater_than_or_equal_to" in bounds:
        findings.add("number_negative", numbers < 0, name, texts)
    if not column.nullable:  # type: ignore[attr-defined]
        findings.add("value_missing", numbers.isna(), name)
    return numbers


def _truth(texts: pd.Series, name: str, findings: Findings) -> pd.Series:
    lower = texts.str.lower()
    findings.add("value_unknown", ~lower.isin(TRUE | FALSE), name, texts)
    return lower.isin(TRUE).astype("boolean").mask(texts == "")


def _cells(texts: pd.Series, study: Study, findings: Findings) -> pd.Series:
    """Return H3 cells of hexadecimal (or decimal) names, at the study's resolution; 0 where there is none."""
    parsed = pa.array(cells_parse(texts.tolist(), set_failing_to_invalid=True)).fill_null(0).to_numpy()
    resolution = (parsed >> np.uint64(52)) & np.uint64(15)
    findings.add("cell_invalid", (texts != "") & ((parsed == 0) | (resolution != study.resolution)), "cell", texts)
    return pd.Series(parsed, index=texts.index)
