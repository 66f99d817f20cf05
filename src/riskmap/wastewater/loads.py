"""From concentrations to population-normalised loads, non-detects kept as what they are."""

import numpy as np
import pandas as pd

from riskmap.layers.catchments import with_validity
from riskmap.layers.dumping import METHAMPHETAMINE, suspected_dumping


def normalise_loads(samples: pd.DataFrame, plants: pd.DataFrame) -> pd.DataFrame:
    """Return the population-normalised load of each sample.

    load [mg/d per 1000 people] = C [ng/L] * Q [m3/d] / P [people]; a load that was published as such is taken over.

    Parameters
    ----------
    samples
        Table `samples`.
    plants
        Table `plants`: plant_id, population; valid_from, valid_to where a catchment was redrawn. P is that of the
        catchment that held when the sample was taken.

    Returns
    -------
    plant_id, catchment (as `name_catchments`), analyte, sampled_from, known_on, kind, series (laboratory, method and
    kind), load_mg_d_per_1000, qualifier, censored, limit_mg_d_per_1000, flag, flagged_on; one row a sample that has a
    load or a limit. A censored sample's load is missing and its limit is the load at the LOD (or LOQ, as `qualifier`
    says). From `flagged_on` on (missing: never) the sample is known to say nothing about the level, because of `flag`:
    "rain" (surging inflow) or "dumping" (methamphetamine poured away); "" else.

    Source: Castiglioni et al. 2013, doi:10.1021/es302722f; docs/science.md
    """
    at = valid_catchments(plants, samples["plant_id"], samples["sampled_from"])
    population = np.append(plants["population"].to_numpy(float), np.nan)[at]  # -1 takes the last, which is missing
    columns = ("concentration_ng_l", "flow_m3_d", "lod_ng_l", "loq_ng_l", "load_mg_d_per_1000", "limit_mg_d_per_1000")
    value = {name: _column(samples, name) for name in columns}
    per_person = value["flow_m3_d"] / population
    censored = samples["qualifier"].isin(["<LOD", "<LOQ"]).to_numpy()
    limit = np.where(samples["qualifier"] == "<LOQ", value["loq_ng_l"], value["lod_ng_l"]) * per_person
    limit = np.where(np.isnan(limit), value["limit_mg_d_per_1000"], limit)
    load = value["concentration_ng_l"] * per_person
    load = np.where(np.isnan(load), value["load_mg_d_per_1000"], load)
    flags = _flags(samples)
    found = samples[["plant_id", "analyte", "sampled_from", "known_on"]].assign(
        catchment=np.where(at >= 0, np.append(name_catchments(plants), "")[at], samples["plant_id"]),
        kind=_words(samples, "kind"),
        series=_words(samples, "laboratory") + "/" + _words(samples, "method") + "/" + _words(samples, "kind"),
        load_mg_d_per_1000=np.where(censored, np.nan, load),
        qualifier=samples["qualifier"],
        censored=censored,
        limit_mg_d_per_1000=np.where(censored, limit, np.nan),
        flag=flags["flag"],
        flagged_on=flags["flagged_on"],
    )
    usable = found["load_mg_d_per_1000"].notna() | found["censored"]
    return found[usable].reset_index(drop=True)


def _column(samples: pd.DataFrame, name: str) -> np.ndarray:
    return samples[name].to_numpy(float) if name in samples else np.full(len(samples), np.nan)


def _words(samples: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of words, blank where there are none."""
    return samples[name].fillna("") if name in samples else pd.Series("", index=samples.index, dtype="str")


def _flags(samples: pd.DataFrame) -> pd.DataFrame:
    """Return why, and since when, a sample is known not to speak for the level; a ratio needs both of its results."""
    found = pd.DataFrame({"flag": "", "flagged_on": pd.NaT}, index=samples.index)
    found["flagged_on"] = found["flagged_on"].astype("datetime64[us]")
    if {"kind", "sampled_to"} <= set(samples.columns):
        known_on = suspected_dumping(samples)["known_on"].where(samples["analyte"] == METHAMPHETAMINE)
        found = found.assign(flag=np.where(known_on.notna(), "dumping", ""), flagged_on=known_on)
    if "rain_flag" in samples:
        rain = samples["rain_flag"].astype("boolean").fillna(value=False)
        found = found.assign(
            flag=found["flag"].mask(rain, "rain"), flagged_on=found["flagged_on"].mask(rain, samples["known_on"])
        )
    return found


def name_catchments(plants: pd.DataFrame) -> pd.Series:
    """Return a name for each catchment: its plant's, with the day since when it holds where there are several."""
    if "valid_from" not in plants:
        return plants["plant_id"]
    redrawn = plants["plant_id"].duplicated(keep=False) & plants["valid_from"].notna()
    return plants["plant_id"].mask(redrawn, plants["plant_id"] + "@" + plants["valid_from"].dt.strftime("%Y-%m-%d"))


def valid_catchments(plants: pd.DataFrame, plant_ids: pd.Series, moments: pd.Series) -> np.ndarray:
    """Return the position in `plants` of each plant's catchment at its moment, shape (n,); -1 where none held then."""
    dated = with_validity(plants.reset_index(drop=True))[["plant_id", "valid_from", "valid_to"]]
    asked = pd.DataFrame({"plant_id": plant_ids.to_numpy(), "moment": moments.to_numpy(), "row": range(len(plant_ids))})
    both = asked.merge(dated.assign(position=dated.index), on="plant_id")
    held = both[(both["valid_from"] <= both["moment"]) & (both["moment"] < both["valid_to"])]
    last = held.sort_values("position").drop_duplicates("row", keep="last")
    found = np.full(len(plant_ids), -1)
    found[last["row"].to_numpy()] = last["position"].to_numpy()
    return found
