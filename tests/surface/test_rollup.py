import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy import stats

from riskmap.grid.cells import cells_of_polygon
from riskmap.surface.rollup import area_matrices, areas_with_whole, cell_areas, roll_up

OUTLINE = shapely.box(10.0, 50.0, 10.2, 50.1)
CELLS = cells_of_polygon(OUTLINE, 8)


def two_counties():
    shapes = [shapely.box(10.0, 50.0, 10.09, 50.1), shapely.box(10.09, 50.0, 10.2, 50.1)]
    columns = {"area_code": ["980101", "980102"], "level": "county", "parent_code": "980100", "name_zh": ["甲", "乙"]}
    return gpd.GeoDataFrame({**columns, "name_en": ["A", "B"]}, geometry=shapes, crs="EPSG:4326")


@pytest.fixture
def rolled():
    areas = areas_with_whole(two_counties(), "here", OUTLINE, ("这里", "Here"))
    overlaps = area_matrices(areas, CELLS, 8)
    expected = np.random.default_rng(1).gamma(0.3, 1.0, len(CELLS))
    table = roll_up(
        areas,
        overlaps,
        expected=expected,
        baseline_expected=expected * 2,
        variance=expected * 1.5,
        last_count=np.full(len(CELLS), 4.0),
        before_count=np.full(len(CELLS), 1.0),
        monitored=np.ones(len(CELLS), dtype=bool),
    )
    return expected, table.set_index("area_code")


def test_totals_are_the_same_at_every_level(rolled):
    expected, table = rolled
    counties = table[table["level"] == "county"]
    assert counties["expected"].sum() == pytest.approx(expected.sum())
    assert table.loc["here", "expected"] == pytest.approx(expected.sum())
    assert table.loc["here", "baseline_expected"] == pytest.approx(2 * expected.sum())
    assert counties["last_count"].sum() == pytest.approx(4 * len(CELLS))
    assert table.loc["here", "monitored_share"] == pytest.approx(1.0)


def test_change_is_a_z_of_roots(rolled):
    _, table = rolled
    total = table.loc["here"]
    assert total["z"] == pytest.approx(2 * (np.sqrt(total["last_count"]) - np.sqrt(total["before_count"])))


def test_the_interval_is_that_of_the_summed_distribution(rolled):
    expected, table = rolled
    mean, variance = expected.sum(), 1.5 * expected.sum()
    size = mean**2 / (variance - mean)
    reference = stats.nbinom.ppf([0.1, 0.9], size, size / (size + mean))
    assert table.loc["here", ["low", "high"]].to_numpy(float) == pytest.approx(reference)


def test_a_study_without_areas_is_one_area():
    areas = areas_with_whole(two_counties().head(0), "here", OUTLINE, ("这里", "Here"))
    assert areas["area_code"].tolist() == ["here"]
    codes = cell_areas(areas, area_matrices(areas, CELLS, 8), CELLS)
    assert codes["province"].eq("here").all()
    assert codes["county"].isna().all()
