"""What tests of several stages share."""

import json
from pathlib import Path

import pytest

from riskmap.layers.areas import create_area
from riskmap.study import REPOSITORY, Study

PUBLIC_DATA = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of public data beside the project; tests that need it are skipped, and say so, where it is missing."""
    if not PUBLIC_DATA.is_dir():
        pytest.skip(f"SKIPPED FOR WANT OF DATA: {PUBLIC_DATA} is missing")
    return PUBLIC_DATA


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path / "home"


@pytest.fixture
def square_file(tmp_path: Path) -> Path:
    """A boundary: one degree square at 104-105 east, 30-31 north."""
    ring = [[104, 30], [105, 30], [105, 31], [104, 31], [104, 30]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path = tmp_path / "square.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


@pytest.fixture
def square_area(home: Path, square_file: Path) -> Study:
    """A weekly area of that square at resolution 8."""
    return create_area(home, "square", square_file, resolution=8, period="week", timezone="Asia/Shanghai")
