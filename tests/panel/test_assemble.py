from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from riskmap.errors import PanelError
from riskmap.grid.cells import cell_centres, cells_of_polygon
from riskmap.grid.neighbours import ring_matrix
from riskmap.panel.assemble import History, feature_rows, history_blocks, rows_at_origin, standard_histories
from riskmap.panel.build import FEWEST_REGIONS, cell_groups
from riskmap.panel.history import decayed_change
from riskmap.panel.leaks import refuse_future_features, with_another_future
from riskmap.panel.nearby import FAR_M, distance_to_lines_m, register_sites, unit_vectors
from riskmap.panel.sample import draw_sample, empty_shares, target_counts
from riskmap.panel.tiles import write_panel
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts


@pytest.fixture(scope="module")
def panel():
    cells = cells_of_polygon(shapely.box(10.0, 50.0, 11.2, 50.5), 8)
    return make_panel(random_counts(lumpy_rate(cells, 30), seed=1), cells)


def test_tiles_give_the_same_numbers_as_the_whole(panel):
    origins = range(12, 16)
    whole = {h.name: block for h, block in history_blocks(panel, panel.whole(), origins)}
    assert len(panel.tiles()) > 1
    for tile in panel.tiles():
        for history, block in history_blocks(panel, tile, origins):
            assert np.array_equal(block, whole[history.name][:, tile.core], equal_nan=True), history.name


def test_ring_features_are_the_sums_of_the_cells_around(panel):
    at = range(20, 21)
    wanted = tuple(History("cases", "decay", 6, ring) for ring in range(4))
    own, *rings = (block[0] for _, block in history_blocks(panel, panel.whole(), at, wanted))
    for steps, ring in enumerate(rings, start=1):
        assert ring == pytest.approx(ring_matrix(panel.cells, steps) @ own, abs=1e-4)


def test_group_features_are_the_means_of_the_other_cells(panel):
    at = range(20, 21)
    wanted = (History("cases", "decay", 6), History("cases", "decay", 6, group="parent"))
    own, others = (block[0] for _, block in history_blocks(panel, panel.whole(), at, wanted))
    number = panel.groups["parent"]
    for cell in range(0, len(panel.cells), 97):
        rest = (number == number[cell]) & (np.arange(len(number)) != cell)
        assert others[cell] == pytest.approx(own[rest].mean(), abs=1e-5) if rest.any() else np.isnan(others[cell])


def test_a_change_is_that_of_the_whole_region(panel):
    at = range(20, 21)
    wanted = (History("cases", "change", 2, group="region", against=12),)
    ((_, block),) = history_blocks(panel, panel.whole(), at, wanted)
    number = panel.groups["region"]
    assert wanted[0].name == "cases_region_change_2_12"
    for region in np.unique(number):
        mine = panel.cases.at_cells(np.flatnonzero(number == region), len(panel.cells))
        one = replace(mine, cell=np.zeros_like(mine.cell))
        assert block[0, number == region] == pytest.approx(decayed_change(one, 1, at, 2, 12)[0, 0], abs=1e-5)


def test_changes_are_looked_at_only_where_there_are_many_regions():
    nowhere = gpd.GeoDataFrame({"area_code": [], "level": []}, geometry=[], crs="EPSG:4326")
    for width, there in ((0.7, False), (3.2, True)):
        cells = cells_of_polygon(shapely.box(10.0, 50.0, 10.0 + width, 51.0), 8)
        groups = cell_groups(nowhere, cells, 8)
        assert groups["parent"].max() > FEWEST_REGIONS
        assert ("region" in groups) is there
        made = {h.name for h in standard_histories("week", ["cases"], list(groups))}
        assert ("cases_region_change_4_104" in made) is there
        assert not any(name.startswith("cases_region_decay") for name in made)


def test_late_registration_is_allowed_for_in_cells_as_in_rings(panel):
    # Half of the newest period's records are usually known by then: one record in it stands for two.
    known_late = replace(panel.cases, completeness=np.array([0.5]))
    wanted = (History("cases", "mean", 1), History("cases", "mean", 1, 1))
    plain = [b for _, b in history_blocks(panel, panel.whole(), range(20, 21), wanted)]
    late = replace(panel, sources={"cases": known_late})
    for before, (_, after) in zip(plain, history_blocks(late, late.whole(), range(20, 21), wanted), strict=True):
        np.testing.assert_allclose(after, 2 * before)


def test_a_row_is_the_same_whether_drawn_for_training_or_for_scoring(panel):
    rows = rows_at_origin(panel, 14)
    tile = panel.tiles()[0]
    picked = np.array([0, 5, 9])
    drawn = feature_rows(panel, tile, range(10, 18), np.full(3, 4), picked)
    # a decayed mean is summed up step by step over several origins, at once for one: float32 rounds differently
    np.testing.assert_allclose(drawn, rows[tile.core[picked]], rtol=1e-5)


def test_another_future_leaves_every_feature_unchanged(panel):
    for origin in (8, 20, 30):
        refuse_future_features(panel, origin, seed=7)


def test_the_future_is_really_another_one(panel):
    other = with_another_future(panel, 20, seed=7)
    assert not np.array_equal(rows_at_origin(panel, 24), rows_at_origin(other, 24), equal_nan=True)
    assert not np.array_equal(panel.cases.matrix(len(panel.cells)), other.cases.matrix(len(panel.cells)))


def test_a_feature_that_sees_late_registrations_too_early_is_caught(panel):
    hasty = replace(panel.cases, usable=panel.cases.occurred.copy())
    # such a panel counts a period's own cases before it has begun
    leaky = replace(panel, sources={"cases": hasty}, histories=(History("cases", "lag", 0),))
    with pytest.raises(PanelError, match="cases_lag_0"):
        refuse_future_features(leaky, 20, seed=7)


def test_a_sample_stands_for_all_rows(panel, monkeypatch):
    monkeypatch.setattr("riskmap.panel.sample.MOST_EMPTY_ROWS", 4_000)
    sample = draw_sample(panel, 10, 30, 1, seed=2)
    truth = target_counts(panel, panel.whole(), range(10, 30), 1, 30)
    assert (sample.count * sample.weight).sum() == pytest.approx(truth.sum())
    assert sample.weight.sum() == pytest.approx(truth.size, rel=0.05)
    assert len(sample.count) < truth.size / 2
    again = draw_sample(panel, 10, 30, 1, seed=2)
    assert np.array_equal(sample.features, again.features, equal_nan=True)


@pytest.mark.parametrize("share", [0.001, 0.05, 0.4, 0.9])
def test_empty_rows_are_kept_the_likelier_the_more_happened_in_their_cell(share):
    seen = np.random.default_rng(3).gamma(0.1, 20.0, 500).round()
    chance = empty_shares(seen, share)
    assert chance.mean() == pytest.approx(share)
    assert (chance > 0).all()
    assert (chance <= 1).all()
    assert (np.diff(chance[np.argsort(seen, kind="stable")]) >= -1e-12).all()
    free = chance < 1
    pull = seen + seen.mean()
    assert np.ptp(chance[free] / pull[free]) < 1e-9 * chance.max()


def test_all_empty_rows_are_kept_where_there_is_room_and_as_many_of_each_cell_where_nothing_happened():
    assert (empty_shares(np.array([0.0, 3.0]), 1.5) == 1).all()
    assert (empty_shares(np.zeros(4), 0.3) == 0.3).all()
    assert empty_shares(np.array([-1.0, 0.0, 5.0]), 0.5).min() > 0


def test_nothing_to_learn_from_is_said(panel):
    with pytest.raises(PanelError, match="no reported period"):
        draw_sample(panel, 30, 30, 1, seed=2)
    quiet = replace(panel, sources={"cases": replace(panel.cases, count=panel.cases.count * 0)})
    silent = replace(
        quiet.cases,
        cell=quiet.cases.cell[:0],
        occurred=quiet.cases.occurred[:0],
        usable=quiet.cases.usable[:0],
        count=quiet.cases.count[:0],
    )
    with pytest.raises(PanelError, match="no case"):
        draw_sample(replace(panel, sources={"cases": silent}), 10, 30, 1, seed=2)


def test_nothing_written_to_a_panel_reaches_its_arguments():
    cells = disk_cells(4)
    counts = random_counts(lumpy_rate(cells, 12), seed=5)
    before = counts.count.copy()
    draw_sample(make_panel(counts, cells), 4, 12, 1, seed=1)
    assert np.array_equal(counts.count, before)


def test_the_register_of_sites_is_the_one_of_its_time():
    lon, lat = cell_centres(disk_cells(1))
    points = unit_vectors(lon, lat)
    sites = pd.DataFrame(
        {
            "kind": ["port", "port"],
            "geometry": shapely.points([lon[0], lon[1]], [lat[0], lat[1]]),
            "opened_on": pd.to_datetime(["2019-01-01", "2020-05-01"]).astype("datetime64[us]"),
            "closed_on": pd.to_datetime([None, "2021-02-01"]).astype("datetime64[us]"),
        }
    )
    register = register_sites(sites, pd.Timestamp("2020-01-01"), pd.Timestamp("2021-12-31"))
    nearest = register.names.index("distance_port_m")
    within = register.names.index("hub_within_1000m_count")
    moments = pd.DatetimeIndex(["2020-06-15", "2020-07-01", "2021-04-01"])
    seen = register.look_up(np.repeat(points[1:2], 3, axis=0), moments)
    # opened in May: in the register of 1 July, not yet in that of April, and gone again from that of April 2021
    assert seen[1, nearest] == pytest.approx(0, abs=1)
    assert seen[0, nearest] == seen[2, nearest] > 400
    assert (seen[:, within] == [1, 2, 1]).all()


def test_a_kind_without_an_open_site_is_far_and_not_missing():
    sites = pd.DataFrame(
        {"kind": ["venue"], "geometry": shapely.points([10.0], [50.0]), "opened_on": pd.to_datetime(["2030-01-01"])}
    )
    register = register_sites(sites, pd.Timestamp("2020-01-01"), pd.Timestamp("2020-12-31"))
    seen = register.look_up(unit_vectors(np.array([10.0]), np.array([50.0])), pd.DatetimeIndex(["2020-06-01"]))
    assert seen[0, register.names.index("distance_venue_m")] == FAR_M
    assert seen[0, register.names.index("venue_within_3000m_count")] == 0
    assert register_sites(sites.head(0), pd.Timestamp("2020-01-01"), pd.Timestamp("2020-12-31")) is None


def test_distance_to_a_road_is_that_to_its_line():
    road = np.array([shapely.LineString([(10.0, 50.0), (10.5, 50.0)])], dtype=object)
    point = unit_vectors(np.array([10.25]), np.array([50.05]))
    # one degree of latitude is 111.195 km on the sphere of equal area
    assert distance_to_lines_m(road, point)[0] == pytest.approx(0.05 * 111_195, rel=0.005)
    assert distance_to_lines_m(road[:0], point)[0] == FAR_M


def test_a_written_panel_is_the_same_from_one_process_or_two_and_resumes(panel, tmp_path):
    origins = range(0, 30)
    alone = write_panel(panel, tmp_path / "alone", origins, processes=1)
    both = write_panel(panel, tmp_path / "both", origins, processes=2)
    assert {path.name for path in alone} == {path.name for path in both}
    for path in alone:
        assert path.read_bytes() == (tmp_path / "both" / path.name).read_bytes()
    rows = pd.concat([pd.read_parquet(path) for path in alone])
    assert len(rows) == 30 * len(panel.cells)
    rows = rows.astype({"origin": int, "cell": "uint64"})
    at = rows[rows["origin"] == 20].set_index("cell")
    expected = rows_at_origin(panel, 20)[:, 0]
    np.testing.assert_allclose(at.loc[panel.cells, panel.histories[0].name], expected, rtol=1e-5)
    alone[0].unlink()
    before = {path: path.stat().st_mtime_ns for path in alone[1:]}
    write_panel(panel, tmp_path / "alone", origins, processes=1)
    assert alone[0].exists()
    assert {path: path.stat().st_mtime_ns for path in alone[1:]} == before
