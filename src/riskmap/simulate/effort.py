"""Where the police look, and how that moves: the part of the record that is not consumption."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.grid.cells import parents_of
from riskmap.simulate.people import Land
from riskmap.simulate.scales import RESOLUTION, week_starts
from riskmap.simulate.terrain import Floats

Singles = NDArray[np.float32]


@dataclass
class Effort:
    """Police effort: counties and, within them, beats of some 36 km2 warm up and cool down; campaigns come and go.

    Mean 1. Half of a county's drift follows last quarter's cases: the loop that science warns of is in the data.
    """

    county: NDArray[np.int64]
    beat: NDArray[np.int64]
    random: np.random.Generator
    drift: Floats
    local: Floats
    campaign: Floats
    recent: Floats
    usual: Floats

    @classmethod
    def begin(cls, land: Land, counties: int, random: np.random.Generator) -> "Effort":
        """Begin in the stationary state."""
        beat = np.unique(parents_of(land.cells, RESOLUTION - 2), return_inverse=True)[1]
        local = random.normal(0, 0.38, int(beat.max()) + 1)
        none = np.zeros(counties)
        drift = random.normal(0, 0.36, counties)
        return cls(land.table["county"].to_numpy(), beat, random, drift, local, none.copy(), none.copy(), none.copy())

    def step(self, week: int) -> tuple[Singles, Floats]:
        """Move on to `week`; return the effort per cell and per county."""
        start = week_starts(1)[0] + pd.Timedelta(weeks=week)
        self.drift = 0.94 * self.drift + self.random.normal(0, 0.36 * np.sqrt(1 - 0.94**2), len(self.drift))
        self.local = 0.85 * self.local + self.random.normal(0, 0.38 * np.sqrt(1 - 0.85**2), len(self.local))
        begins = self.random.random(len(self.drift)) < 0.02
        length = self.random.integers(4, 9, len(self.drift))
        self.campaign = np.where(begins & (self.campaign <= 0), length, self.campaign - 1)
        attention = 0.18 * np.clip(np.log((self.recent + 1.0) / (self.usual + 1.0)), -1, 1)
        nationwide = 0.22 if start.month == 6 else 0.0
        log_county = self.drift + attention + 0.45 * (self.campaign > 0) + nationwide - 0.15
        log_cell = log_county[self.county] + self.local[self.beat] - 0.072
        return np.exp(log_cell).astype(np.float32), np.exp(log_county)

    def learn(self, cases: Floats) -> None:
        """Remember this week's cases per county."""
        self.recent = 0.9 * self.recent + 0.1 * cases
        self.usual = 0.99 * self.usual + 0.01 * cases if self.usual.any() else cases * 1.0
