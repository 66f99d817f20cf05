"""Where records and the world part: cases against wastewater, and where people looked against where risk lies.

Wastewater does not follow police work, so it is the referee: a catchment whose load is high and whose cases are few may
be one where nobody looks (a blind spot); many cases beside a low load speak of enforcement or of transit. Where nobody
reports, records follow those who look: a county in which few hours were worked beside its need, or little was found by
police work beside its forecast where nobody counts the hours, is one where the forecast rests on little looking.

Both comparisons ask by what factor one place differs from what it would have if all places were alike, with an
interval. Places are not alike, so only a factor of NOTABLE is said, and only where the whole interval lies beyond it.
"""

from collections.abc import Mapping
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.decisions.hours_and_risk import hours_of_areas
from riskmap.grid.assign import points_to_cells
from riskmap.grid.cells import positions_in
from riskmap.layers.incidents import read_events
from riskmap.layers.wastewater import read_plants, read_samples
from riskmap.panel.build import DISCOVERED
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.wastewater.loads import name_catchments, normalise_loads
from riskmap.wastewater.spread import catchment_paths

LOAD_ERROR = 0.27
"""Standard error of one load on the logarithm: population 20 %, concentration 15 %, flow 10 % (docs/science.md)."""
POPULATION_ERROR = 0.20
"""The part of it that more samples do not make smaller."""
NORMAL_95 = 1.96
WINDOW = pd.DateOffset(years=1)
FEWEST_PEOPLE = 10_000
"""Smaller catchments are left out: a load of few people is nearly one of known people."""
FEWEST_SAMPLES = 4
NOTABLE = 1.5
"""Analysts may change it here; the review of a list of blind spots takes people who are not inspecting meanwhile."""
LEVEL = "plant"
"""Streets and communities drain to a plant too: cases would be set against half of its people."""
Verdict = Literal["few", "as expected", "many"]
Array = NDArray[np.float64]


def compare_with_even(observed: Array, even: Array, log_error: Array | float) -> pd.DataFrame:
    """Return by what factor counts differ from what they would be if all places were alike.

    Parameters
    ----------
    observed
        Counts, shape (places,).
    even
        What each place would have on the scale of any other place, above zero; it is scaled to the sum of `observed`.
    log_error
        Standard error of the logarithm of `even`.

    Returns
    -------
    even (scaled), ratio, low, high (95 %), verdict: "few" where even the interval's high end is below 1 / NOTABLE,
    "many" where its low end is above NOTABLE. The count's own error is that of a Poisson count, on the logarithm.
    """
    return judge_ratios(observed, even, np.sqrt(1 / (observed + 0.5) + np.square(log_error)))


def judge_ratios(observed: Array, even: Array, log_error: Array) -> pd.DataFrame:
    """Return what `compare_with_even` does where `log_error` is the whole error, that of `observed` too."""
    scaled = even * observed.sum() / even.sum()
    ratio = (observed + 0.5) / (scaled + 0.5)
    error = NORMAL_95 * log_error
    low, high = ratio * np.exp(-error), ratio * np.exp(error)
    verdict = np.where(high < 1 / NOTABLE, "few", np.where(low > NOTABLE, "many", "as expected"))
    return pd.DataFrame({"even": scaled, "ratio": ratio, "low": low, "high": high, "verdict": verdict})


def wastewater_against_cases(
    study: Study, surface: Surface, analyte: str | None = None, cases: Array | None = None
) -> pd.DataFrame:
    """Compare each plant's cases of the last year with those that its load would bring if all were alike.

    Parameters
    ----------
    analyte
        The substance; without one, that measured in most samples.
    cases
        From `cases_of_plants`, where it is known already.

    Returns
    -------
    plant_id, code, analyte, cases, people, samples, load_mg_d_per_1000 (mean of the year), and the columns of
    `compare_with_even`, fewest cases first; empty where fewer than three catchments can be compared. Non-detects count
    half their limit.
    """
    moment = pd.Timestamp(surface.manifest["as_of"])
    plants = _plants(study)
    loads = normalise_loads(read_samples(study), plants) if len(plants) else pd.DataFrame()
    if loads.empty:
        return pd.DataFrame()
    recent = loads[
        (loads["known_on"] <= moment)
        & (loads["sampled_from"] > moment - WINDOW)
        & ~(loads["flagged_on"] <= moment)  # a missing moment is not reached
    ]
    if recent.empty:
        return pd.DataFrame()
    chosen = recent["analyte"].value_counts().sort_index().idxmax() if analyte is None else analyte
    one = recent[recent["analyte"] == chosen]
    one = one.assign(load=one["load_mg_d_per_1000"].fillna(one["limit_mg_d_per_1000"] / 2))
    measured = one.groupby("catchment")["load"].agg(["mean", "count"])
    cases = cases_of_plants(study, surface) if cases is None else cases
    table = pd.DataFrame(
        {
            "plant_id": plants["plant_id"],
            "code": plants["code"],
            "analyte": chosen,
            "cases": cases,
            "people": plants["population"].astype(float),
            "samples": measured["count"].reindex(name_catchments(plants)).to_numpy(),
            "load_mg_d_per_1000": measured["mean"].reindex(name_catchments(plants)).to_numpy(),
        }
    )
    known = (table["samples"] >= FEWEST_SAMPLES) & (table["load_mg_d_per_1000"] > 0)
    table = table[known & (table["people"] >= FEWEST_PEOPLE) & table["cases"].notna()].reset_index(drop=True)
    if len(table) < 3 or not table["cases"].sum():
        return pd.DataFrame()
    even = table["load_mg_d_per_1000"].to_numpy(float) * table["people"].to_numpy(float)
    own = (LOAD_ERROR**2 - POPULATION_ERROR**2) / table["samples"].to_numpy(float)
    found = compare_with_even(table["cases"].to_numpy(float), even, np.sqrt(POPULATION_ERROR**2 + own))
    return table.join(found).sort_values("ratio", kind="stable", ignore_index=True)


def _plants(study: Study) -> gpd.GeoDataFrame:
    plants = read_plants(study)
    return plants[plants["level"] == LEVEL].reset_index(drop=True)


def cases_of_plants(study: Study, surface: Surface) -> Array:
    """Return the last year's cases in each catchment of LEVEL, shape (plants,); missing where it holds no cell now."""
    plants, moment = _plants(study), pd.Timestamp(surface.manifest["as_of"])
    cells = surface.cells["cell"].to_numpy(np.uint64)
    path_of, rows = catchment_paths(plants, cells, study.resolution, pd.DatetimeIndex([moment]))
    plant_of = np.where(path_of >= 0, rows[0][np.maximum(path_of, 0)], -1)
    counts = surface.table("counts")
    counts = counts[counts["period_start"] >= moment - WINDOW]
    at = plant_of[positions_in(cells, counts["cell"].to_numpy(np.uint64))]
    weights = counts["count"].to_numpy(float)[at >= 0]
    total = np.bincount(at[at >= 0], weights=weights, minlength=len(plants)).astype(float)
    total[~np.isin(np.arange(len(plants)), plant_of)] = np.nan
    return total


def looking_against_risk(study: Study, surface: Surface, level: str = "county") -> pd.DataFrame:
    """Compare where people looked in the last year with where the risk lies.

    Returns
    -------
    `hours_against_risk` where hours are known, else `found_against_risk`; `measure` says which ("hours", "found").
    """
    hours = hours_against_risk(study, surface, level)
    return hours if len(hours) else found_against_risk(study, surface, level)


def hours_against_risk(study: Study, surface: Surface, level: str = "county") -> pd.DataFrame:
    """Compare each area's hours of police work in the last year with the share of the risk that lies there.

    Returns
    -------
    area_code, measure ("hours"), need, hours (mean of a period), hours_error, cases, and the columns of
    `compare_with_even`, least looked first; empty where fewer than three areas have hours. The interval takes the error
    of the risk, as that of a Poisson count of the year's cases, and that of the mean hours.
    """
    table = hours_of_areas(study, surface, level)
    if len(table) < 3 or not table["hours"].sum():
        return pd.DataFrame()
    hours = table["hours"].to_numpy(float)
    of_hours = table["hours_error"].to_numpy(float) / (hours + 0.5)
    error = np.sqrt(1 / (table["cases"].to_numpy(float) + 0.5) + np.square(of_hours))
    found = judge_ratios(hours, table["need"].to_numpy(float), error)
    table.insert(1, "measure", "hours")
    return table.join(found).sort_values("ratio", kind="stable", ignore_index=True)


def found_against_risk(study: Study, surface: Surface, level: str = "county") -> pd.DataFrame:
    """Compare what police work found in each area in the last year with the share of the risk that lies there.

    Returns
    -------
    area_code, measure ("found"), found (cases found by patrol, inspection, checkpoint or intelligence), reported (all
    other cases),
    expected (of the surface), and the columns of `compare_with_even`, least looked first; empty where the origin of
    cases is not recorded or fewer than three areas are known.
    """
    moment = pd.Timestamp(surface.manifest["as_of"])
    events = read_events(study, "cases", moment)
    events = events[events["on_grid"] & (events["known_on"] <= moment) & (events["occurred_from"] >= moment - WINDOW)]
    discovered = events["origin"].isin(DISCOVERED).to_numpy()
    codes = surface.table("cell_areas", ["cell", level])[level]
    if not discovered.any() or discovered.all() or codes.nunique() < 3:
        return pd.DataFrame()
    cells = surface.cells["cell"].to_numpy(np.uint64)
    placed = points_to_cells(events["lon"].to_numpy(float), events["lat"].to_numpy(float), study.resolution)
    at = positions_in(cells, placed)
    inside = at >= 0
    area = codes.to_numpy(object)[at[inside]]
    counted = pd.DataFrame({"area_code": area, "count": events["count"].to_numpy(float)[inside]})
    sums = {
        name: counted[discovered[inside] == which].groupby("area_code")["count"].sum()
        for name, which in (("found", True), ("reported", False))
    }
    expected = surface.cells["expected"].groupby(codes.to_numpy(object)).sum()
    table = pd.DataFrame({"area_code": expected.index, "measure": "found", "expected": expected.to_numpy()})
    for name, values in sums.items():
        table[name] = values.reindex(table["area_code"]).fillna(0.0).clip(lower=0).to_numpy()
    found = compare_with_even(table["found"].to_numpy(float), table["expected"].to_numpy(float), 0.0)
    return table.join(found).sort_values("ratio", kind="stable", ignore_index=True)


def count_verdicts(table: pd.DataFrame) -> Mapping[str, int]:
    """Return how many places have few, as expected and many; zeros for an empty table."""
    found = table["verdict"].value_counts().to_dict() if len(table) else {}
    return {verdict: int(found.get(verdict, 0)) for verdict in ("few", "as expected", "many")}
