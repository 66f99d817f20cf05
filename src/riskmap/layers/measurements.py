"""Laboratory results as they are written: "<0.5", "ND" and "未检出" are limits, not numbers and not zeros."""

import numpy as np
import pandas as pd

from riskmap.errors import SourceError
from riskmap.language import Text
from riskmap.layers.findings import Findings
from riskmap.layers.receipt import note
from riskmap.sources.mapped_columns import own_column
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
LIMITS = {CONCENTRATION: "lod_ng_l", LOAD: "limit_mg_d_per_1000"}
"""Where the limit of a result that lies below it stands."""
WORDS = {CONCENTRATION: Text("concentrations"), LOAD: Text("loads")}
INSIDE = "in result "


def hold_results(texts: pd.Series) -> bool:
    """Return whether a column holds laboratory results: numbers, limits, "not detected"."""
    plain = normalise(texts)
    filled = plain[plain != ""]
    if filled.empty:
        return False
    limits = filled.str.match(NOT_DETECTED) | filled.str.match(NOT_QUANTIFIED) | filled.str.match(BELOW)
    return bool((limits | parse_numbers(filled).notna()).mean() >= RESULTS_SHARE)


def split_qualifiers(texts: pd.DataFrame, recipe: Recipe, findings: Findings, *, accept: bool) -> pd.DataFrame:
    """Return the samples' texts with qualifiers and limits taken out of the concentration and the load.

    Raises
    ------
    SourceError
        If a result of 0 comes without a limit of detection and nobody has agreed to read it as "not detected".
    """
    result = texts.copy()
    for name in (CONCENTRATION, LOAD):
        if name in result:
            result = _split(result, name)
            _ask_about_zeros(result, name, recipe, accept=accept)
            zero = _zero_without_limit(result, name)
            result["qualifier"] = result["qualifier"].mask(zero, "<LOD")
            result[name] = result[name].mask(zero, "")
            if zero.any():
                said = "{n} results of 0 without a limit in column {column} were taken as not detected, as agreed."
                findings.say(note(said, n=int(zero.sum()), column=own_column(recipe, name)))
    return result


def _split(texts: pd.DataFrame, name: str) -> pd.DataFrame:
    plain = normalise(texts[name])
    below = plain.str.extract(BELOW)[0]
    below = below.where(parse_numbers(below).notna())  # "<1,5" may be one and a half: no number here
    not_detected = plain.str.match(NOT_DETECTED)
    not_quantified = plain.str.match(NOT_QUANTIFIED)
    limited = below.notna()
    texts["qualifier"] = texts["qualifier"].mask(not_detected | limited, "<LOD").mask(not_quantified, "<LOQ")
    if limited.any() or name == CONCENTRATION:
        limit = texts.get(LIMITS[name], pd.Series("", index=texts.index, dtype="str"))
        # A limit inside the result is in the result's unit, which `scale_limits` must know.
        texts[LIMITS[name]] = limit.mask(limited & (limit == ""), INSIDE + below.fillna(""))
    texts[name] = texts[name].mask(not_detected | limited | not_quantified, "")
    return texts


def scale_limits(texts: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Return the texts with limits that stood inside a result in the unit of the limits' own column."""
    for name, limit in LIMITS.items():
        if limit in texts:
            inside = texts[limit].str.startswith(INSIDE)
            numbers = parse_numbers(texts[limit].where(inside, "").str.removeprefix(INSIDE))
            scaled = (numbers * (recipe.factor(name) / recipe.factor(limit))).map("{:.12g}".format)
            texts = texts.assign(**{limit: texts[limit].where(~inside, scaled)})
    return texts


def _zero_without_limit(texts: pd.DataFrame, name: str) -> pd.Series:
    zero = parse_numbers(texts[name]) == 0
    if LIMITS[name] in texts:
        zero &= texts[LIMITS[name]] == ""
    return zero & (texts["qualifier"] == "=")


def _ask_about_zeros(texts: pd.DataFrame, name: str, recipe: Recipe, *, accept: bool) -> None:
    n = int(_zero_without_limit(texts, name).sum())
    if n and not accept:
        raise SourceError(
            "zero_without_limit",
            "{n} {what} are 0 and have no limit of detection (column {column}); agree that 0 means not detected "
            "(--yes at a terminal), or map {limit} in recipe {name}.",
            n=n,
            what=WORDS[name],
            column=own_column(recipe, name),
            limit=LIMITS[name],
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
