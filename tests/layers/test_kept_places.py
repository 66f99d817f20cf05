import json

import numpy as np
import pandas as pd

from riskmap.layers.kept_places import quarantined_places
from riskmap.sources.datum import to_wgs84
from riskmap.sources.recipe import Recipe


def recipe(**changes):
    form = {"name": "trial", "layer": "cases", "columns": {"lon": ["经度", "lng"], "lat": "纬度"}, "crs": "WGS84"}
    return Recipe.model_validate(form | changes)


def kept(*rows):
    return pd.DataFrame({"content": [json.dumps(row) for row in rows]}, index=range(5, 5 + len(rows)))


def test_places_are_read_from_the_columns_that_the_recipe_names():
    places = quarantined_places(kept({"lng": "104.5", "纬度": "30.5"}, {"lng": "about", "纬度": "30.5"}), recipe())
    assert places.index.tolist() == [5, 6]
    assert (places["lon"][5], places["lat"][5]) == (104.5, 30.5)
    assert np.isnan(places["lon"][6])


def test_places_are_moved_from_the_datum_of_the_source():
    places = quarantined_places(kept({"经度": "104.5", "纬度": "30.5"}), recipe(crs="GCJ-02"))
    lon, lat = to_wgs84(np.array([104.5]), np.array([30.5]), "GCJ-02")
    assert (places["lon"][5], places["lat"][5]) == (lon[0], lat[0])
    assert abs(places["lon"][5] - 104.5) > 1e-3


def test_a_shape_stands_for_its_centre():
    square = "POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))"
    places = quarantined_places(kept({"geometry_wkt": square}, {"geometry_wkt": ""}), recipe())
    assert (places["lon"][5], places["lat"][5]) == (1.0, 1.0)
    assert np.isnan(places["lon"][6])


def test_rows_without_coordinates_or_datum_have_no_place():
    assert quarantined_places(kept({"区划": "510100"}), recipe())["lon"].isna().all()
    assert quarantined_places(kept({"经度": "1", "纬度": "2"}), recipe(crs=None))["lon"].isna().all()
    assert quarantined_places(kept(), recipe()).empty


def test_an_easting_without_its_zone_has_no_place():
    form = recipe(columns={"x": "E", "y": "N"}, crs="Gauss-Krueger")
    assert quarantined_places(kept({"E": "512345", "N": "3400000"}), form)["lon"].isna().all()
