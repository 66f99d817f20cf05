"""`python -m bench.food_inspections`: the learner of riskmap on inspections whose outcomes are public (Chicago).

Would the same inspections, in the order of a forecast made before the first of them, have found critical violations
earlier? Inspected are the last months of the data; learned is from all before. Who inspects is no feature, nor is
anything that is known only on the day (its weather, its result): a forecast for the whole window knows neither.
Each inspection keeps its business and its result; what changes is the day, as the days that were worked are dealt out
in the order of the forecast. Source: Chicago/food-inspections-evaluation.
"""

import argparse
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.spatial import cKDTree

from bench.areas import PUBLIC_DATA
from riskmap.model.trees import cut_features, fit_trees
from riskmap.panel.nearby import metres_to_chord, unit_vectors

FOLDER = PUBLIC_DATA / "chicago_food_inspections"
OUTCOMES = ("criticalCount", "seriousCount", "minorCount", "pass_flag", "fail_flag", "Results", "criticalFound")
ON_THE_DAY = ("precipIntensity", "temperatureMax", "windSpeed", "humidity")
HEAT = ("heat_burglary", "heat_garbage", "heat_sanitation")
"""Densities of reports as of the day of the inspection: known ahead for nobody, so complaints are counted anew."""
NAMES = ("License", "Inspection_ID", "Business_ID", "Inspector_Assigned", "Inspection_Date", "Zip")
COMPLAINT_DAYS, COMPLAINT_REACH_M = 90, 1000.0
DAYS_EARLIER = (-np.inf, -28, -21, -14, -7, -1, 1, 7, 14, 21, 28, np.inf)
SEED = 1
Array = NDArray[np.float64]


def read_inspections() -> pd.DataFrame:
    """Return one row an inspection, by date and number."""
    rows = pd.read_parquet(FOLDER / "model_table_train.parquet")
    return rows.sort_values(["Inspection_Date", "Inspection_ID"], ignore_index=True)


def describe_places(rows: pd.DataFrame, known_at: pd.Series) -> pd.DataFrame:
    """Return what is known of each place at the moment `known_at` of its forecast: numbers only."""
    left_out = (*OUTCOMES, *ON_THE_DAY, *HEAT, *NAMES)
    found = rows.drop(columns=list(left_out))
    later = (rows["Inspection_Date"] - known_at).dt.days / 365.25
    found[["ageAtInspection", "timeSinceLast"]] = found[["ageAtInspection", "timeSinceLast"]].sub(later, axis=0)
    for column in ("Facility_Type", "Risk"):
        kinds = found.pop(column)
        found = found.join(pd.get_dummies(kinds, prefix=column, dtype=float))
    return found.assign(complaints=count_complaints(rows, known_at)).astype(np.float32)


def count_complaints(rows: pd.DataFrame, known_at: pd.Series) -> Array:
    """Return sanitation complaints within COMPLAINT_REACH_M in the COMPLAINT_DAYS before each moment."""
    complaints = pd.read_csv(FOLDER / "sanitation_complaints_311.csv.gz", low_memory=False)
    complaints = complaints.dropna(subset=["Creation_Date", "Longitude", "Latitude"])
    made = pd.to_datetime(complaints["Creation_Date"])
    lon, lat = complaints["Longitude"].to_numpy(float), complaints["Latitude"].to_numpy(float)
    made_at = made.to_numpy()
    tree = cKDTree(unit_vectors(lon, lat))
    points = unit_vectors(rows["Longitude"].fillna(0).to_numpy(), rows["Latitude"].fillna(0).to_numpy())
    near = tree.query_ball_point(points, metres_to_chord(COMPLAINT_REACH_M))
    begin = (known_at - pd.Timedelta(days=COMPLAINT_DAYS)).to_numpy()
    end = known_at.to_numpy()
    counted = [
        int(((made_at[at] >= begin[row]) & (made_at[at] < end[row])).sum()) if at else 0 for row, at in enumerate(near)
    ]
    return np.where(rows["Latitude"].isna(), np.nan, np.array(counted, dtype=float))


def forecast_critical(rows: pd.DataFrame, start: pd.Timestamp) -> Array:
    """Return how much each inspection from `start` on is expected to find, learned from those before."""
    before = rows["Inspection_Date"] < start
    known_at = rows["Inspection_Date"].where(before, start)
    features = describe_places(rows, known_at).to_numpy(np.float32)
    cuts = cut_features(features[before])
    critical = rows.loc[before, "criticalFound"].to_numpy(float)
    exposure = np.full(len(critical), critical.mean())
    signs = [0] * features.shape[1]
    trees = fit_trees(cuts.codes, cuts.edges, critical, exposure, np.ones(len(critical)), signs, SEED)
    return trees.predict(features[~before])


def first_half_share(found: Array, order: NDArray[np.int64]) -> float:
    """Return the share of what was found that the first half of the inspections, in this order, finds."""
    return float(found[order][: len(found) // 2].sum() / found.sum())


def days_earlier(days: pd.Series, order: NDArray[np.int64], found: Array) -> Array:
    """Return, for each inspection that found something, by how many days the order brings it forward."""
    moved = np.empty(len(days), dtype="timedelta64[D]")
    worked = days.to_numpy().astype("datetime64[D]")
    moved[order] = worked[order] - np.sort(worked)
    return moved.astype(float)[found > 0]


def main() -> None:
    """Print the first-half shares with an interval and the histogram of days."""
    parser = argparse.ArgumentParser(prog="python -m bench.food_inspections", description=__doc__)
    parser.add_argument("--from", dest="start", default="2014-02-15", help="first day of the window (held out)")
    options = parser.parse_args()
    rows = read_inspections()
    start = pd.Timestamp(options.start)
    expected = forecast_critical(rows, start)
    window = rows[rows["Inspection_Date"] >= start]
    found = window["criticalFound"].to_numpy(float)
    usual, ours = np.arange(len(found)), np.argsort(-expected, kind="stable")
    table = Table("order of inspections", "critical violations in the first half", title=_title(window, found))
    drawn = np.random.default_rng(SEED).integers(0, len(found), (1000, len(found)))
    for name, order in (("business as usual", usual), ("forecast", ours)):
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        first = place < len(order) // 2
        shares = [found[draw][first[draw]].sum() / found[draw].sum() for draw in drawn]
        low, high = np.percentile(shares, (2.5, 97.5))
        table.add_row(name, f"{first_half_share(found, order):.1%} [{low:.1%}, {high:.1%}]")
    console = Console()
    console.print(table)
    moved = days_earlier(window["Inspection_Date"], ours, found)
    histogram = Table("days earlier", "inspections that found something", title=f"mean {moved.mean():+.1f} days")
    for low, high in pairwise(DAYS_EARLIER):
        inside = int(((moved >= low) & (moved < high)).sum())
        histogram.add_row(f"{low:g} to {high:g}", f"{inside} ({inside / len(moved):.0%})")
    console.print(histogram)
    print(f"earlier {np.mean(moved > 0):.0%}, the same day {np.mean(moved == 0):.0%}, later {np.mean(moved < 0):.0%}")


def _title(window: pd.DataFrame, found: Array) -> str:
    days = window["Inspection_Date"]
    return f"{len(found):,} inspections from {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}, {found.sum():.0f} critical"


if __name__ == "__main__":
    main()
