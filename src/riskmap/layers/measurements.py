"""Laboratory results as they are written: "<0.5", "ND" and "未检出" are limits, not numbers and not zeros."""

import numpy as np
import pandas as pd

from riskmap.errors import SourceError
from riskmap.layers.findings import Findings
from riskmap.sources.numbers import normalise, parse_numbers
from riskmap.sources.recipe import Recipe

NOT_DETECTED = r"(?i)^(?:<\s*LOD|n\.?\s*d\.?|not detected|bdl|未检出|低于检出限|-+|—+|–)$"
NOT_QUANTIFIED = r"(?i)^(?:<\s*LOQ|低于定量限|bql|blq)$"
BELOW = r"^[<＜]\s*([\d.,]+)$"
RESULTS_SHARE = 0.5
"""Filled cells of a column that must be results before it is taken for one of results; "约30" is none."""
LONGEST_GRAB = pd.Timedelta(hours=2)
"""A composite gathers portions over most of a day; what was taken in less time than this is one moment's water."""
CONCENTRATION = "concentration_ng_l"
LOAD = "load_mg_d_per_1000"


def hold_results(texts: pd.Series) -> bool:
    """Return whether a column holds laboratory results: numbers, limits, "not detected"."""
    plain = normalise(texts)
    filled = plain[plain != ""]
    if filled.empty:
        return False
    limits = filled.str.match(NOT_DETECTED) | filled.str.match(NOT_QUANTIFIED) | filled.str.match(BELOW)
    return bool((limits | parse_numbers(filled).notna()).mean() >= RESULTS_SHARE)


def split_qualifiers(texts: pd.DataFrame, recipe: Recipe, *, accept: bool) -> pd.DataFrame:
    """Return the samples' texts with qualifiers and limits taken out of the concentration and the load.

    Raises
    ------
    SourceError
        If a concentration of 0 comes without a limit of detection and nobody has agreed to read it as "not detected".
    """
    result = texts.copy()
    for name in (CONCENTRATION, LOAD):
        if name in result:
            result = _split(result, name)
    if CONCENTRATION in result:
        _ask_about_zeros(result, recipe, accept=accept)
        zero = _zero_without_limit(result)
        result["qualifier"] = result["qualifier"].mask(zero, "<LOD")
        result[CONCENTRATION] = result[CONCENTRATION].mask(zero, "")
    return result


def _split(texts: pd.DataFrame, name: str) -> pd.DataFrame:
    plain = normalise(texts[name])
    below = plain.str.extract(BELOW)[0]
    below = below.where(parse_numbers(below).notna())  # "<1,5" may be one and a half: no number here
    not_detected = plain.str.match(NOT_DETECTED)
    not_quantified = plain.str.match(NOT_QUANTIFIED)
    limited = below.notna()
    texts["qualifier"] = texts["qualifier"].mask(not_detected | limited, "<LOD").mask(not_quantified, "<LOQ")
    if name == CONCENTRATION:
        limit = texts.get("lod_ng_l", pd.Series("", index=texts.index, dtype="str"))
        # A limit inside the result is in the result's unit, which `scale_limits` must know.
        texts["lod_ng_l"] = limit.mask(limited & (limit == ""), "in result " + below.fillna(""))
    texts[name] = texts[name].mask(not_detected | limited | not_quantified, "")
    return texts


def scale_limits(texts: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Return the texts with limits that stood inside a result in the unit of the limits' own column."""
    if "lod_ng_l" not in texts:
        return texts
    inside = texts["lod_ng_l"].str.startswith("in result ")
    if not inside.any():
        return texts
    numbers = parse_numbers(texts["lod_ng_l"].str.removeprefix("in result "))
    scaled = numbers * (recipe.factor(CONCENTRATION) / recipe.factor("lod_ng_l"))
    return texts.assign(lod_ng_l=texts["lod_ng_l"].where(~inside, scaled.map("{:.12g}".format)))


def _zero_without_limit(texts: pd.DataFrame) -> pd.Series:
    zero = parse_numbers(texts[CONCENTRATION]) == 0
    if "lod_ng_l" in texts:
        zero &= texts["lod_ng_l"] == ""
    return zero & (texts["qualifier"] == "=")


def _ask_about_zeros(texts: pd.DataFrame, recipe: Recipe, *, accept: bool) -> None:
    n = int(_zero_without_limit(texts).sum())
    if n and not accept:
        raise SourceError(
            "zero_without_limit",
            "{n} concentrations are 0 and have no limit of detection; agree that 0 means not detected (--yes at a "
            "terminal), or map lod_ng_l in recipe {name}.",
            n=n,
            name=recipe.name,
        )


def blank_results(parsed: pd.DataFrame) -> np.ndarray:
    """Return which samples hold neither a number nor a limit: missing, which is not zero."""
    missing = np.ones(len(parsed), dtype=bool)
    for name in (CONCENTRATION, LOAD):
        if name in parsed:
            missing &= parsed[name].isna().to_numpy(bool)
    return missing & (parsed["qualifier"] == "=").to_numpy(bool)


def settle_grabs(parsed: pd.DataFrame, texts: pd.DataFrame, findings: Findings) -> pd.Series:
    """Return each sample's kind; a composite taken in under LONGEST_GRAB is a grab sample, and so another series.

    Only an interval whose end was given says how long the sampling took.
    """
    taken = parsed["sampled_to"] - parsed["sampled_from"]
    given = texts["sampled_to"] != "" if "sampled_to" in texts else pd.Series(data=False, index=parsed.index)
    short = given & (taken > pd.Timedelta(0)) & (taken < LONGEST_GRAB) & (parsed["kind"] == "composite_24h")
    findings.add("grab_as_composite", short, "kind", (taken.dt.total_seconds() / 60).map("{:.0f}".format), "grab")
    return parsed["kind"].mask(short, "grab")
