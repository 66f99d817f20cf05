import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import SourceError
from riskmap.sources.datum import from_wgs84, is_geographic, known_crs, to_wgs84
from riskmap.sources.gauss_krueger import is_zoned, settle_prefixes, zone_codes
from tests.columns import MANY, column

# Reference points of the coordTransform library (github.com/wandergis/coordtransform, README).
PLACE = (np.array([116.404]), np.array([39.915]))
METRES_PER_DEGREE = 111_320
GAUSS_KRUEGER = {  # code: central meridian, false easting
    "EPSG:4495": (99, 17_500_000),  # CGCS2000, 6 degrees, zone 17
    "EPSG:4523": (105, 35_500_000),  # CGCS2000, 3 degrees, zone 35
    "EPSG:4544": (105, 500_000),  # CGCS2000, 3 degrees, no prefix
    "EPSG:2359": (105, 35_500_000),  # Xian 1980
    "EPSG:2411": (105, 35_500_000),  # Beijing 1954
}


def places(
    lon: st.SearchStrategy[float], lat: st.SearchStrategy[float]
) -> st.SearchStrategy[list[tuple[float, float]]]:
    """A column of places."""
    return column(st.tuples(lon, lat))


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


@pytest.mark.parametrize("crs", ["GCJ-02", "BD-09", "EPSG:4490", "CGCS2000"])
@MANY
@given(places=places(st.floats(73.5, 135.1), st.floats(3.8, 53.6)))
def test_round_trip_is_under_a_centimetre_over_china(crs: str, places: list[tuple[float, float]]) -> None:
    lon, lat = np.array(places).T
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, crs), crs)
    assert (np.abs(back_lon - lon) * METRES_PER_DEGREE < 0.01).all()
    assert (np.abs(back_lat - lat) * METRES_PER_DEGREE < 0.01).all()


@pytest.mark.parametrize("crs", ["GCJ-02", "BD-09"])
def test_a_place_is_the_same_to_the_last_digit_in_whatever_company(crs: str) -> None:
    # Beyond the rectangle that is offset, places take more steps than those inside it.
    lon, lat = np.random.default_rng(3).uniform([60.0, -5.0], [140.0, 60.0], (500, 2)).T
    together = np.column_stack(to_wgs84(lon, lat, crs))
    alone = np.array([np.ravel(to_wgs84(lon[row : row + 1], lat[row : row + 1], crs)) for row in range(500)])
    assert np.array_equal(together, alone)


@pytest.mark.parametrize("crs", GAUSS_KRUEGER)
@MANY
@given(places=places(st.floats(-1.5, 1.5), st.floats(18, 53)))
def test_gauss_krueger_round_trip_is_under_a_centimetre(crs: str, places: list[tuple[float, float]]) -> None:
    lon, lat = np.array(places).T
    lon = lon + GAUSS_KRUEGER[crs][0]
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, crs), crs)
    assert (np.abs(back_lon - lon) * METRES_PER_DEGREE < 0.01).all()
    assert (np.abs(back_lat - lat) * METRES_PER_DEGREE < 0.01).all()


@pytest.mark.parametrize("crs", GAUSS_KRUEGER)
def test_the_central_meridian_has_the_false_easting(crs: str) -> None:
    # Datums differ by up to some hundred metres; only CGCS2000 is WGS84 here.
    meridian, easting = GAUSS_KRUEGER[crs]
    x, _ = from_wgs84(np.array([float(meridian)]), np.array([30.0]), crs)
    assert abs(x[0] - easting) < (0.001 if crs in ("EPSG:4495", "EPSG:4523", "EPSG:4544") else 300)


@MANY
@given(places=places(st.one_of(st.floats(-180, 72), st.floats(137.84, 180)), st.floats(-90, 90)))
def test_outside_china_nothing_is_offset(places: list[tuple[float, float]]) -> None:
    lon, lat = np.array(places).T
    for move in (from_wgs84, to_wgs84):
        moved_lon, moved_lat = move(lon, lat, "GCJ-02")
        assert moved_lon.tolist() == lon.tolist()
        assert moved_lat.tolist() == lat.tolist()


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
    assert not is_geographic("CGCS2000 GK")


def test_what_cannot_be_converted_is_nan() -> None:
    lon, lat = to_wgs84(np.array([np.nan, 1e30]), np.array([np.nan, 1e30]), "ESRI:102696")
    assert np.isnan(lon).all()
    assert np.isnan(lat).all()


@pytest.mark.parametrize(
    "name", ["CGCS2000 GK", "cgcs2000 / Gauss-Krueger", "Gauss-Kruger", "Xian 1980 GK", "高斯-克吕格"]
)
def test_gauss_krueger_may_be_named_without_its_zone(name: str) -> None:
    assert is_zoned(name)


@pytest.mark.parametrize("name", ["CGCS2000", "EPSG:4523", "unknown", "Pulkovo GK"])
def test_other_systems_are_not_zoned(name: str) -> None:
    assert not is_zoned(name)


def test_the_zone_is_read_from_each_easting() -> None:
    # CGCS2000: zone 18 of 6 degrees is EPSG:4496, zone 35 of 3 degrees EPSG:4523; 24 is a zone of neither kind.
    x = np.array([18_512_345.0, 35_512_345.0, 24_512_345.0, 512_345.0, np.nan])
    assert zone_codes(x, "CGCS2000 GK").tolist() == [4496, 4523, 0, 0, 0]
    assert zone_codes(x[:2], "Xian 1980 GK").tolist() == [2332, 2359]
    assert zone_codes(x[:2], "Beijing 1954 GK").tolist() == [21418, 2411]


def test_eastings_of_two_zones_come_to_one_place() -> None:
    # 105 east is the central meridian of zone 18 of 6 degrees and of zone 35 of 3 degrees.
    lon, lat = to_wgs84(np.array([18_500_000.0, 35_500_000.0, 500_000.0]), np.full(3, 3_400_000.0), "CGCS2000 GK")
    assert lon[:2] == pytest.approx([105.0, 105.0], abs=1e-9)
    assert lat[0] == lat[1]
    assert np.isnan(lon[2])


def test_eastings_without_any_zone_are_refused() -> None:
    with pytest.raises(
        SourceError, match=r"none of 2 eastings in CGCS2000 GK .* \(the first is 512345\.5\)"
    ) as refused:
        to_wgs84(np.array([512_345.5, np.nan, 400_000]), np.full(3, 3.4e6), "CGCS2000 GK")
    assert refused.value.rule == "unknown_zone"


@pytest.mark.parametrize(
    ("crs", "easting", "settled"),
    [
        ("EPSG:4523", 512_345.0, 35_512_345.0),  # zone 35 wants its prefix
        ("EPSG:4523", 35_512_345.0, 35_512_345.0),
        ("EPSG:4523", 36_512_345.0, 36_512_345.0),  # another zone: not ours to change
        ("EPSG:4544", 35_512_345.0, 512_345.0),  # 105 east without prefix
        ("EPSG:4544", 18_512_345.0, 512_345.0),  # zone 18 of 6 degrees has that meridian too
        ("EPSG:4544", 36_512_345.0, 36_512_345.0),
        ("EPSG:4544", 512_345.0, 512_345.0),
        ("ESRI:102696", 890_875.6, 890_875.6),
        ("EPSG:32648", 512_345.0, 512_345.0),
    ],
)
def test_a_declared_zone_settles_the_prefix(crs: str, easting: float, settled: float) -> None:
    x, changed = settle_prefixes(np.array([easting, np.nan]), crs)
    assert x[0] == settled
    assert changed.tolist() == [settled != easting, False]
