from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from h3 import latlng_to_cell
from shapely.geometry import box

from riskmap.layers.catchments import county_residents
from riskmap.layers.intake import import_files
from riskmap.layers.substances import known_analytes
from riskmap.sources.recipe import Recipe
from riskmap.study import Study


def take(study: Study, layer: str, path: Path, **form: object) -> None:
    import_files(study, layer, [path], Recipe.model_validate({"name": "trial", "layer": layer, **form}))


@pytest.fixture
def two_counties(square_area: Study, tmp_path: Path) -> Study:
    """W from 104 to 104.5 east, E from there to 105."""
    shapes = [box(104, 30, 104.5, 31), box(104.5, 30, 105, 31)]
    gpd.GeoDataFrame({"code": ["W", "E"]}, geometry=shapes, crs=4326).to_file(tmp_path / "areas.gpkg")
    form = {"columns": {"area_code": "code"}, "constants": {"level": "county"}}
    take(square_area, "areas", tmp_path / "areas.gpkg", **form)
    return square_area


def test_without_population_nothing_is_known(two_counties: Study):
    counties, residents = county_residents(two_counties)
    assert (len(counties), len(residents)) == (0, 0)


def test_cells_are_summed_where_their_middles_lie(two_counties: Study, tmp_path: Path):
    cells = [latlng_to_cell(30.5, lon, 8) for lon in (104.2, 104.3, 104.8)]
    rows = "\n".join(["cell,people", f"{cells[0]},100", f"{cells[1]},20", f"{cells[2]},3"])
    (tmp_path / "people.csv").write_text(rows + "\n")
    take(two_counties, "population", tmp_path / "people.csv", columns={"cell": "cell", "residents": "people"})
    counties, residents = county_residents(two_counties)
    assert dict(zip(counties["area_code"], residents, strict=True)) == {"W": 120, "E": 3}


def test_points_are_summed_and_only_the_latest_year_counts(two_counties: Study, tmp_path: Path):
    rows = "lon,lat,people,year\n104.20001,30.50001,100,2024\n104.20001,30.50001,90,2020\n"
    (tmp_path / "people.csv").write_text(rows)
    columns = {"lon": "lon", "lat": "lat", "residents": "people", "year": "year"}
    take(two_counties, "population", tmp_path / "people.csv", crs="WGS84", columns=columns)
    counties, residents = county_residents(two_counties)
    found = dict(zip(counties["area_code"], residents, strict=True))
    assert found["W"] == 100
    assert np.isnan(found["E"])


def test_the_list_of_substances_names_each_once_in_both_languages():
    known = known_analytes()
    assert known["analyte"].is_unique
    assert known["name_zh"].is_unique
    assert known.notna().all(axis=None)
    assert {"methamphetamine", "amphetamine", "etomidate_acid", "cotinine"} <= set(known["analyte"])
