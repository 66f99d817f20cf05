"""How large the simulated area is: the numbers that a build must meet, at either scale."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

ScaleName = Literal["small", "province"]
RESOLUTION = 8
TIMEZONE = "Asia/Shanghai"
FIRST_WEEK = pd.Timestamp("2023-01-02")
WEEKS = 156
CUT_OFF = FIRST_WEEK + pd.Timedelta(weeks=WEEKS)
"""Nothing is recorded, registered or reported at or after this moment: Monday, 29 December 2025, midnight."""
BURN_IN_WEEKS = 26
"""Weeks simulated and thrown away first, so that the excitation of the first week has its past."""

CENTRE_LON, CENTRE_LAT = 130.0, 21.7
"""Open ocean, on purpose: no inhabited place lies underneath, yet the datum shift of GCJ-02 applies there and a cell is
about as large as inland (0.75 km2). The location is arbitrary and means nothing."""


@dataclass(frozen=True)
class Scale:
    """What is built: counts are exact, `cases`, `incidents` and `unlinked_seizures` are expected totals."""

    name: ScaleName
    area_km2: float
    prefectures: int
    counties: int
    residents: int
    served: int
    plants: int
    networks: int
    hubs: int
    enterprises: int
    checkpoints: int
    towns: int
    knots: int
    cases: int
    incidents: int
    unlinked_seizures: int
    inspections: int
    drawing_resolution: int


SCALES: dict[str, Scale] = {
    "province": Scale(
        name="province",
        area_km2=486_000,
        prefectures=21,
        counties=183,
        residents=80_600_000,
        served=46_180_000,
        plants=191,
        networks=500,
        hubs=16_000,
        enterprises=9_923,
        checkpoints=30,
        towns=3_000,
        knots=260,
        cases=340_000,
        incidents=400_000,
        unlinked_seizures=9_000,
        inspections=24_000,
        drawing_resolution=7,
    ),
    "small": Scale(
        name="small",
        area_km2=12_150,
        prefectures=3,
        counties=9,
        residents=3_900_000,
        served=2_240_000,
        plants=10,
        networks=25,
        hubs=700,
        enterprises=400,
        checkpoints=6,
        towns=110,
        knots=40,
        cases=25_000,
        incidents=30_000,
        unlinked_seizures=900,
        inspections=1_800,
        drawing_resolution=8,
    ),
}


def week_starts(weeks: int = WEEKS) -> pd.DatetimeIndex:
    """Return the Mondays on which the simulated weeks begin."""
    return pd.date_range(FIRST_WEEK, periods=weeks, freq="7D", unit="us")


def stream(seed: int, subject: str) -> np.random.Generator:
    """Return the random numbers of one subject, so that a change in one leaves the others as they were."""
    return np.random.default_rng([seed, *subject.encode()])
