"""From concentrations to population-normalised loads, non-detects kept as what they are."""

import numpy as np
import pandas as pd

HIGHEST_CENSORED_SHARE = 0.5
"""Above this share of non-detects a mean load says nothing; only the detection frequency is left (science: Helsel)."""


def normalise_loads(samples: pd.DataFrame, plants: pd.DataFrame) -> pd.DataFrame:
    """Return the population-normalised load of each sample.

    load [mg/d per 1000 people] = C [ng/L] * Q [m3/d] / P [people]; a load that was published as such is taken over.

    Parameters
    ----------
    samples
        Table `samples`.
    plants
        Table `plants`: plant_id, population.

    Returns
    -------
    plant_id, analyte, sampled_from, known_on, load_mg_d_per_1000, censored, limit_mg_d_per_1000; one row a sample that
    has a load or a limit. A censored sample's load is missing and its limit is the load at the LOD (or LOQ).

    Source: Castiglioni et al. 2013, doi:10.1021/es302722f; docs/science.md
    """
    population = samples["plant_id"].map(plants.drop_duplicates("plant_id").set_index("plant_id")["population"])
    columns = ("concentration_ng_l", "flow_m3_d", "lod_ng_l", "loq_ng_l", "load_mg_d_per_1000")
    value = {name: _column(samples, name) for name in columns}
    per_person = value["flow_m3_d"] / population.to_numpy(float)
    censored = samples["qualifier"].isin(["<LOD", "<LOQ"]).to_numpy()
    limit = np.where(samples["qualifier"] == "<LOQ", value["loq_ng_l"], value["lod_ng_l"]) * per_person
    load = value["concentration_ng_l"] * per_person
    load = np.where(np.isnan(load), value["load_mg_d_per_1000"], load)
    found = samples[["plant_id", "analyte", "sampled_from", "known_on"]].assign(
        load_mg_d_per_1000=np.where(censored, np.nan, load),
        censored=censored,
        limit_mg_d_per_1000=np.where(censored, limit, np.nan),
    )
    usable = found["load_mg_d_per_1000"].notna() | found["censored"]
    return found[usable].reset_index(drop=True)


def _column(samples: pd.DataFrame, name: str) -> np.ndarray:
    return samples[name].to_numpy(float) if name in samples else np.full(len(samples), np.nan)


def loads_as_known(
    loads: pd.DataFrame, moments: pd.DatetimeIndex, plant_ids: list[str], analyte: str, newest: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """Return each plant's recent load of one analyte as it was known at each moment.

    Parameters
    ----------
    loads
        From `normalise_loads`.
    newest
        How many of the samples known by then are averaged, newest by sampling date. A non-detect enters at half its
        limit; where more than HIGHEST_CENSORED_SHARE of them are non-detects the load is missing.

    Returns
    -------
    load_mg_d_per_1000, detected_share
        Each of shape (len(moments), len(plant_ids)), missing before a plant's first known sample.
    """
    load = np.full((len(moments), len(plant_ids)), np.nan)
    detected = load.copy()
    one = loads[loads["analyte"] == analyte].sort_values(["sampled_from", "known_on"], kind="stable")
    one = one.assign(value=one["load_mg_d_per_1000"].fillna(one["limit_mg_d_per_1000"] / 2))
    columns = {plant: column for column, plant in enumerate(plant_ids)}
    for plant, rows in one.groupby("plant_id"):
        column = columns.get(str(plant))
        if column is not None:
            load[:, column], detected[:, column] = _recent_means(rows, moments.to_numpy(), newest)
    return load, detected


def _recent_means(rows: pd.DataFrame, moments: np.ndarray, newest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean load and share of detections of the newest samples known at each moment, shape (len(moments),)."""
    known = rows["known_on"].to_numpy()[np.newaxis, :] <= moments[:, np.newaxis]
    kept = known & (np.cumsum(known[:, ::-1], axis=1)[:, ::-1] <= newest)
    values, censored = rows["value"].to_numpy(float), rows["censored"].to_numpy(bool)
    seen = kept.sum(axis=1)
    kept = kept.astype(float)  # the product of truth values would be a truth value
    measured = kept @ np.isfinite(values).astype(float)
    share = np.divide(kept @ censored.astype(float), seen, out=np.full(len(moments), np.nan), where=seen > 0)
    mean = np.divide(kept @ np.nan_to_num(values), measured, out=np.full(len(moments), np.nan), where=measured > 0)
    return np.where(share <= HIGHEST_CENSORED_SHARE, mean, np.nan), 1 - share
