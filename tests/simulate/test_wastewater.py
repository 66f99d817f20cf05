"""Catchments and what flows out of them."""

import numpy as np
import pandas as pd
import shapely

from riskmap.simulate.laboratory import report_samples
from riskmap.simulate.province import Province
from riskmap.simulate.wastewater import catchment_matrix


def test_plants_serve_exactly_as_many_people_as_asked_for(province: Province) -> None:
    plants = province.plants
    own = plants[plants["level"] == "plant"]
    assert (len(own), len(plants) - len(own)) == (province.scale.plants, province.scale.networks)
    assert own["population"].sum() == province.scale.served


def test_networks_are_parts_of_their_plant(province: Province) -> None:
    plants = province.plants.set_index("plant_id")
    networks = plants[plants["level"] != "plant"]
    people = networks["population"].groupby(networks["parent_id"]).sum()
    assert (people <= plants.loc[people.index, "population"]).all()
    parents = plants.loc[networks["parent_id"]].geometry.to_numpy()
    assert shapely.covers(shapely.buffer(parents, 1e-6), networks.geometry.to_numpy()).all()


def test_no_two_catchments_of_one_level_overlap(province: Province) -> None:
    for own in (True, False):
        shapes = province.plants.loc[(province.plants["level"] == "plant") == own].geometry.to_numpy()
        first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        apart = first < second
        shared = shapely.area(shapely.intersection(shapes[first[apart]], shapes[second[apart]]))
        assert shared.sum() < 1e-12
        assert shapely.is_valid(shapes).all()


def test_a_mean_over_people_weighs_each_cell_once(province: Province) -> None:
    weights = catchment_matrix(province.catchments, len(province.plants))
    np.testing.assert_allclose(np.asarray(weights.sum(axis=1)).ravel(), 1.0)
    # Three cells of 1, 1 and 2 people: plant 0 is all of them, network 1 the last two.
    cells = pd.DataFrame({"plant": [0, 0, 0], "network": [-1, 1, 1], "residents": [1, 1, 2]})
    assert catchment_matrix(cells, 2).toarray().tolist() == [[0.25, 0.25, 0.5], [0.0, 1 / 3, 2 / 3]]


def test_loads_lie_in_the_published_ranges(province: Province) -> None:
    own = (province.plants["level"] == "plant").to_numpy()
    means = {name: load[own].mean(axis=1) for name, load in province.loads.items()}
    for name, low, high, mean in (
        ("methamphetamine", 0.6, 49.7, 22.6),
        ("ketamine", 0.0, 7.0, 2.4),
        ("morphine", 3.2, 10.2, 6.7),
    ):
        assert (means[name] >= low).all(), name
        assert (means[name] <= high).all(), name
        assert abs(means[name].mean() - mean) < 0.05 * mean, name


def test_some_ketamine_and_etomidate_is_not_detected_but_never_morphine(province: Province) -> None:
    below = province.samples["text"].eq("<LOD").groupby(province.samples["analyte"]).mean()
    assert 0.02 < below["ketamine"] < 0.3
    assert 0.05 < below["etomidate_acid"] < 0.5
    assert below["morphine"] == 0


def test_rain_swells_the_flow(province: Province) -> None:
    samples = province.samples.drop_duplicates("sample")
    per_place = samples.groupby(["plant_id", "rain"])["flow_m3_d"].median().unstack()
    assert (per_place[True] / per_place[False]).median() > 1.3
    assert 0.1 < samples["rain"].mean() < 0.4
    assert 0 < samples["flow_m3_d"].isna().mean() < 0.05


def test_large_cities_empty_at_festivals(province: Province) -> None:
    steady = {"cotinine": np.full((len(province.plants), 156), 640.0)}
    loads = province.loads | steady
    samples, _ = report_samples(loads, province.plants, province.areas.level("county"), 1, province.seed)
    large = province.plants.set_index("plant_id")["population"] > 400_000
    rows = samples[(samples["analyte"] == "cotinine") & samples["plant_id"].map(large) & ~samples["grab"]]
    day = rows["sampled_from"].dt.normalize()
    away = np.abs(day.to_numpy()[:, None] - pd.to_datetime(["2023-01-22", "2024-02-10", "2025-01-29"]).to_numpy())
    festival = away.min(axis=1) < np.timedelta64(6, "D")
    load = rows["text"].astype(float) * rows["flow_m3_d"]
    load = load / load.groupby(rows["plant_id"]).transform("median")
    assert load[festival].mean() < 0.95 * load[~festival].mean()


def test_dumped_batches_show_by_little_amphetamine_beside_much_methamphetamine(province: Province) -> None:
    rows = province.samples.merge(province.dumped, on=["plant_id", "sampled_from"]).set_index("analyte")["text"]
    assert len(province.dumped) >= 1
    assert float(rows["amphetamine"]) / float(rows["methamphetamine"]) < 0.05
