"""The numbers that a build must meet."""

import numpy as np
import pandas as pd
import shapely

from riskmap.simulate.areas import draw_areas
from riskmap.simulate.scales import CUT_OFF, FIRST_WEEK, SCALES, WEEKS, stream, week_starts
from riskmap.simulate.terrain import draw_terrain, to_degrees, to_km


def test_province_scale_is_the_one_asked_for() -> None:
    scale = SCALES["province"]
    assert (scale.area_km2, scale.prefectures, scale.counties) == (486_000, 21, 183)
    assert (scale.plants, scale.networks, scale.served) == (191, 500, 46_180_000)
    assert (scale.hubs, scale.enterprises, scale.checkpoints, scale.cases) == (16_000, 9_923, 30, 340_000)


def test_small_scale_has_a_fortieth_of_the_area() -> None:
    assert SCALES["small"].area_km2 * 40 == SCALES["province"].area_km2


def test_weeks_are_156_from_a_monday_and_end_before_2026() -> None:
    starts = week_starts()
    assert len(starts) == WEEKS == 156
    assert pd.Timestamp("2023-01-02") == FIRST_WEEK == starts[0]
    assert (starts.day_of_week == 0).all()
    assert starts[-1] + pd.Timedelta(weeks=1) == CUT_OFF < pd.Timestamp("2026-01-05")


def test_province_is_parted_into_21_prefectures_and_183_counties_of_the_right_area() -> None:
    scale = SCALES["province"]
    areas = draw_areas(scale, draw_terrain(scale, 1), 1)
    counties = areas.level("county")
    assert len(counties) == 183
    assert len(areas.level("prefecture")) == 21
    assert shapely.coverage_is_valid(counties.geometry.to_numpy())
    outline = shapely.transform(
        areas.level("province").geometry.iloc[0], lambda at: np.column_stack(to_km(at[:, 0], at[:, 1]))
    )
    assert abs(outline.area / 486_000 - 1) < 0.002


def test_kilometres_and_degrees_are_inverse() -> None:
    east, north = np.array([-300.0, 0.0, 250.0]), np.array([100.0, 0.0, -320.0])
    back = to_km(*to_degrees(east, north))
    np.testing.assert_allclose(back, (east, north), atol=1e-6)


def test_subjects_have_their_own_random_numbers() -> None:
    assert stream(1, "roads").random() == stream(1, "roads").random()
    assert stream(1, "roads").random() != stream(1, "sites").random()
    assert stream(1, "roads").random() != stream(2, "roads").random()
