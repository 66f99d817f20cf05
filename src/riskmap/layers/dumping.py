"""Methamphetamine that nobody has consumed: too little amphetamine beside it."""

import pandas as pd

LOWEST_RATIO = 0.05
"""Those who consume methamphetamine excrete 0.05 to 0.25 of it as amphetamine; less was poured away or comes from a
production site (docs/science.md)."""
METHAMPHETAMINE, AMPHETAMINE = "methamphetamine", "amphetamine"
SAMPLE = ["plant_id", "sampled_from", "sampled_to", "kind"]
MEASURES = {"concentration_ng_l": ("lod_ng_l", "loq_ng_l"), "load_mg_d_per_1000": ()}


def suspected_dumping(samples: pd.DataFrame) -> pd.DataFrame:
    """Return how much amphetamine there is beside methamphetamine, where that is too little for consumption.

    A result of amphetamine below a limit counts as that limit; without one nothing is said. Where a sample was
    measured more than once, the largest amphetamine is set against the smallest methamphetamine.

    Parameters
    ----------
    samples
        Table `samples`.

    Returns
    -------
    ratio (below LOWEST_RATIO) and known_on (when both results were there); same index as `samples`, missing in samples
    without suspicion and in rows of other substances.
    """
    both = samples[samples["analyte"].isin([METHAMPHETAMINE, AMPHETAMINE])]
    ratio = pd.Series(float("nan"), index=both.index)
    for name, limits in MEASURES.items():
        if name in both:
            ratio = ratio.fillna(_ratios(both, name, limits))
    known_on = both.groupby(SAMPLE)["known_on"].transform("max")
    found = pd.DataFrame({"ratio": ratio, "known_on": known_on})[ratio < LOWEST_RATIO]
    return found.reindex(samples.index)


def _ratios(both: pd.DataFrame, name: str, limits: tuple[str, ...]) -> pd.Series:
    """Return amphetamine over methamphetamine in the sample of each row; missing where one of them is."""
    detected = both["qualifier"] == "="
    largest = both[name].where(detected)
    for qualifier, limit in zip(("<LOD", "<LOQ"), limits, strict=False):
        if limit in both:
            largest = largest.mask(both["qualifier"] == qualifier, both[limit])
    amphetamine = both["analyte"] == AMPHETAMINE
    keys = [both[key] for key in SAMPLE]
    above = largest.where(amphetamine).groupby(keys).transform("max")
    below = both[name].where(detected & ~amphetamine).groupby(keys).transform("min")
    # One result without number or limit leaves the whole sample undecided.
    unknown = (largest.isna() & amphetamine) | (~detected & ~amphetamine)
    undecided = unknown.groupby(keys).transform("any")
    return (above / below).where((below > 0) & ~undecided)
