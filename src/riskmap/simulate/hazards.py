"""Hazards at sites, and past inspections with what they found."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from riskmap.simulate.intensity import Structure
from riskmap.simulate.process import Draws
from riskmap.simulate.scales import CUT_OFF, FIRST_WEEK, WEEKS, Scale, stream
from riskmap.simulate.sites import Places

KIND_HAZARD = {
    "courier_outlet": 0.05,
    "warehouse": 0.08,
    "freight_station": 0.12,
    "sorting_centre": 0.10,
    "logistics_park": 0.13,
    "port": 0.15,
    "airport": 0.10,
    "precursor_user": 0.10,
    "precursor_dealer": 0.17,
    "precursor_store": 0.12,
    "precursor_producer": 0.14,
}
"""Chance that one visit to a usual site of the kind finds a hazard."""
TYPES = ("routine", "targeted", "random")
_PART_OF_HAZARD = {"none": 0.0, "minor": 0.75, "serious": 0.25}


def site_hazards(places: Places, structure: Structure, seed: int) -> pd.DataFrame:
    """Return the true chance that a visit finds a hazard: site_id, hazard; higher where demand and draw are."""
    random = stream(seed, "hazards")
    at = places.sites["at"].to_numpy()
    draw = np.log(structure.draw[at] + structure.draw.max() * 1e-6)
    draw = (draw - draw.mean()) / draw.std()
    usual = logit(places.sites["kind"].map(KIND_HAZARD).to_numpy())
    hazard = expit(usual + 0.35 * structure.demand[at] + 0.40 * draw + random.normal(0, 0.6, len(at)))
    return pd.DataFrame({"site_id": places.sites["site_id"], "hazard": hazard})


def draw_inspections(scale: Scale, places: Places, hazards: pd.DataFrame, draws: Draws, seed: int) -> pd.DataFrame:
    """Return past visits: more of them where and when effort is high, to larger sites, a tenth at random.

    Returns
    -------
    inspection_id, site_id, inspected_on (date), known_on, kind, hours, outcome (none, minor, serious).
    """
    random = stream(seed, "inspections")
    sites = places.sites
    usual = draws.effort.mean(axis=0)[sites["county"]] * np.sqrt(sites["size_m2"].to_numpy())
    kind = random.choice(TYPES, scale.inspections, p=(0.65, 0.25, 0.10))
    even = np.full(len(sites), 1 / len(sites))
    likely = {"routine": usual, "targeted": usual * hazards["hazard"].to_numpy() ** 1.5, "random": even}
    chosen = np.zeros(scale.inspections, dtype=np.int64)
    for name, weight in likely.items():
        at = kind == name
        chosen[at] = random.choice(len(sites), int(at.sum()), p=weight / weight.sum())
    weight = draws.effort.mean(axis=1)
    day = random.choice(WEEKS, scale.inspections, p=weight / weight.sum()) * 7 + random.integers(
        0, 5, scale.inspections
    )
    date = pd.Series(FIRST_WEEK + pd.to_timedelta(day, unit="D"))
    hit = random.random(scale.inspections) < hazards["hazard"].to_numpy()[chosen]
    serious = random.random(scale.inspections) < _PART_OF_HAZARD["serious"]
    rows = pd.DataFrame(
        {
            "site_id": sites["site_id"].to_numpy()[chosen],
            "inspected_on": date,
            "known_on": date + pd.to_timedelta(random.geometric(0.35, scale.inspections), unit="D"),
            "kind": kind,
            "hours": random.gamma(4.0, 0.6, scale.inspections).round(1) + 0.5,
            "outcome": np.select([hit & serious, hit], ["serious", "minor"], "none"),
        }
    )
    opened, closed = sites["opened_on"].to_numpy()[chosen], sites["closed_on"].to_numpy()[chosen]
    there = (opened <= date.to_numpy()) & ~(closed <= date.to_numpy())
    rows = rows[there & (rows["known_on"] < CUT_OFF).to_numpy()]
    rows = rows.sort_values(["inspected_on", "site_id"], kind="stable", ignore_index=True)
    return rows.assign(inspection_id="JC" + (rows.index + 1).astype(str).str.zfill(6))
