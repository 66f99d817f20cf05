"""Areas left out of training: none of their rows is learned from, all of their cells are scored."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from riskmap.grid.cells import cell_centres
from riskmap.model import area_holdout
from riskmap.model.area_holdout import leave_areas_out
from riskmap.model.fitting import fit_model
from riskmap.study import check_study
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts


@pytest.fixture(scope="module")
def panel():
    cells = disk_cells(9)
    return make_panel(random_counts(lumpy_rate(cells, 40), seed=2), cells)


@pytest.fixture
def study(home):
    return check_study({"id": "here", "resolution": 8, "period": "month", "timezone": "UTC", "home": home, "seed": 1})


def strips(panel, n):
    """Counties side by side that together hold every cell."""
    longitude, latitude = cell_centres(panel.cells)
    edges = np.linspace(longitude.min() - 0.1, longitude.max() + 0.1, n + 1)
    shapes = [box(west, latitude.min() - 1, east, latitude.max() + 1) for west, east in pairwise(edges)]
    codes = [f"{number:06d}" for number in range(n)]
    return gpd.GeoDataFrame({"area_code": codes, "level": "county"}, geometry=shapes, crs=4326)


def test_no_row_of_an_area_left_out_is_learned_from(study, panel, monkeypatch):
    areas = strips(panel, 3)
    monkeypatch.setattr(area_holdout, "read_areas", lambda study: areas)
    learned = []

    def spy(*arguments, sample, **options):
        learned.append(np.unique(sample.cell))
        return fit_model(*arguments, sample=sample, **options)

    monkeypatch.setattr(area_holdout, "fit_model", spy)
    found = leave_areas_out(study, panel, [38, 39])
    everywhere, *folds = learned
    assert len(everywhere) == len(panel.cells)
    left_out = [np.setdiff1d(everywhere, cells) for cells in folds]
    assert sorted(np.concatenate(left_out)) == list(range(len(panel.cells)))  # each cell once
    assert (found["areas"], found["folds"]) == (3, 3)
    assert found["ratio"] == pytest.approx(found["deviance"] / found["deviance_ewma_ring"])
    assert found["ci_low"] <= found["ratio"] <= found["ci_high"]
    # it is much the same process everywhere: rows from elsewhere teach nearly as much
    assert found["deviance"] == pytest.approx(found["deviance_of_all_areas"], rel=0.05)


def test_without_areas_there_is_nothing_to_leave_out(study, panel, monkeypatch):
    monkeypatch.setattr(area_holdout, "read_areas", lambda study: strips(panel, 1))
    assert leave_areas_out(study, panel, [38]) is None
