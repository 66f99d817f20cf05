"""Places that can be inspected: logistics hubs, precursor enterprises, venues."""

import geopandas as gpd

from riskmap.layers.store import read_layer
from riskmap.study import Study


def read_sites(study: Study) -> gpd.GeoDataFrame:
    """Return the sites; geometry is a point or a polygon."""
    return read_layer(study, "sites")
