from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from riskmap.errors import RecipeError, SnapshotError, SourceError, TableError
from riskmap.layers.folders import coverage, layer_fingerprint, list_imports
from riskmap.layers.incidents import read_events
from riskmap.layers.intake import import_files
from riskmap.layers.receipt import Receipt
from riskmap.layers.store import read_layer
from riskmap.layers.stored_shapes import point_columns
from riskmap.schema import LAYERS
from riskmap.sources.recipe import Recipe
from riskmap.study import Study


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_without_imports_is_empty_and_typed(square_area: Study, layer: str) -> None:
    rows = read_layer(square_area, layer)
    assert len(rows) == 0
    assert {"source_id", "row_id", "import_id"} <= set(rows.columns)
    assert coverage(square_area, layer).dtypes.astype(str).to_dict()["covered_from"] == "datetime64[us]"


@pytest.mark.parametrize("layer", ["cases", "incidents", "seizures"])
def test_events_of_an_empty_layer_have_their_columns(square_area: Study, layer: str) -> None:
    events = read_events(square_area, layer)
    assert {"id", "occurred_from", "known_on", "kind", "count", "lon", "lat", "area_code"} <= set(events.columns)
    assert str(events["occurred_from"].dtype) == "datetime64[us]"


def test_fingerprints_tell_layers_apart(square_area: Study) -> None:
    assert layer_fingerprint(square_area, "cases") != layer_fingerprint(square_area, "sites")
    assert list_imports(square_area) == []


def test_a_layer_that_is_none_is_named(square_area: Study) -> None:
    with pytest.raises(TableError, match="There is no layer 'crimes'; the layers are cases, "):
        read_layer(square_area, "crimes")
    with pytest.raises(TableError, match="Layer 'sites' holds no events; cases, incidents, seizures do"):
        read_events(square_area, "sites")


def test_a_receipt_must_add_up() -> None:
    counts = {"read": 3, "not_selected": 1, "accepted": 1, "repaired": 0, "quarantined": 0, "rejected": 0}
    with pytest.raises(SnapshotError, match="3 rows read, 2 accounted for"):
        Receipt(counts)
    with pytest.raises(SnapshotError, match="does not add up"):
        Receipt(counts | {"read": 2, "repaired": 2})


def test_coordinates_come_in_pairs(square_area: Study, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("day,lon\n2024-01-02,104.5\n")
    form = {"name": "half", "layer": "cases", "crs": "WGS84", "constants": {"category": "other"}}
    half = Recipe.model_validate(form | {"columns": {"occurred": "day", "lon": "lon"}})
    with pytest.raises(RecipeError, match="lon and lat, and x and y, come in pairs"):
        import_files(square_area, "cases", [tmp_path / "a.csv"], half)
    none = Recipe.model_validate(form | {"columns": {"occurred": "day"}})
    receipt = import_files(square_area, "cases", [tmp_path / "a.csv"], none)
    assert receipt.refused[0]["refused"]["rule"] == "no_place"
    dateless = Recipe.model_validate(form | {"columns": {}, "constants": {"category": "other", "area_code": "1"}})
    receipt = import_files(square_area, "cases", [tmp_path / "a.csv"], dateless)
    assert receipt.refused[0]["refused"]["rule"] == "no_date"


def test_an_import_needs_files(square_area: Study) -> None:
    form = Recipe.model_validate({"name": "x", "layer": "cases", "constants": {"category": "other"}})
    with pytest.raises(SourceError, match="No file was named"):
        import_files(square_area, "cases", [], form)


def test_points_in_bytes_are_those_of_their_shapes() -> None:
    texts = ["POINT (104.5 30.25)", "POINT Z (1 2 3)", "LINESTRING (0 0, 1 1)", "POLYGON EMPTY"]
    shapes = np.array([*shapely.from_wkt(texts), None])
    lon, lat = point_columns(pd.Series(shapely.to_wkb(shapes)))
    assert np.array_equal(lon, shapely.get_x(shapes), equal_nan=True)
    assert np.array_equal(lat, shapely.get_y(shapes), equal_nan=True)
