"""What tests of several stages share."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.nodeid import coerce_node_id
from hypothesis import settings

from riskmap.layers import intake
from riskmap.layers.areas import create_area
from riskmap.layers.preparation import Prepared
from riskmap.study import REPOSITORY, Study, load_study

PUBLIC_DATA = REPOSITORY.parent / "shared" / "data"

# The same examples at each run, and however busy the machine is, none takes too long.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


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


@pytest.fixture(scope="session", autouse=True)
def every_row_is_accounted_for() -> Iterator[None]:
    """Look at what every import and every check of every test comes to, before anything is written."""
    prepare = intake.prepare

    def looked_at(*arguments, **named):
        prepared = prepare(*arguments, **named)
        account_for_every_row(prepared)
        return prepared

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(intake, "prepare", looked_at)
        yield


def account_for_every_row(prepared: Prepared) -> None:
    """Fail unless the receipt's counts add up, and are those of its own lines and of the tables beside it."""
    receipt, data = prepared.receipt, prepared.receipt.data
    fates = {name: data[name] for name in ("not_selected", "accepted", "quarantined", "rejected")}
    assert min(fates.values()) >= 0, fates
    assert data["read"] == sum(fates.values()), data
    assert 0 <= data["repaired"] <= data["accepted"], data
    if receipt.import_id is None:
        assert data["read"] == 0, data
        assert not prepared.tables
        return
    assert len(prepared.tables["rows"]) == len(prepared.rows) <= data["accepted"]
    lines = {fate: [line for line in receipt.rows if line["fate"] == fate] for fate in ("quarantined", "rejected")}
    assert len(lines["rejected"]) == data["rejected"]
    kept_aside = prepared.tables.get("quarantine")
    assert (0 if kept_aside is None else len(kept_aside)) == data["quarantined"]
    if kept_aside is not None:
        told = {(line["file"], line["sheet"], line["row"]) for line in lines["quarantined"]}
        assert set(zip(kept_aside["file"], kept_aside["sheet"], kept_aside["row"], strict=True)) == told


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
