"""Cases on no cell are counted for areas."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from riskmap.surface.unplaced import count_unplaced

AREAS = gpd.GeoDataFrame(
    {
        "area_code": ["51", "5101", "510101", "510102", "510101001"],
        "level": ["province", "prefecture", "county", "county", "township"],
        "parent_code": [None, "51", "5101", "5101", "510101"],
    },
    geometry=[box(0, 0, 4, 2), box(0, 0, 2, 2), box(0, 0, 1, 2), box(1, 0, 2, 2), box(0, 0, 1, 1)],
    crs="EPSG:4326",
)


def events(*rows: tuple[str | None, float, float, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_code", "lon", "lat", "count"])


@pytest.mark.parametrize(
    ("row", "counted"),
    [
        (("510101", np.nan, np.nan, 1), [1, 1, 1, 0, 0]),
        (("510101001", np.nan, np.nan, 1), [1, 1, 1, 0, 1]),
        ((None, 0.5, 0.5, 1), [1, 1, 1, 0, 0]),
        (("E0100", 1.5, 0.5, 1), [1, 1, 0, 1, 0]),
        (("510102", 0.5, 0.5, 1), [1, 1, 0, 1, 0]),
        ((None, 3.5, 0.5, 1), [1, 0, 0, 0, 0]),
        ((None, np.nan, np.nan, 1), [1, 0, 0, 0, 0]),
        (("5101", np.nan, np.nan, -1), [-1, -1, 0, 0, 0]),
    ],
    ids=["code", "township code", "point", "foreign code, point", "code before point", "in no county", "nowhere", "-1"],
)
def test_a_case_counts_in_its_area_and_all_above(row: tuple[str | None, float, float, int], counted: list[int]) -> None:
    assert count_unplaced(events(row), AREAS).tolist() == counted


def test_totals_are_kept_at_every_level_that_covers_the_cases() -> None:
    rng = np.random.default_rng(5)
    points = [(None, *point, 1) for point in rng.uniform(0, 2, (200, 2))]
    found = count_unplaced(events(*points, ("510102", np.nan, np.nan, 1)), AREAS)
    assert found[0] == found[1] == found[2] + found[3] == 201


def test_no_cases_are_no_count() -> None:
    assert count_unplaced(events(), AREAS).tolist() == [0, 0, 0, 0, 0]
