"""An import and an undo are before or after, never between: killed at any step, the disk full, eight at once."""

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from riskmap.errors import SnapshotError
from riskmap.layers import preparation
from riskmap.layers.corrections import dismiss_rows, quarantine_table
from riskmap.layers.folders import import_folders, list_imports, read_quarantine
from riskmap.layers.intake import import_files, preview_files
from riskmap.layers.store import read_layer
from riskmap.layers.undo import list_undone, undo_import
from riskmap.snapshot import lease
from riskmap.sources import confined
from riskmap.study import Study
from tests.bad_inputs.given import GOOD, recipe, write
from tests.dying import kill_at, killing_points, leftovers

# One worker, and early: its longest tests would keep one core waiting at the end.
pytestmark = pytest.mark.xdist_group("interruptions")
POINTS = 40
ENOUGH = 2**20
"""Bytes that no file of these imports exceeds."""


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
        while holds_folders_with_content(temporary) and time.monotonic() < deadline:
            time.sleep(0.05)  # the reader hears of the death when its input ends
        for folder in temporary.iterdir():
            with contextlib.suppress(FileNotFoundError):  # it may be clearing away at this moment
                os.utime(folder, (0, 0))
        confined._reader.stop()  # the next start begins with a reader of its own
        work()
        assert list(temporary.iterdir()) == []
        assert state(square_area) == (2, 0, 1)
        undo_import(square_area, _id_of(square_area, 2), "once more")
    assert killed > 4


ENGLISH, CHINESE = "There is no room to {}", "存储空间不足，操作（{}）未完成"


def holds_folders_with_content(folder: Path) -> bool:
    """Whether a folder in it holds anything; what vanishes meanwhile is no error, as it is to `iterdir`."""
    return any(folders or files for place, folders, files in os.walk(folder) if place != str(folder))


def says_there_is_no_room(error: SnapshotError, work: str) -> None:
    assert error.in_language("en").startswith(ENGLISH.format(work))
    assert error.in_language("zh").startswith(CHINESE.format(work))
    assert "nothing was changed" in error.in_language("en")


def is_free(study: Study) -> bool:
    """Whether nobody holds the lease: another process gets it without waiting."""
    if not (child := os.fork()):
        with lease(study.folder, "try"):
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("limit", [0, 100, 700, 1500, 3000, 5000, 8000, 12000, ENOUGH])
def test_a_file_that_may_grow_no_further_leaves_everything_as_it_was(
    square_area: Study, tmp_path: Path, first: Path, limit: int
) -> None:
    second = write(tmp_path, *rows("B", 200), name="second.csv")
    listing = sorted(str(path) for path in square_area.folder.rglob("*"))
    if not (child := os.fork()):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        status = 5
        try:
            import_files(square_area, "cases", [second], recipe())
            status = 0
        except SnapshotError as refused:
            says_there_is_no_room(refused, "import cases")
            status = 3
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == (0 if limit == ENOUGH else 3)
    assert state(square_area) == ((203, 2, 2) if status == 0 else (3, 1, 1))
    assert status == 0 or sorted(str(path) for path in square_area.folder.rglob("*")) == listing
    assert leftovers(square_area.folder) == []
    assert is_free(square_area)
    import_files(square_area, "cases", [second], recipe())
    assert state(square_area) == (203, 2, 2)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 160 kB."""
    disk = tmp_path / "small"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("SKIPPED FOR WANT OF RIGHTS: a small file system can be mounted by root only")
    yield disk
    # Busy, and so an error, where a file of it was left open: the room of such a file is not given back.
    subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture
def small(square_area: Study, small_disk: Path, first: Path) -> Study:
    """The area on a small disk, with the first file imported."""
    study = square_area.model_copy(update={"home": small_disk / "home"})
    study.folder.mkdir(parents=True)
    for name in ("study.toml", "boundary.parquet"):
        (study.folder / name).write_bytes((square_area.folder / name).read_bytes())
    import_files(study, "cases", [first], recipe())
    return study


def test_a_full_disk_leaves_everything_as_it_was(small: Study, tmp_path: Path) -> None:
    big = write(tmp_path, *rows("B", 20_000), name="big.csv")
    with pytest.raises(SnapshotError) as refused:
        import_files(small, "cases", [big], recipe())
    says_there_is_no_room(refused.value, "import cases")
    assert state(small) == (3, 1, 1)
    assert leftovers(small.folder) == []
    assert is_free(small)
    import_files(small, "cases", [write(tmp_path, *rows("C", 2), name="few.csv")], recipe())
    assert state(small) == (5, 2, 2)


def test_a_disk_without_a_free_byte_refuses_an_import_and_lets_an_undo_make_room(small: Study, tmp_path: Path) -> None:
    few = write(tmp_path, *rows("C", 2), name="few.csv")
    filler = small.home / "filler"
    with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(bytes(512))
    for _ in range(2):
        with pytest.raises(SnapshotError) as refused:
            import_files(small, "cases", [few], recipe())
        says_there_is_no_room(refused.value, "import cases")
        assert (state(small), leftovers(small.folder)) == ((3, 1, 1), [])
    with pytest.raises(SnapshotError) as refused:
        dismiss_rows(small, "cases", quarantine_table(small, "cases", "en")["riskmap_row"].tolist(), "of no use")
    says_there_is_no_room(refused.value, "dismiss rows of cases")
    assert (state(small), leftovers(small.folder)) == ((3, 1, 1), [])
    with filler.open("r+b") as stream:
        stream.truncate(max(0, filler.stat().st_size - 8192))  # room for the mark of the undo
    undo_import(small, _id_of(small, 3), "room for another")
    assert state(small) == (0, 0, 0)
    filler.unlink()
    import_files(small, "cases", [few], recipe())
    assert state(small) == (2, 1, 1)


STEPS_AFTER_READING = ["check_rows", "quarantined_rows", "row_fates", "check_table"]


@pytest.mark.parametrize("step", STEPS_AFTER_READING)
def test_memory_that_runs_out_after_reading_leaves_everything_as_it_was(
    square_area: Study, tmp_path: Path, first: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    second = write(tmp_path, *rows("B", 20), name="second.csv")

    def out_of_memory(*_arguments: object, **_named: object) -> object:
        raise np._core._exceptions._ArrayMemoryError((10**12,), np.dtype("f8"))

    listing = sorted(str(path) for path in square_area.folder.rglob("*"))
    with monkeypatch.context() as patched:
        patched.setattr(preparation, step, out_of_memory)
        for work, said in ((import_files, "import cases"), (preview_files, "check cases")):
            with pytest.raises(SnapshotError, match=f"memory of this computer did not suffice to {said}") as refused:
                work(square_area, "cases", [second], recipe())
            assert refused.value.in_language("zh").startswith(f"计算机内存不足，操作（{said}）未完成")
            assert sorted(str(path) for path in square_area.folder.rglob("*")) == listing
            assert state(square_area) == (3, 1, 1)
            assert is_free(square_area)
    import_files(square_area, "cases", [second], recipe())
    assert state(square_area) == (23, 2, 2)


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
