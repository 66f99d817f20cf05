"""Real raw folders through recipes alone; the expected figures are those of the data's own READMEs."""

from pathlib import Path

import pandas as pd
import pytest

from riskmap.layers.areas import create_area, read_areas
from riskmap.layers.folders import coverage
from riskmap.layers.incidents import booking_points, read_events
from riskmap.layers.intake import import_files
from riskmap.layers.receipt import Receipt
from riskmap.layers.store import read_layer
from riskmap.layers.wastewater import read_plants, read_samples
from riskmap.sources.recipe_files import load_recipe
from riskmap.study import Study

pytestmark = pytest.mark.data


def take(study: Study, recipe: str, *paths: Path) -> Receipt:
    form = load_recipe(recipe)
    receipt = import_files(study, form.layer, list(paths), form)
    assert receipt.exit_status == 0, receipt.refused
    fates = receipt.not_selected + receipt.accepted + receipt.quarantined + receipt.rejected
    assert receipt.read == fates
    assert len(read_layer(study, form.layer)) > 0
    return receipt


@pytest.fixture
def yorkshire(public_data: Path, home: Path) -> Study:
    boundary = public_data / "boundaries" / "uk_south_yorkshire_wards2013.geojson"
    return create_area(home, "yorkshire", boundary, resolution=8, period="month", timezone="Europe/London")


def st_louis(public_data: Path, home: Path, period: str) -> Study:
    boundary = public_data / "boundaries" / "stl_neighborhoods.geojson"
    return create_area(home, f"stl-{period}", boundary, resolution=9, period=period, timezone="America/Chicago")


def test_south_yorkshire_raw_comes_in_with_its_gap(public_data: Path, yorkshire: Study) -> None:
    receipt = take(yorkshire, "uk-police", *(public_data / "uk_south_yorkshire" / "raw").glob("*.csv.gz"))
    assert (receipt.read, receipt.not_selected) == (164_021, 160_897)
    assert receipt.accepted + receipt.quarantined == 3_124
    assert {row["rule"] for row in receipt.rows} == {"no_location", "outside_area", "booking_point"}
    # Three points, a custody suite among them, hold 135, 73 and 59 of the 2,761 drug events; the next one holds 26.
    found = booking_points(yorkshire, "cases")
    assert found["records"].tolist() == [135, 73, 59]
    assert found["place"][0] == "-1.410684 53.400079"
    assert (~read_events(yorkshire, "cases")["on_grid"]).sum() == 135 + 73 + 59
    months = coverage(yorkshire, "cases")["covered_from"].astype("str").tolist()
    assert months == [f"2019-{month:02d}-01" for month in (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12)]
    events = read_events(yorkshire, "cases")
    assert (events["occurred_to"] == events["occurred_from"] + pd.offsets.MonthBegin(1)).all()
    assert (events["known_on"] == events["occurred_to"]).all()


def test_south_yorkshire_drug_events_come_in_by_the_same_recipe(public_data: Path, yorkshire: Study) -> None:
    receipt = take(yorkshire, "uk-police", public_data / "uk_south_yorkshire" / "drug_events.csv.gz")
    assert (receipt.read, receipt.not_selected) == (13_486, 0)
    rules = pd.Series([row["rule"] for row in receipt.rows]).value_counts()
    # 9.4 % of the drug events have no coordinates.
    assert rules["no_location"] == 1_269
    assert receipt.accepted == 13_486 - 1_269 - rules["outside_area"]
    assert len(coverage(yorkshire, "cases")) == 44


def test_everything_else_is_context(public_data: Path, yorkshire: Study) -> None:
    path = public_data / "uk_south_yorkshire" / "raw" / "2019-01-south-yorkshire-street.csv.gz"
    receipt = take(yorkshire, "uk-police-other", path)
    assert (receipt.read, receipt.not_selected) == (14_679, 246)
    assert "Drugs" not in set(read_events(yorkshire, "incidents")["kind"])


def test_month_only_rows_have_no_place_in_a_weekly_area(public_data: Path, home: Path) -> None:
    boundary = public_data / "boundaries" / "uk_south_yorkshire_wards2013.geojson"
    study = create_area(home, "weekly", boundary, resolution=8, period="week", timezone="Europe/London")
    path = public_data / "uk_south_yorkshire" / "drug_events.csv.gz"
    receipt = import_files(study, "cases", [path], load_recipe("uk-police"))
    assert (receipt.accepted, receipt.quarantined) == (0, 13_486)
    assert {row["rule"] for row in receipt.rows} == {"interval_exceeds_period"}


@pytest.mark.parametrize("period", ["week", "month", "quarter"])
def test_st_louis_raw_comes_in_with_its_net_count(public_data: Path, home: Path, period: str) -> None:
    study = st_louis(public_data, home, period)
    receipt = take(study, "st-louis-slmpd", public_data / "stl_slmpd" / "raw")
    assert receipt.read == 251_506
    # Drug rows by coded month, 2012 to 2016: 2583 + 2389 + 1614 + 1690 + 1779.
    assert receipt.accepted + receipt.quarantined == 10_055
    rules = {"no_location", "outside_area", "cancel_takes_place", "cancels_nothing", "booking_point"}
    assert {row["rule"] for row in receipt.rows} == rules
    assert booking_points(study, "cases")["records"].tolist() == [114, 100]
    # Net of adjustments 10,017; the 18 quarantined rows count +1 each.
    assert receipt.quarantined == 18
    assert receipt.net_count == 10_017 - 18
    assert len(coverage(study, "cases")) == 60
    encodings = {entry["encoding"] for entry in receipt.files}
    assert encodings == {"utf-8", "cp1252"}
    # Rows by coded month are those of the README.
    events = read_events(study, "cases")
    coded = (events["known_on"] - pd.Timedelta(days=1)).dt.year
    aside = pd.Series([int(row["file"][:4]) for row in receipt.rows if row["fate"] == "quarantined"])
    by_year = coded.value_counts().add(aside.value_counts(), fill_value=0)
    assert by_year.to_dict() == {2012: 2583, 2013: 2389, 2014: 1614, 2015: 1690, 2016: 1779}
    # Where a cancelling row stands is where its record stood.
    cancelled = events[events["count"] == -1]
    with_id = cancelled[cancelled["id"].str.contains("/")]
    assert with_id["lon"].notna().all()
    inside = events[events["lon"].notna()]
    assert inside["lon"].between(-90.4, -90.1).all()
    assert inside["lat"].between(38.4, 38.85).all()


def test_neighbourhoods_and_wards_are_areas(public_data: Path, home: Path, yorkshire: Study) -> None:
    study = st_louis(public_data, home, "week")
    take(study, "st-louis-neighborhoods", public_data / "boundaries" / "stl_neighborhoods.geojson")
    assert len(read_areas(study)) == 88
    take(yorkshire, "uk-wards", public_data / "boundaries" / "uk_south_yorkshire_wards2013.geojson")
    take(yorkshire, "uk-lsoa", public_data / "boundaries" / "uk_south_yorkshire_lsoa2011.geojson")
    assert read_areas(yorkshire)["level"].value_counts().to_dict() == {"township": 853, "county": 91}


def test_chicago_comes_in_with_and_without_coordinates(public_data: Path, home: Path) -> None:
    folder = public_data / "chicago_crimes"
    boundary = public_data / "boundaries" / "chicago_community_areas.geojson"
    study = create_area(home, "chicago", boundary, resolution=9, period="week", timezone="America/Chicago")
    points = take(study, "chicago-crimes", folder / "crimes_2018_jan_aug.parquet")
    assert (points.read, points.accepted + points.quarantined) == (156_385, 7_435)
    codes = take(study, "chicago-crimes", folder / "crimes-2022-slim.csv.gz")
    assert (codes.read, codes.accepted) == (215_551, 3_615)
    events = read_events(study, "cases")
    recent = events[events["occurred_from"] >= "2022"]
    assert recent["lon"].isna().all()
    assert recent["area_code"].astype(int).between(1, 77).all()
    # The clock is local although it is labelled UTC: the file begins at midnight of New Year.
    assert str(events["occurred_from"].min())[:10] == "2018-01-01"
    take(study, "chicago-community-areas", boundary)
    assert set(recent["area_code"]) <= set(read_areas(study)["area_code"])


def test_tempe_calls_are_incidents(public_data: Path, home: Path, tmp_path: Path) -> None:
    ring = "[[-112.05,33.3],[-111.75,33.3],[-111.75,33.5],[-112.05,33.5],[-112.05,33.3]]"
    feature = f'{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}'
    (tmp_path / "t.geojson").write_text(f'{{"type":"FeatureCollection","features":[{feature}]}}')
    study = create_area(home, "tempe", tmp_path / "t.geojson", resolution=8, period="week", timezone="America/Phoenix")
    receipt = take(study, "tempe-ems", public_data / "tempe_opioid_ems" / "tempe_opioid_calls.csv")
    assert (receipt.read, receipt.accepted) == (3_379, 3_379)


def test_european_wastewater_and_hubs(public_data: Path, home: Path, tmp_path: Path) -> None:
    ring = "[[-25,27],[45,27],[45,72],[-25,72],[-25,27]]"
    feature = f'{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}'
    (tmp_path / "e.geojson").write_text(f'{{"type":"FeatureCollection","features":[{feature}]}}')
    study = create_area(
        home, "europe", tmp_path / "e.geojson", resolution=4, period="quarter", timezone="Europe/Berlin"
    )
    folder = public_data / "wastewater_euda"
    sites = take(study, "euda-sites", folder / "ww-sites-2023-05-02.csv")
    assert (sites.read, sites.accepted) == (157, 156)
    loads = take(study, "euda-wastewater", folder / "ww-data-long-2023-05-02.csv")
    assert loads.read == 3_080 * 7
    samples = read_samples(study)
    assert set(read_plants(study)["plant_id"]) <= set(samples["plant_id"])
    first = samples.set_index("sample_id").loc["2022/amphetamine/AT001/Saturday"]
    assert first["load_mg_d_per_1000"] == 27.86
    assert (samples.loc[samples["load_mg_d_per_1000"] == 0, "qualifier"] == "<LOD").all()
    hubs = take(study, "hubs-airports", public_data / "hubs_global" / "airports-extended.dat.gz")
    assert (hubs.read, hubs.rejected) == (12_668, 0)


def test_colombian_seizures_come_in_whole_and_apart_by_unit(public_data: Path, home: Path) -> None:
    folder = public_data / "colombia_seizures"
    boundary = folder / "Colombia_departamentos.geojson"
    study = create_area(home, "colombia", boundary, resolution=5, period="week", timezone="America/Bogota")
    grams = take(study, "colombia-seizures-grams", folder / "raw_2013.xlsx")
    pills = take(study, "colombia-seizures-pills", folder / "raw_2013.xlsx")
    assert grams.read == pills.read == 109_335
    assert (grams.accepted, pills.accepted) == (108_075, 1_260)
    assert grams.accepted + pills.accepted == grams.read
    assert grams.rows == pills.rows == []
    seizures = read_layer(study, "seizures")
    assert seizures["amount_g"].notna().sum() == 108_075
    assert seizures["amount_units"].notna().sum() == 1_260
    # Month first: every day of 2013 and nothing else.
    days = seizures["seized_from"]
    assert (days.min(), days.max()) == (pd.Timestamp("2013-01-01"), pd.Timestamp("2013-12-31"))
    assert days.nunique() == 365
    assert (seizures["seized_to"] - seizures["seized_from"] == pd.Timedelta(days=1)).all()
    # No coordinates: department and municipality are the area.
    assert not read_events(study, "seizures")["on_grid"].any()
    assert "NARIÑO/PASTO" in set(seizures["area_code"])


def test_warehouses_ports_and_airports_are_sites(public_data: Path, home: Path, tmp_path: Path) -> None:
    ring = "[[-119,33.3],[-114.3,33.3],[-114.3,35.7],[-119,35.7],[-119,33.3]]"
    feature = f'{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}'
    (tmp_path / "s.geojson").write_text(f'{{"type":"FeatureCollection","features":[{feature}]}}')
    zone = "America/Los_Angeles"
    study = create_area(home, "socal", tmp_path / "s.geojson", resolution=7, period="week", timezone=zone)
    parcels = take(study, "warehouses-socal", public_data / "warehouses_socal" / "finalParcels_shapefile.zip")
    assert (parcels.read, parcels.accepted, parcels.rows) == (9_388, 9_388, [])
    assert parcels.files[0]["datum"] == "World Geodetic System 1984"
    ports = take(study, "hubs-seaports", public_data / "hubs_global" / "sea_ports.json.gz")
    assert (ports.read, ports.accepted, ports.quarantined) == (1_634, 3, 24)
    airports = take(study, "hubs-airports", public_data / "hubs_global" / "airports-extended.dat.gz")
    assert (airports.read, airports.accepted) == (12_668, 46)
    sites = read_layer(study, "sites")
    assert sites["kind"].value_counts().to_dict() == {"warehouse": 9_388, "airport": 46, "port": 3}
    warehouses = sites[sites["kind"] == "warehouse"]
    # 212,500 square feet are 19,742 m2.
    assert warehouses["size"].between(19_741, 19_743).any()
    assert warehouses.geometry.geom_type.value_counts().to_dict() == {"Polygon": 9_315, "MultiPolygon": 73}
