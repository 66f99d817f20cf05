"""A plant's level as it was known at a moment: of one series, flagged samples left out."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

HIGHEST_CENSORED_SHARE = 0.5
"""Above this share of non-detects a mean load says nothing; only the detection frequency is left (science: Helsel)."""
WARM_UP = 8
"""Samples of a new laboratory, method or kind of sample before its level counts (docs/science.md)."""
Truth = NDArray[np.bool_]


def loads_as_known(
    loads: pd.DataFrame, moments: pd.DatetimeIndex, catchments: list[str], analyte: str, newest: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """Return each catchment's recent load of one analyte as it was known at each moment.

    Parameters
    ----------
    loads
        From `normalise_loads`.
    catchments
        As `name_catchments` names them: plant ids, but where catchments were redrawn.
    newest
        How many of the samples known by then are averaged, newest by sampling date, of the series in use then and
        without flagged ones. A non-detect enters at half its limit; where more than HIGHEST_CENSORED_SHARE of them
        are non-detects the load is missing.

    Returns
    -------
    load_mg_d_per_1000, detected_share
        Each of shape (len(moments), len(catchments)), missing before a catchment's first known sample and while a new
        series has fewer than WARM_UP samples.
    """
    load = np.full((len(moments), len(catchments)), np.nan)
    detected = load.copy()
    one = loads[loads["analyte"] == analyte].sort_values(["sampled_from", "known_on"], kind="stable")
    one = one.assign(value=one["load_mg_d_per_1000"].fillna(one["limit_mg_d_per_1000"] / 2))
    columns = {name: column for column, name in enumerate(catchments)}
    for name, rows in one.groupby("catchment"):
        column = columns.get(str(name))
        if column is not None:
            load[:, column], detected[:, column] = _recent_means(rows, moments.to_numpy(), newest)
    return load, detected


def samples_in_use(rows: pd.DataFrame, moment: pd.Timestamp) -> Truth:
    """Return which samples of one catchment and analyte the level at `moment` may rest on, shape (n,).

    They are known by then, not flagged, and of the series in use; none while a later series warms up.

    Parameters
    ----------
    rows
        From `normalise_loads`, by sampled_from and known_on.
    """
    known = ((rows["known_on"] <= moment) & ~(rows["flagged_on"] <= moment)).to_numpy(bool)
    used: Truth = _of_current_series(known[np.newaxis, :], rows)
    return used[0]


def _recent_means(rows: pd.DataFrame, moments: np.ndarray, newest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean load and share of detections of the newest samples in use at each moment, shape (len(moments),)."""
    known = rows["known_on"].to_numpy()[np.newaxis, :] <= moments[:, np.newaxis]
    flagged = rows["flagged_on"].to_numpy()[np.newaxis, :] <= moments[:, np.newaxis]  # a missing moment is not reached
    used = _of_current_series(known & ~flagged, rows)
    kept = _newest(used, newest)
    values, censored = rows["value"].to_numpy(float), rows["censored"].to_numpy(bool)
    seen = kept.sum(axis=1)
    kept = kept.astype(float)  # the product of truth values would be a truth value
    measured = kept @ np.isfinite(values).astype(float)
    share = np.divide(kept @ censored.astype(float), seen, out=np.full(len(moments), np.nan), where=seen > 0)
    mean = np.divide(kept @ np.nan_to_num(values), measured, out=np.full(len(moments), np.nan), where=measured > 0)
    return np.where(share <= HIGHEST_CENSORED_SHARE, mean, np.nan), 1 - share


def _of_current_series(known: Truth, rows: pd.DataFrame) -> Truth:
    """Return which known samples belong to the series in use, shape (moments, samples); none while it warms up.

    In use is the series of the newest sample of the kind that most of the newest WARM_UP samples are of (composites on
    a tie), so that one grab sample changes nothing. The first series of all counts at once: there is nothing that it
    could be mixed with.
    """
    if not known.shape[1]:
        return known
    series = pd.factorize(rows["series"])[0]
    grab = (rows["kind"] == "grab").to_numpy()
    recent = _newest(known, WARM_UP)
    mostly_grab = 2 * (recent & grab).sum(axis=1) > recent.sum(axis=1)
    of_kind = known & (grab[np.newaxis, :] == mostly_grab[:, np.newaxis])
    last = known.shape[1] - 1 - of_kind[:, ::-1].argmax(axis=1)
    current, first = series[last], series[known.argmax(axis=1)]
    used = known & (series[np.newaxis, :] == current[:, np.newaxis])
    return used & ((current == first) | (used.sum(axis=1) >= WARM_UP))[:, np.newaxis]


def _newest(known: Truth, most: int) -> Truth:
    """Return the newest `most` of the known samples at each moment."""
    return known & (np.cumsum(known[:, ::-1], axis=1)[:, ::-1] <= most)
