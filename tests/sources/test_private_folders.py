"""What people sent does not outlive the process that it was sent to."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from riskmap.layers.intake import import_files, preview_files
from riskmap.sources import private_folders
from riskmap.sources.private_folders import PURPOSES, PrivateFolder, remove_abandoned
from riskmap.study import Study
from tests.bad_inputs.given import GOOD, recipe, write

HOLD = """
import sys, time
from pathlib import Path
from riskmap.sources.private_folders import PrivateFolder
folder = PrivateFolder(sys.argv[1])
(Path(folder.name) / "rows.csv").write_text("secret")
print(folder.name, flush=True)
time.sleep(600)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(temporary: Path, purpose: str) -> None:
    environment = {**os.environ, "TMPDIR": str(temporary)}
    holders = [
        subprocess.Popen([sys.executable, "-c", HOLD, purpose], stdout=subprocess.PIPE, env=environment)
        for _ in range(2)
    ]
    try:
        killed, living = (Path(holder.stdout.readline().decode().strip()) for holder in holders if holder.stdout)
        holders[0].send_signal(signal.SIGKILL)
        holders[0].wait()
        assert sorted(temporary.iterdir()) == sorted([killed, living])
        remove_abandoned()
        assert list(temporary.iterdir()) == [living]
        assert (living / "rows.csv").read_text() == "secret"
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate()


def abandoned(temporary: Path, name: str = "riskmap-upload-x") -> Path:
    folder = temporary / name
    folder.mkdir()
    (folder / "rows.csv").write_text("secret")
    return folder


@pytest.mark.parametrize("start", [import_files, preview_files], ids=["import", "preview"])
def test_an_import_removes_what_dead_processes_left(
    square_area: Study, tmp_path: Path, temporary: Path, start: object
) -> None:
    for purpose in PURPOSES:
        abandoned(temporary, f"riskmap-{purpose}-x")
    start(square_area, "cases", [write(tmp_path, GOOD)], recipe())  # type: ignore[operator]
    assert list(temporary.iterdir()) == []


def test_a_folder_in_use_is_not_removed_by_its_own_process(temporary: Path) -> None:
    with PrivateFolder("correct") as name:
        (Path(name) / "rows.csv").write_text("x")
        remove_abandoned()
        assert Path(name).is_dir()
        assert Path(name).stat().st_mode & 0o077 == 0
    assert list(temporary.iterdir()) == []


def test_an_empty_folder_may_just_have_been_made(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (temporary / "riskmap-upload-x").mkdir()
    remove_abandoned()
    assert len(list(temporary.iterdir())) == 1
    monkeypatch.setattr(private_folders, "OLD_S", 0.0)
    remove_abandoned()
    assert list(temporary.iterdir()) == []


def test_a_link_in_the_place_of_a_folder_is_not_followed(temporary: Path, tmp_path: Path) -> None:
    target = abandoned(tmp_path, "elsewhere")
    (temporary / "riskmap-upload-x").symlink_to(target)
    remove_abandoned()
    assert (target / "rows.csv").exists()
