"""A catchment that was redrawn: old loads keep the old shape and its people."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.grid.cells import cells_of_polygon
from riskmap.panel.context import plant_features
from riskmap.wastewater.loads import name_catchments, normalise_loads, valid_catchments
from riskmap.wastewater.spread import catchment_paths, catchment_weights, plant_of_cells

CELLS = cells_of_polygon(shapely.box(10.0, 50.0, 10.3, 50.1), 7)
MOMENTS = pd.DatetimeIndex(["2023-06-01", "2024-06-01"])
PLANTS = gpd.GeoDataFrame(
    {
        "plant_id": ["a", "a"],
        "level": "plant",
        "population": [50_000.0, 100_000.0],
        "valid_from": pd.to_datetime([None, "2024-01-01"]),
    },
    geometry=[shapely.box(10.0, 50.0, 10.1, 50.1), shapely.box(10.1, 50.0, 10.3, 50.1)],
    crs=4326,
)
SAMPLES = pd.DataFrame(
    {
        "plant_id": "a",
        "analyte": "mdma",
        "qualifier": "=",
        "sampled_from": pd.to_datetime(["2023-05-01", "2024-05-01"]),
        "known_on": pd.to_datetime(["2023-05-10", "2024-05-10"]),
        "concentration_ng_l": 100.0,
        "flow_m3_d": 20_000.0,
    }
)


def test_each_load_is_divided_by_the_people_of_its_time():
    loads = normalise_loads(SAMPLES, PLANTS)
    # 100 ng/L * 20000 m3/d over 50000 and over 100000 people
    assert loads["load_mg_d_per_1000"].tolist() == [40.0, 20.0]
    assert loads["catchment"].tolist() == ["a", "a@2024-01-01"]


def test_where_no_catchment_held_there_is_no_load():
    dated = PLANTS.assign(valid_from=pd.to_datetime(["2023-05-02", "2024-01-01"]))
    assert normalise_loads(SAMPLES, dated)["load_mg_d_per_1000"].tolist() == [20.0]
    assert valid_catchments(dated, SAMPLES["plant_id"], SAMPLES["sampled_from"]).tolist() == [-1, 1]


def test_a_plant_that_was_never_redrawn_keeps_its_name():
    assert name_catchments(PLANTS.tail(1)).tolist() == ["a"]
    assert name_catchments(PLANTS.drop(columns="valid_from").head(1)).tolist() == ["a"]


def test_cells_drain_to_the_shape_of_the_moment():
    old, new = (plant_of_cells(PLANTS, CELLS, 7, moment) for moment in MOMENTS)
    assert set(old) == {-1, 0}
    assert set(new) == {-1, 1}
    path_of, rows = catchment_paths(PLANTS, CELLS, 7, MOMENTS)
    assert np.array_equal(np.append(rows[0], -1)[path_of], old)
    assert np.array_equal(np.append(rows[1], -1)[path_of], new)


def test_old_loads_keep_the_old_shape():
    plant_of, values = plant_features(PLANTS, SAMPLES, CELLS, 7, MOMENTS)
    load = np.column_stack([values["load_mdma_mg_d_per_1000"], np.full(2, np.nan)])[:, plant_of]
    old, new = (plant_of_cells(PLANTS, CELLS, 7, moment) for moment in MOMENTS)
    assert np.array_equal(load[0], np.where(old == 0, 40.0, np.nan), equal_nan=True)
    assert np.array_equal(load[1], np.where(new == 1, 20.0, np.nan), equal_nan=True)


def test_only_the_catchment_of_the_moment_spreads_its_load():
    for row, moment in enumerate(MOMENTS):
        sums = np.asarray(catchment_weights(PLANTS, CELLS, 7, None, moment).sum(axis=1)).ravel()
        assert np.allclose(sums, np.eye(2)[row])


def test_the_order_of_the_plants_does_not_matter():
    turned = PLANTS.iloc[::-1].reset_index(drop=True)
    assert (
        normalise_loads(SAMPLES, turned)["load_mg_d_per_1000"].tolist()
        == normalise_loads(SAMPLES, PLANTS)["load_mg_d_per_1000"].tolist()
    )
    assert np.array_equal(
        plant_of_cells(turned, CELLS, 7, MOMENTS[0]) >= 0, plant_of_cells(PLANTS, CELLS, 7, MOMENTS[0]) >= 0
    )
