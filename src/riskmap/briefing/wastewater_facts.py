"""What wastewater says: how much of the area it speaks for, what moved, and where cases and loads part.

A load moved where the mean of a plant's newest samples lies beyond a factor of NOTABLE of the mean of those before,
with its whole 95 % interval: the population, the same in both, cancels, and what is left of the error of one sample is
that of concentration and flow (docs/science.md). Anything less is no news.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmap.decisions.blind_spots import (
    FEWEST_PEOPLE,
    LEVEL,
    LOAD_ERROR,
    NORMAL_95,
    NOTABLE,
    POPULATION_ERROR,
    wastewater_against_cases,
)
from riskmap.layers.wastewater import read_plants, read_samples
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.wastewater.levels import HIGHEST_CENSORED_SHARE
from riskmap.wastewater.loads import normalise_loads

SAMPLES = 4
"""Samples in each of the two means that are compared."""
STALE_DAYS = 56
"""A plant whose newest sample is older says nothing of this period."""
COLUMNS = ["code", "analyte", "now", "before", "ratio", "low", "high", "newest", "finding"]


@dataclass(frozen=True)
class WastewaterFacts:
    """Plants sampled and large enough to be shown, `moves` (COLUMNS, one row a plant and analyte), cases beside loads.

    `finding` is 1 a rise, -1 a fall, 0 neither; missing where it cannot be told: too few samples, most of them without
    a detection, or none for STALE_DAYS.
    """

    plants: int
    monitored_share: float
    moves: pd.DataFrame
    beside_cases: pd.DataFrame

    @property
    def moved(self) -> pd.DataFrame:
        """Loads that moved, the strongest first."""
        found = self.moves[self.moves["finding"].fillna(0) != 0]
        return found.iloc[np.argsort(-np.abs(np.log(found["ratio"].to_numpy(float))), kind="stable")]


def gather_wastewater(study: Study, surface: Surface) -> WastewaterFacts:
    """Return what was known of wastewater when `surface` was made."""
    moment = pd.Timestamp(surface.manifest["as_of"])
    monitored = float(surface.cells["monitored"].astype(float).mean())
    plants = read_plants(study)
    if len(plants):
        plants = plants[(plants["level"] == LEVEL) & (plants["population"].astype(float) >= FEWEST_PEOPLE)]
        plants = plants.reset_index(drop=True)
    samples = read_samples(study)
    if not len(plants) or not len(samples):
        return WastewaterFacts(0, monitored, pd.DataFrame(columns=COLUMNS), pd.DataFrame())
    samples = samples[samples["plant_id"].isin(plants["plant_id"])].reset_index(drop=True)
    loads = normalise_loads(samples, plants)
    known = loads[(loads["known_on"] <= moment) & ~(loads["flagged_on"] <= moment)]
    moves = compare_newest(known, moment)
    codes = plants.drop_duplicates("plant_id").set_index("plant_id")["code"]
    moves = moves.assign(code=moves["plant_id"].map(codes)).reindex(columns=COLUMNS)
    plants_sampled = int(known["plant_id"].nunique())
    # A catchment reaches over borders and its cases are not all among those that a narrowed study holds.
    beside_cases = pd.DataFrame() if study.within else wastewater_against_cases(study, surface)
    return WastewaterFacts(plants_sampled, monitored, moves, beside_cases)


def compare_newest(loads: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """Compare the mean of the newest SAMPLES loads of each plant and analyte with the mean of as many before.

    Parameters
    ----------
    loads
        From `normalise_loads`, known and not flagged at `moment`; only the series of the newest sample is compared.

    Returns
    -------
    plant_id and COLUMNS but code; a non-detect counts half its limit.
    """
    ordered = loads.sort_values(["plant_id", "analyte", "sampled_from", "known_on"], kind="stable")
    groups = ordered.groupby(["plant_id", "analyte"], sort=True)
    ordered = ordered[ordered["series"] == groups["series"].transform("last")]
    value = ordered["load_mg_d_per_1000"].astype(float).fillna(ordered["limit_mg_d_per_1000"].astype(float) / 2)
    ordered = ordered.assign(value=value)[value.notna()]
    groups = ordered.groupby(["plant_id", "analyte"], sort=True)
    age = groups.cumcount(ascending=False)
    parts = {
        name: ordered[(age >= first) & (age < first + SAMPLES)]
        .groupby(["plant_id", "analyte"])
        .agg(mean=("value", "mean"), n=("value", "size"), censored=("censored", "mean"), newest=("sampled_from", "max"))
        for name, first in (("now", 0), ("before", SAMPLES))
    }
    both = parts["now"].join(parts["before"].add_suffix("_before")).reset_index()
    ratio = both["mean"] / both["mean_before"]
    error = NORMAL_95 * np.sqrt(2 * (LOAD_ERROR**2 - POPULATION_ERROR**2) / SAMPLES)
    low, high = ratio * np.exp(-error), ratio * np.exp(error)
    finding = pd.Series(np.where(low > NOTABLE, 1.0, np.where(high < 1 / NOTABLE, -1.0, 0.0)), index=both.index)
    enough = (both["n"] == SAMPLES) & (both["n_before"] == SAMPLES) & np.isfinite(ratio)
    seen = (both["censored"] <= HIGHEST_CENSORED_SHARE) & (both["censored_before"] <= HIGHEST_CENSORED_SHARE)
    fresh = both["newest"] >= moment - pd.Timedelta(days=STALE_DAYS)
    return pd.DataFrame(
        {
            "plant_id": both["plant_id"],
            "analyte": both["analyte"],
            "now": both["mean"],
            "before": both["mean_before"],
            "ratio": ratio,
            "low": low,
            "high": high,
            "newest": both["newest"],
            "finding": finding.where(enough & seen & fresh),
        }
    )
