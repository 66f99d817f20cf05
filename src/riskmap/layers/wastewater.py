"""Sampling places and what was measured there."""

import geopandas as gpd
import pandas as pd

from riskmap.layers.store import read_layer
from riskmap.study import Study


def read_plants(study: Study) -> gpd.GeoDataFrame:
    """Return the sampling places; geometry is the catchment, or a point where that is unknown."""
    return read_layer(study, "plants")


def read_samples(study: Study) -> pd.DataFrame:
    """Return the measurements; a result below a limit has a qualifier and no number."""
    return read_layer(study, "samples")
