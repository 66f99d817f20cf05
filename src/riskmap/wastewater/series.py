"""One plant's loads of one substance over time: what was measured, what was not, and where the level goes."""

import numpy as np
import pandas as pd

from riskmap.wastewater.levels import HIGHEST_CENSORED_SHARE, WARM_UP, samples_in_use

TREND_HALF_LIFE = 2.0
"""Samples; the trend then looks back about as far as the level, which is the mean of the newest four."""


def load_series(loads: pd.DataFrame, plant_id: str, catchment: str, analyte: str, moment: pd.Timestamp) -> pd.DataFrame:
    """Return the samples of one plant and analyte that were known at `moment`, oldest first.

    Parameters
    ----------
    loads
        From `normalise_loads`.
    catchment
        The name of the plant's catchment that holds at `moment` (`name_catchments`).

    Returns
    -------
    The columns of `loads`, and

    value
        mg/d per 1000 people: the load, or the limit below which it lies; missing where that is not known either.
    flagged
        Whether the sample was known by then not to speak for the level.
    in_use
        Whether the level may rest on it (`samples_in_use`): of the series in use, and of the catchment that holds.
    trend
        Exponentially weighted mean of the samples in use up to this one (half-life TREND_HALF_LIFE samples), a
        non-detect at half its limit; missing in samples not in use, and where more than HIGHEST_CENSORED_SHARE of
        the last WARM_UP samples in use are non-detects.
    """
    chosen = (loads["plant_id"] == plant_id) & (loads["analyte"] == analyte) & (loads["known_on"] <= moment)
    rows = loads[chosen].sort_values(["sampled_from", "known_on"], kind="stable", ignore_index=True)
    held = rows["catchment"] == catchment
    in_use = np.zeros(len(rows), dtype=bool)
    in_use[held] = samples_in_use(rows[held], moment)
    return rows.assign(
        value=rows["load_mg_d_per_1000"].astype(float).fillna(rows["limit_mg_d_per_1000"].astype(float)),
        flagged=(rows["flagged_on"] <= moment).to_numpy(bool),
        in_use=in_use,
        trend=_trend(rows[in_use]).reindex(rows.index),
    )


def _trend(used: pd.DataFrame) -> pd.Series:
    """Return the exponentially weighted mean at each sample in use."""
    value = used["load_mg_d_per_1000"].astype(float).fillna(used["limit_mg_d_per_1000"].astype(float) / 2)
    censored = used["censored"].astype(float).rolling(WARM_UP, min_periods=1).mean()
    return value.ewm(halflife=TREND_HALF_LIFE).mean().where(censored <= HIGHEST_CENSORED_SHARE)


def sampling_gaps(sampled: pd.Series, moment: pd.Timestamp, longest: pd.Timedelta) -> pd.DataFrame:
    """Return the times in which nobody sampled for longer than `longest`, up to `moment`: gap_from, gap_to.

    Parameters
    ----------
    sampled
        When samples were taken, in any order; nothing is said of the time before the first.
    """
    days = np.sort(sampled.to_numpy("datetime64[us]"))
    ends = np.append(days[1:], np.datetime64(moment, "us")) if len(days) else days
    gaps = pd.DataFrame({"gap_from": days, "gap_to": ends})
    return gaps[gaps["gap_to"] - gaps["gap_from"] > longest].reset_index(drop=True)
