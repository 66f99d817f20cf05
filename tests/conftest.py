"""What tests of several stages share."""

import json
import shutil
from pathlib import Path

import pytest
from _pytest.nodeid import coerce_node_id

from riskmap.layers.areas import create_area
from riskmap.study import REPOSITORY, Study, load_study

PUBLIC_DATA = REPOSITORY.parent / "shared" / "data"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep tests of a group, and tests that share what outlives a test, on one worker: each would build it for itself.

    xdist 3.8 writes the group at the end of a test's id, but into an attribute that pytest 9.2 no longer reads.
    """
    marker = item.get_closest_marker("xdist_group")
    group = marker.args[0] if marker else shared_at(item).replace("/", ".")
    if group and hasattr(item.config, "workerinput"):
        item._id = coerce_node_id(f"{item.nodeid}@{group}")


def shared_at(item: pytest.Item) -> str:
    """Return the folder or file of the outermost fixture that outlives a test; "" where there is none but in here."""
    found = [
        fixture.baseid
        for (*_, fixture) in item._fixtureinfo.name2fixturedefs.values()  # type: ignore[attr-defined]
        if fixture.scope != "function" and fixture.baseid not in ("", "tests")
    ]
    return min(found, key=len, default="")


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


def write_square(folder: Path) -> Path:
    """Write the outline of one degree square at 104-105 east, 30-31 north, and return its path."""
    ring = [[104, 30], [105, 30], [105, 31], [104, 31], [104, 30]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path = folder / "square.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


@pytest.fixture
def square_file(tmp_path: Path) -> Path:
    """A boundary: one degree square at 104-105 east, 30-31 north."""
    return write_square(tmp_path)


@pytest.fixture(scope="session")
def square_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the area of `square_area`, to be copied: to make it takes a third of a second, a thousand times."""
    home = tmp_path_factory.mktemp("square")
    create_area(home, "square", write_square(home), resolution=8, period="week", timezone="Asia/Shanghai")
    return home


@pytest.fixture
def square_area(home: Path, square_home: Path) -> Study:
    """A weekly area of that square at resolution 8, of the test's own."""
    shutil.copytree(square_home / "geodata", home / "geodata")
    return load_study("square", home)
