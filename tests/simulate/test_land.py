"""Areas, people, roads and sites of the small province."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from scipy import sparse

from riskmap.grid.cells import cells_of_polygon, positions_in
from riskmap.schema import SITE_KINDS
from riskmap.simulate.areas import _connected
from riskmap.simulate.names import invent_names
from riskmap.simulate.people import to_whole
from riskmap.simulate.province import Province
from riskmap.simulate.scales import RESOLUTION

REAL_NAMES = set(Path(__file__).with_name("real_names.txt").read_text(encoding="utf-8").split())
"""Some real prefectures, in characters and in sounds."""


def test_counties_part_the_province_without_gaps_or_overlaps(province: Province) -> None:
    counties = province.areas.level("county").geometry
    assert shapely.coverage_is_valid(counties.to_numpy())
    whole = province.areas.level("province").geometry.iloc[0]
    assert shapely.union_all(counties.to_numpy()).symmetric_difference(whole).area < 1e-12
    assert abs(shapely.area(counties.to_numpy()).sum() / whole.area - 1) < 1e-9
    assert len(whole.interiors) == 0


def test_prefectures_are_unions_of_their_counties(province: Province) -> None:
    counties, prefectures = province.areas.level("county"), province.areas.level("prefecture")
    assert set(counties["parent_code"]) == set(prefectures["area_code"])
    parts = counties.geometry.groupby(counties["parent_code"]).agg(lambda part: shapely.union_all(part.to_numpy()))
    whole = prefectures.set_index("area_code").geometry
    assert max(parts[code].symmetric_difference(whole[code]).area for code in whole.index) < 1e-12


def test_codes_have_six_digits_of_no_real_province_and_name_their_parents(province: Province) -> None:
    table = province.areas.table
    assert table["area_code"].is_unique
    assert table["area_code"].str.fullmatch(r"98\d{4}").all()
    counties = province.areas.level("county")
    assert (counties["area_code"].str[:4] + "00" == counties["parent_code"]).all()
    assert (province.areas.level("prefecture")["parent_code"] == "980000").all()


def test_names_are_unique_and_not_those_of_real_prefectures() -> None:
    zh, en = invent_names(np.random.default_rng(0), 220)
    assert len(set(zh)) == len(set(en)) == 220
    assert not ({name[:2] for name in zh} | {name.lower() for name in en}) & REAL_NAMES


def test_asking_for_more_names_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="the syllables make"):
        invent_names(np.random.default_rng(0), 10_000)


def test_a_piece_cut_off_from_its_area_goes_to_the_neighbour_around_it() -> None:
    # A row of six cells: the 0 at its end lies apart from the other three, and touches a 1.
    touching = sparse.csr_array(np.eye(6, k=1) + np.eye(6, k=-1))
    assert _connected(np.array([0, 0, 0, 1, 1, 0]), touching).tolist() == [0, 0, 0, 1, 1, 1]


def test_cells_are_those_of_the_boundary_and_every_resident_lives_in_one(province: Province) -> None:
    outline = province.areas.level("province").geometry.iloc[0]
    np.testing.assert_array_equal(province.land.cells, cells_of_polygon(outline, RESOLUTION))
    assert province.land.table["residents"].sum() == province.scale.residents
    assert (province.land.table.loc[~province.land.table["inside"], "residents"] == 0).all()


def test_whole_numbers_keep_the_total() -> None:
    # Shares of 10: 1.67, 3.33, 5.00; one is missing after rounding down and goes to the largest remainder, .67.
    assert to_whole(np.array([1.0, 2.0, 3.0]), 10).tolist() == [2, 3, 5]


def test_mountains_are_empty_and_the_basin_is_dense(province: Province) -> None:
    table = province.land.table
    tenth = len(table) // 10
    people = np.sort(table["residents"].to_numpy())[::-1]
    assert people[:tenth].sum() > 0.6 * people.sum()
    assert (table["residents"] == 0).mean() > 0.05


def test_roads_stay_in_the_province_and_have_all_classes(province: Province) -> None:
    lines = province.roads.lines
    assert set(lines["road_class"]) == {"motorway", "national", "provincial", "county"}
    outline = province.areas.level("province").geometry.iloc[0].buffer(0.002)
    assert shapely.covers(outline, lines.geometry.to_numpy()).all()


def test_sites_are_as_many_as_asked_for_and_of_known_kinds(province: Province) -> None:
    sites = province.places.sites
    precursor = sites["kind"].str.startswith("precursor")
    assert ((~precursor).sum(), precursor.sum()) == (province.scale.hubs, province.scale.enterprises)
    assert set(sites["kind"]) <= set(SITE_KINDS)
    assert sites["site_id"].is_unique
    closed = sites["closed_on"].notna()
    assert (sites.loc[closed, "closed_on"] > sites.loc[closed, "opened_on"]).all()


def test_checkpoints_stand_on_roads_inside_the_province(province: Province) -> None:
    posts = province.places.checkpoints
    assert len(posts) == province.scale.checkpoints
    assert province.land.table["inside"].to_numpy()[posts["at"]].all()
    points = shapely.points(posts["lon"], posts["lat"])
    major = province.roads.lines[province.roads.lines["road_class"].isin(["motorway", "national"])]
    assert shapely.distance(points, shapely.union_all(major.geometry.to_numpy())).max() < 0.002
    assert (positions_in(province.land.cells, province.land.cells[posts["at"]]) == posts["at"]).all()
