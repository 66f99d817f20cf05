"""What is known of each sampling place at a moment: its level, its trend, and what stands in the way of either.

A level is the mean of the newest four samples of the series in use, none flagged (docs/science.md); a trend sets it
against the four before, as the briefing does. Both are of what was known at the moment. What is not known has a state
of its own, never a number; nor have places of fewer than FEWEST_PEOPLE people, of whom a load would tell too much.
"""

from dataclasses import dataclass, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from riskmap.briefing.wastewater_facts import STALE_DAYS, compare_newest
from riskmap.decisions.blind_spots import FEWEST_PEOPLE
from riskmap.language import Text
from riskmap.layers.catchments import with_validity
from riskmap.layers.substances import known_analytes
from riskmap.layers.wastewater import read_plants, read_samples
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.wastewater.levels import WARM_UP, loads_as_known
from riskmap.wastewater.loads import name_catchments, normalise_loads

RESIDENTS = "residents_count"
State = Literal["level", "below", "new_series", "none", "small"]
"""A level; most samples below a limit; a new laboratory, method or kind of sample of fewer than WARM_UP samples; no
result; too few people to be shown."""
STATE_WORDS: dict[str, Text] = {
    "below": Text("below detection"),
    "new_series": Text("new laboratory or method: fewer than {n} samples", {"n": WARM_UP}),
    "none": Text("not reported"),
    "small": Text("under {n} people: not shown", {"n": f"{FEWEST_PEOPLE:,}"}),
}
FLAG_WORDS: dict[str, Text] = {
    "rain": Text("rain or surging inflow"),
    "dumping": Text("possible dumping"),
    "old": Text("no sample for {n} days", {"n": STALE_DAYS}),
    "limit": Text("newest sample below its limit"),
}


@dataclass(frozen=True)
class Sampling:
    """What was known of wastewater at `moment`.

    `plants` are the sampling places whose catchments hold then, one row each, with `catchment` (`name_catchments`);
    `loads` are those of `normalise_loads` that were known; `taken` says when each plant_id and analyte was last
    sampled, with or without a usable result; `later` is how many samples became known after the moment.
    """

    moment: pd.Timestamp
    plants: gpd.GeoDataFrame
    loads: pd.DataFrame
    taken: pd.Series
    later: int

    @property
    def analytes(self) -> list[str]:
        """The substances measured: known ones in the order of their list, then the others by name."""
        measured = set(self.taken.index.get_level_values("analyte"))
        known = [name for name in known_analytes()["analyte"] if name in measured]
        return [*known, *sorted(measured - set(known))]


def gather_sampling(study: Study, moment: pd.Timestamp | None = None) -> Sampling:
    """Return what was known of wastewater at `moment`; None is the moment at which the newest sample became known."""
    plants, samples = read_plants(study).reset_index(drop=True), read_samples(study)
    if moment is None:
        moment = samples["known_on"].max() if len(samples) else pd.Timestamp.now(study.zone).tz_localize(None)
    plants = plants.assign(catchment=name_catchments(plants))
    known = samples[samples["known_on"] <= moment]
    loads = normalise_loads(known.reset_index(drop=True), plants)
    dated = with_validity(plants)
    held = (dated["valid_from"] <= moment) & (moment < dated["valid_to"])
    kept = plants[held.to_numpy(bool)].drop_duplicates("plant_id", keep="last").reset_index(drop=True)
    taken = known.groupby(["plant_id", "analyte"])["sampled_from"].max()
    return Sampling(pd.Timestamp(moment), kept, loads, taken, len(samples) - len(known))


def plant_table(sampling: Sampling, analyte: str, level: str | None = None) -> gpd.GeoDataFrame:
    """Return the sampling places, of one level where it is given, with what is known of one substance.

    Returns
    -------
    The columns of `sampling.plants`, and

    state
        See `State`.
    load
        The level, mg/d per 1000 people; missing where `state` is none of "level".
    latest, latest_limit
        The newest usable result, or the limit below which it lies (one of them, or neither).
    sampled_on, usable_on
        When the place was last sampled, and last without a flag.
    old
        Whether the last sample that speaks for the level is older than STALE_DAYS; False where there is none.
    flags
        Keys of FLAG_WORDS, as a tuple.
    ratio, low, high, finding
        From `compare_newest`.
    """
    plants, moment, loads = sampling.plants, sampling.moment, sampling.loads
    if level is not None:
        plants = plants[plants["level"] == level].reset_index(drop=True)
    loads = loads[(loads["analyte"] == analyte) & loads["plant_id"].isin(plants["plant_id"])]
    loads = loads.sort_values(["sampled_from", "known_on"], kind="stable")
    mean, detected = loads_as_known(loads, pd.DatetimeIndex([moment]), plants["catchment"].tolist(), analyte)
    table = plants.assign(load=mean[0], detected=detected[0])
    newest = loads.drop_duplicates("catchment", keep="last").set_index("catchment")
    speaking = loads[~(loads["flagged_on"] <= moment)]
    names = {"latest": "load_mg_d_per_1000", "latest_limit": "limit_mg_d_per_1000", "newest_flag": "flag"}
    for name, column in names.items():
        table[name] = newest[column].reindex(plants["catchment"]).to_numpy()
    speaking_on = speaking.groupby("catchment")["sampled_from"].max()
    table["usable_on"] = speaking_on.reindex(plants["catchment"]).to_numpy()
    sampled = sampling.taken.xs(analyte, level="analyte") if analyte in sampling.analytes else sampling.taken.head(0)
    table["sampled_on"] = sampled.reindex(plants["plant_id"]).to_numpy()
    table["old"] = table["usable_on"] < moment - pd.Timedelta(days=STALE_DAYS)
    moves = compare_newest(speaking, moment).set_index("plant_id")[["ratio", "low", "high", "finding"]]
    table = table.join(moves, on="plant_id")
    table["state"] = _states(table)
    hidden = ["load", "latest", "latest_limit", "ratio", "low", "high", "finding"]
    table.loc[table["state"] == "small", hidden] = np.nan
    table["flags"] = _flags(table)
    return gpd.GeoDataFrame(table.drop(columns=["detected", "newest_flag"]), geometry="geometry", crs=plants.crs)


def _states(table: pd.DataFrame) -> np.ndarray:
    """Return the state of each row."""
    rules = [
        (table["population"].astype(float) < FEWEST_PEOPLE, "small"),
        (table["usable_on"].isna(), "none"),
        (table["load"].notna(), "level"),
        (table["detected"].notna(), "below"),
    ]
    return np.select([rule.to_numpy(bool) for rule, _ in rules], [state for _, state in rules], "new_series")


def _flags(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return what is to be said of each place beside its numbers."""
    said = {
        "old": table["old"],
        "limit": table["latest_limit"].notna(),
        "rain": table["newest_flag"] == "rain",
        "dumping": table["newest_flag"] == "dumping",
    }
    small = (table["state"] == "small").to_numpy(bool)
    columns = {flag: rule.to_numpy(bool) for flag, rule in said.items()}
    return [
        tuple(flag for flag, rule in columns.items() if rule[row]) if not small[row] else ()
        for row in range(len(table))
    ]


@dataclass(frozen=True)
class Coverage:
    """How much of an area wastewater speaks for; None where that is not known.

    `plants` sampling places of `level`, `sampled` of them with a sample in the last STALE_DAYS, `people` served by
    those; `residents` of the area, `covered` of them in cells that drain to a sampled place; `cell_share` of `cells`.
    """

    plants: int
    sampled: int
    people: float
    residents: float | None
    covered: float | None
    cell_share: float | None
    cells: int = 0


def count_coverage(
    sampling: Sampling, level: str, monitored: pd.Series | None, residents: pd.Series | None
) -> Coverage:
    """Return the coverage by places of one level.

    Parameters
    ----------
    monitored
        Of each cell of a surface, whether it drains to a place that was ever sampled; None without a surface.
    residents
        Of the same cells; None where no population was imported.
    """
    plants = sampling.plants[sampling.plants["level"] == level]
    newest = sampling.taken.groupby(level="plant_id").max().reindex(plants["plant_id"])
    sampled = (newest >= sampling.moment - pd.Timedelta(days=STALE_DAYS)).to_numpy(bool)
    people = float(plants.loc[sampled, "population"].sum())
    found = Coverage(len(plants), int(sampled.sum()), people, None, None, None)
    if monitored is None:
        return found
    found = replace(found, cell_share=float(monitored.astype(float).mean()), cells=len(monitored))
    if residents is None:
        return found
    living = residents.to_numpy(float)
    covered = float(living[monitored.to_numpy(bool)].sum())
    return replace(found, residents=float(living.sum()), covered=covered)


def residents_of_cells(surface: Surface) -> pd.Series | None:
    """Return the residents of each cell of a surface, as its model saw them; None where no population was imported."""
    if RESIDENTS not in pq.read_schema(surface.folder / "features.parquet").names:
        return None
    features = surface.table("features", ["cell", RESIDENTS]).set_index("cell")[RESIDENTS]
    return features.reindex(surface.cells["cell"]).fillna(0.0).reset_index(drop=True)
