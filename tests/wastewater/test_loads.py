import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from riskmap.grid.cells import cells_of_polygon
from riskmap.wastewater.levels import loads_as_known
from riskmap.wastewater.loads import normalise_loads
from riskmap.wastewater.spread import catchment_weights, plant_of_cells, spread_loads

MOMENTS = pd.DatetimeIndex(["2024-02-01", "2024-03-01", "2024-04-01"])


def samples(**columns):
    size = len(columns["qualifier"])
    filled = {
        "plant_id": ["a"] * size,
        "analyte": ["mdma"] * size,
        "sampled_from": pd.date_range("2024-01-01", periods=size, freq="W"),
        "known_on": pd.date_range("2024-01-05", periods=size, freq="W"),
    }
    return pd.DataFrame({**filled, **columns})


PLANTS = pd.DataFrame({"plant_id": ["a", "b"], "population": [50_000.0, 10_000.0]})


def test_a_load_by_hand():
    # 100 ng/L * 20000 m3/d / 50000 people = 40 mg per day and 1000 people
    table = samples(qualifier=["="], concentration_ng_l=[100.0], flow_m3_d=[20_000.0])
    assert normalise_loads(table, PLANTS)["load_mg_d_per_1000"].tolist() == [40.0]


def test_a_non_detect_stays_one_and_keeps_its_limit():
    table = samples(qualifier=["<LOD"], concentration_ng_l=[np.nan], lod_ng_l=[5.0], flow_m3_d=[20_000.0])
    loads = normalise_loads(table, PLANTS)
    assert loads["censored"].tolist() == [True]
    assert loads["load_mg_d_per_1000"].isna().all()
    assert loads["limit_mg_d_per_1000"].tolist() == [2.0]


def test_a_published_load_is_taken_over_and_a_blank_is_no_zero():
    table = samples(qualifier=["=", "="], load_mg_d_per_1000=[7.5, np.nan])
    assert normalise_loads(table, PLANTS)["load_mg_d_per_1000"].tolist() == [7.5]


def test_a_result_that_the_laboratory_had_not_sent_is_not_known():
    table = samples(qualifier=["=", "="], load_mg_d_per_1000=[10.0, 30.0]).assign(
        known_on=pd.to_datetime(["2024-01-20", "2024-03-15"])
    )
    load, detected = loads_as_known(normalise_loads(table, PLANTS), MOMENTS, ["a", "b"], "mdma")
    assert load[:, 0].tolist() == [10.0, 10.0, 20.0]
    assert np.isnan(load[:, 1]).all()
    assert detected[:, 0].tolist() == [1.0, 1.0, 1.0]


def test_where_most_are_non_detects_only_the_frequency_is_left():
    table = samples(
        qualifier=["=", "<LOD", "<LOD"],
        concentration_ng_l=[100.0, np.nan, np.nan],
        lod_ng_l=[10.0] * 3,
        flow_m3_d=[5_000.0] * 3,
    )
    load, detected = loads_as_known(normalise_loads(table, PLANTS), MOMENTS[1:2], ["a"], "mdma")
    assert np.isnan(load[0, 0])
    assert detected[0, 0] == pytest.approx(1 / 3)
    half, _ = loads_as_known(normalise_loads(table.head(2), PLANTS), MOMENTS[1:2], ["a"], "mdma")
    # 100 ng/L is 10 mg/d/1000; the non-detect enters at half of its limit of 1
    assert half[0, 0] == pytest.approx((10.0 + 0.5) / 2)


def test_loads_spread_over_a_catchment_keep_their_total_and_leave_the_rest_unmonitored():
    cells = cells_of_polygon(shapely.box(10.0, 50.0, 10.4, 50.1), 8)
    shapes = [shapely.box(10.0, 50.0, 10.1, 50.1), shapely.box(10.2, 50.0, 10.3, 50.1)]
    plants = gpd.GeoDataFrame({"level": ["plant", "plant"]}, geometry=shapes, crs="EPSG:4326")
    weights = catchment_weights(plants, cells, 8, None)
    spread = spread_loads(np.array([500.0, np.nan]), weights)
    assert np.nansum(spread) == pytest.approx(500.0)
    assert np.isnan(spread).any()
    assert not np.isfinite(spread[plant_of_cells(plants, cells, 8) == 1]).any()


def test_of_nested_catchments_the_smallest_wins_and_a_point_covers_nothing():
    cells = cells_of_polygon(shapely.box(10.0, 50.0, 10.2, 50.1), 8)
    shapes = [shapely.box(10.0, 50.0, 10.2, 50.1), shapely.box(10.0, 50.0, 10.1, 50.1), shapely.Point(10.15, 50.05)]
    plants = gpd.GeoDataFrame({"level": ["plant", "street", "community"]}, geometry=shapes, crs="EPSG:4326")
    found = plant_of_cells(plants, cells, 8)
    assert set(found) == {0, 1}
    assert 0.4 < (found == 1).mean() < 0.7
