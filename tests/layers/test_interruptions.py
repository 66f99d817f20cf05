"""An import and an undo are before or after, never between: killed at any step, the disk full, eight at once."""

import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pytest

from riskmap.layers.intake import import_files
from riskmap.layers.store import import_folders, list_imports, read_layer, read_quarantine
from riskmap.layers.undo import list_undone, undo_import
from riskmap.sources import confined
from riskmap.study import Study
from tests.bad_inputs.given import GOOD, recipe, write
from tests.dying import kill_at, killing_points, leftovers

# One worker, and early: its longest tests would keep one core waiting at the end.
pytestmark = pytest.mark.xdist_group("interruptions")
POINTS = 40


def rows(letter: str, n: int) -> list[str]:
    good = [GOOD.replace("A1", f"{letter}{k}") for k in range(n)]
    return [*good, f"{letter}x,,104.50012,30.50012,,1,no date"]


@pytest.fixture
def first(square_area: Study, tmp_path: Path) -> Path:
    """A file that is imported already: 3 good rows and one in quarantine."""
    path = write(tmp_path, *rows("A", 3), name="first.csv")
    import_files(square_area, "cases", [path], recipe())
    return path


def state(study: Study) -> tuple[int, int, int]:
    """Return what readers see: cases, rows in quarantine, imports; every folder whole."""
    for folder in import_folders(study, "cases"):
        names = {path.name for path in folder.iterdir()}
        assert {"rows.parquet", "quarantine.parquet", "coverage.parquet", "manifest.json", "recipe.toml"} <= names
    return len(read_layer(study, "cases")), len(read_quarantine(study, "cases")), len(list_imports(study, "cases"))


def test_an_import_killed_at_forty_points_is_before_or_after(square_area: Study, tmp_path: Path, first: Path) -> None:
    second = write(tmp_path, *rows("B", 2), name="second.csv")
    kept = keep(square_area, tmp_path)

    def work() -> None:
        import_files(square_area, "cases", [second], recipe())

    steps = killing_points(work, POINTS)
    before, after = (3, 1, 1), (5, 2, 2)
    assert state(square_area) == after
    seen = set()
    assert len(steps) >= POINTS
    for step in steps:
        put_back(square_area, kept)
        kill_at(step, work)
        seen.add(found := state(square_area))
        assert found in (before, after), step
        if found == before:
            work()
            assert state(square_area) == after
        else:
            undo_import(square_area, _id_of(square_area, 2), "once more")
            assert state(square_area) == before
        assert leftovers(square_area.folder) == []
    assert seen == {before, after}


def keep(study: Study, folder: Path) -> Path:
    """Copy all files of an area and return where they are."""
    return Path(shutil.copytree(study.folder, folder / "kept"))


def put_back(study: Study, kept: Path) -> None:
    """Make the area what it was when it was kept."""
    shutil.rmtree(study.folder)
    shutil.copytree(kept, study.folder)


def _id_of(study: Study, accepted: int) -> str:
    (found,) = (one.import_id for one in list_imports(study, "cases") if one.accepted == accepted)
    assert found is not None
    return found


def test_an_undo_killed_at_forty_points_is_before_or_after(square_area: Study, tmp_path: Path, first: Path) -> None:
    second = write(tmp_path, *rows("B", 2), name="second.csv")

    def bring() -> None:
        import_files(square_area, "cases", [second], recipe())

    def work() -> None:
        undo_import(square_area, _id_of(square_area, 2), "the wrong file")

    bring()
    kept = keep(square_area, tmp_path)
    steps = killing_points(work, POINTS)
    before, after = (5, 2, 2), (3, 1, 1)
    assert state(square_area) == after
    seen = set()
    assert len(steps) >= POINTS
    for step in steps:
        put_back(square_area, kept)
        kill_at(step, work)
        seen.add(found := state(square_area))
        assert found in (before, after), step
        if found == before:
            work()
            assert state(square_area) == after
            assert {undone.reason for undone in list_undone(square_area, "cases")} == {"the wrong file"}
        else:
            bring()
            assert state(square_area) == before
        assert leftovers(square_area.folder) == []
    assert seen == {before, after}


def test_a_vector_import_that_is_killed_leaves_nothing_in_the_temporary_folder(
    square_area: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(confined, "KEPT_VARIABLES", (*confined.KEPT_VARIABLES, "TMPDIR"))
    monkeypatch.setattr(confined, "_reader", confined._Reader())
    places = gpd.GeoDataFrame(
        {"编号": ["A1", "A2"], "时间": ["2024-01-02", "2024-01-03"]},
        geometry=gpd.points_from_xy([104.50012, 104.60012], [30.50012, 30.60012], crs=4326),
    )
    path = tmp_path / "cases.gpkg"
    places.to_file(path)
    form = recipe(columns={"case_id": "编号", "occurred": "时间"})

    def work() -> None:
        import_files(square_area, "cases", [path], form)

    steps = killing_points(work, 8)
    undo_import(square_area, _id_of(square_area, 2), "back to the start")
    killed = 0
    for step in steps[:: max(1, len(steps) // 7)]:
        killed += kill_at(step, work)
        deadline = time.monotonic() + 30
        while any(any(folder.iterdir()) for folder in temporary.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)  # the reader hears of the death when its input ends
        for folder in temporary.iterdir():
            os.utime(folder, (0, 0))
        confined._reader.stop()  # the next start begins with a reader of its own
        work()
        assert list(temporary.iterdir()) == []
        assert state(square_area) == (2, 0, 1)
        undo_import(square_area, _id_of(square_area, 2), "once more")
    assert killed > 4


@pytest.mark.parametrize("limit", [0, 100, 700, 1500, 3000, 5000, 8000, 12000])
def test_a_file_that_may_grow_no_further_leaves_everything_as_it_was(
    square_area: Study, tmp_path: Path, first: Path, limit: int
) -> None:
    second = write(tmp_path, *rows("B", 200), name="second.csv")
    if not (child := os.fork()):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            import_files(square_area, "cases", [second], recipe())
        except OSError:
            os._exit(3)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    whole = status == 0
    assert status in (0, 3)
    assert state(square_area) == ((203, 2, 2) if whole else (3, 1, 1))
    assert leftovers(square_area.folder) == []
    import_files(square_area, "cases", [second], recipe())
    assert state(square_area) == (203, 2, 2)


def test_a_full_disk_leaves_everything_as_it_was(square_area: Study, tmp_path: Path, first: Path) -> None:
    disk = tmp_path / "small"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("SKIPPED FOR WANT OF RIGHTS: a small file system can be mounted by root only")
    try:
        home = disk / "home"
        small = square_area.model_copy(update={"home": home})
        small.folder.mkdir(parents=True)
        for name in ("study.toml", "boundary.parquet"):
            (small.folder / name).write_bytes((square_area.folder / name).read_bytes())
        import_files(small, "cases", [first], recipe())
        big = write(tmp_path, *rows("B", 20_000), name="big.csv")
        with pytest.raises(OSError, match=r"No space left|Errno 28|errno 28"):
            import_files(small, "cases", [big], recipe())
        assert state(small) == (3, 1, 1)
        assert leftovers(small.folder) == []
        undo_import(small, _id_of(small, 3), "room for another")
        assert state(small) == (0, 0, 0)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_the_same_bytes_twenty_times_and_from_eight_processes_have_one_effect(
    square_area: Study, tmp_path: Path
) -> None:
    path = write(tmp_path, *rows("A", 30))
    children = []
    for _ in range(8):
        if not (child := os.fork()):
            status = 5
            try:
                receipt = import_files(square_area, "cases", [path], recipe())
                status = 0 if (receipt.accepted, receipt.quarantined) == (30, 1) else 4
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 8
    assert state(square_area) == (30, 1, 1)
    listing = sorted(str(path) for path in square_area.folder.rglob("*"))
    receipts = {import_files(square_area, "cases", [path], recipe()).to_json() for _ in range(20)}
    assert len(receipts) == 1
    assert sorted(str(path) for path in square_area.folder.rglob("*")) == listing
