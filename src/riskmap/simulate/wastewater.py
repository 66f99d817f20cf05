"""What people excrete: loads in wastewater follow consumption; police effort does not enter.

Orders of magnitude (means over plants, mg per day per 1000 people) are those published for a province of south-west
China in autumn 2021: methamphetamine 0.6-49.7, mean 22.6; ketamine not detected-7.0, mean 2.4; morphine 3.2-10.2,
mean 6.7, from medicine.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import brentq
from scipy.special import expit

from riskmap.simulate.intensity import Structure
from riskmap.simulate.process import SLOW_SD, Draws
from riskmap.simulate.scales import WEEKS, stream
from riskmap.simulate.terrain import Floats, Integers


@dataclass(frozen=True)
class Analyte:
    """How a person's load follows demand: low + span * expit(level + slope * demand), `mean` over plants."""

    low: float
    span: float
    mean: float
    slope: float
    own: float
    """Spread between plants that has nothing to do with the demand for drugs, on the logit scale."""
    lod_ng_l: tuple[float, float]
    """Limit of detection of either laboratory; its limit of quantification is three times that."""


ANALYTES = {
    "methamphetamine": Analyte(0.5, 52.0, 22.6, 1.1, 0.25, (0.5, 1.0)),
    "ketamine": Analyte(0.0, 7.4, 2.4, 1.7, 0.45, (1.0, 2.5)),
    "morphine": Analyte(3.0, 7.4, 6.7, 0.0, 0.9, (1.0, 1.5)),
    "etomidate_acid": Analyte(0.0, 3.5, 0.8, 1.5, 0.6, (0.6, 1.2)),
    "cotinine": Analyte(380.0, 520.0, 640.0, 0.0, 0.6, (5.0, 5.0)),
}


def catchment_matrix(cells: pd.DataFrame, places: int) -> sparse.csr_array:
    """Return the weight of each catchment cell in each sampling place's mean over people; rows sum to 1.

    Parameters
    ----------
    cells
        From `draw_catchments`, shape (m,).

    Returns
    -------
    Shape (places, m).
    """
    row = np.arange(len(cells))
    inside = (cells["network"] >= 0).to_numpy()
    rows = np.concatenate([cells["plant"], cells["network"][inside]])
    people = np.concatenate([cells["residents"], cells["residents"][inside]]).astype(float)
    share = people / np.bincount(rows, people, places)[rows]
    return sparse.csr_array((share, (rows, np.concatenate([row, row[inside]]))), shape=(places, len(cells)))


def _tide(name: str) -> Floats:
    """Return the change of level per week: etomidate rose until its control in October 2023, fell, and came back."""
    if name != "etomidate_acid":
        return np.zeros(WEEKS)
    return np.interp(np.arange(WEEKS), [0, 39, 60, 110, WEEKS], [-0.2, 1.0, -0.7, -0.4, 0.1])


def true_loads(
    structure: Structure, draws: Draws, plants: gpd.GeoDataFrame, cells: pd.DataFrame, seed: int
) -> dict[str, Floats]:
    """Return what is excreted, mg per day per 1000 people: analyte -> shape (sampling places, weeks).

    A plant's load is its cells' loads mixed by their people, and so is a network's: part and whole agree.
    """
    random = stream(seed, "loads")
    at = cells["at"].to_numpy()
    weights = catchment_matrix(cells, len(plants))
    of_plants = weights[: int((plants["level"] == "plant").sum())]
    slow = SLOW_SD * (structure.knot_weights[at] @ draws.knots.T)
    demand = structure.demand[at][:, None] + 0.9 * slow
    loads = {}
    for name, analyte in ANALYTES.items():
        own = random.normal(0, analyte.own, of_plants.shape[0])[cells["plant"]]
        middle = analyte.slope * demand.mean(axis=1) + own + _tide(name).mean()

        def gap(level: float, analyte: Analyte = analyte, middle: Floats = middle) -> float:
            per_head = analyte.low + analyte.span * expit(level + middle)
            return float((of_plants @ per_head).mean()) - analyte.mean

        level = brentq(gap, -9, 9)
        per_head = analyte.low + analyte.span * expit(level + analyte.slope * demand + own[:, None] + _tide(name))
        loads[name] = weights @ per_head
    return loads


def load_table(loads: dict[str, Floats], plants: gpd.GeoDataFrame, weeks: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the true loads as rows: plant_id, period_start, analyte, load_mg_d_per_1000."""
    names: Integers = np.repeat(np.arange(len(plants)), len(weeks))
    rows = {"plant_id": plants["plant_id"].to_numpy()[names], "period_start": np.tile(weeks, len(plants))}
    frames = [
        pd.DataFrame({**rows, "analyte": name, "load_mg_d_per_1000": load.ravel()}) for name, load in loads.items()
    ]
    return pd.concat(frames, ignore_index=True)
