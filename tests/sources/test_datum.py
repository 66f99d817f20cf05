import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.errors import SourceError
from riskmap.sources.datum import from_wgs84, is_geographic, known_crs, to_wgs84

# Reference points of the coordTransform library (github.com/wandergis/coordtransform, README).
PLACE = (np.array([116.404]), np.array([39.915]))


def test_gcj02_of_a_published_point() -> None:
    lon, lat = from_wgs84(*PLACE, "GCJ-02")
    assert lon[0] == pytest.approx(116.41024449916938, abs=1e-9)
    assert lat[0] == pytest.approx(39.91640428150164, abs=1e-9)


def test_bd09_of_a_published_gcj02_point() -> None:
    # (116.404, 39.915) in GCJ-02 is published as (116.41036949371029, 39.92133699351021) in BD-09, so both stand for
    # one place.
    from_gcj = to_wgs84(*PLACE, "GCJ-02")
    from_bd = to_wgs84(np.array([116.41036949371029]), np.array([39.92133699351021]), "BD-09")
    assert np.allclose(from_gcj, from_bd, atol=1e-9)


@pytest.mark.parametrize("crs", ["GCJ-02", "BD-09", "EPSG:4490", "CGCS2000", "EPSG:4548"])
@settings(max_examples=200, deadline=None)
@given(lon=st.floats(74, 134), lat=st.floats(18.5, 53))
def test_round_trip_is_under_a_centimetre_over_china(crs: str, lon: float, lat: float) -> None:
    if crs == "EPSG:4548":  # Gauss-Krueger, central meridian 117 east: only near it
        lon = 114 + (lon - 74) / 10
    there = from_wgs84(np.array([lon]), np.array([lat]), crs)
    back_lon, back_lat = to_wgs84(*there, crs)
    assert abs(back_lon[0] - lon) * 111_320 < 0.01
    assert abs(back_lat[0] - lat) * 111_320 < 0.01


def test_outside_china_nothing_is_offset() -> None:
    lon, lat = from_wgs84(np.array([-1.47]), np.array([53.38]), "GCJ-02")
    assert (lon[0], lat[0]) == (-1.47, 53.38)


def test_us_survey_feet_are_not_international_feet() -> None:
    # At a northing of a million feet the two differ by 2 ppm, which is 0.6 m.
    lon, lat = to_wgs84(np.array([890875.6]), np.array([1005653.0]), "ESRI:102696")
    assert lon[0] == pytest.approx(-90.2529, abs=1e-3)
    assert lat[0] == pytest.approx(38.5947, abs=1e-3)


def test_a_code_that_nobody_knows_is_refused() -> None:
    with pytest.raises(SourceError, match="'EPSG:1' is not known; give an EPSG or ESRI code"):
        known_crs("EPSG:1")


def test_degrees_can_be_swapped_and_metres_cannot() -> None:
    assert is_geographic("GCJ-02")
    assert is_geographic("unknown")
    assert not is_geographic("ESRI:102696")


def test_what_cannot_be_converted_is_nan() -> None:
    lon, lat = to_wgs84(np.array([np.nan, 1e30]), np.array([np.nan, 1e30]), "ESRI:102696")
    assert np.isnan(lon).all()
    assert np.isnan(lat).all()
