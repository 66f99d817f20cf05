import os

import pytest

from riskmap.errors import BusyError, SnapshotError
from riskmap.snapshot import (
    lease,
    publish_folder,
    publish_hashed_folder,
    read_manifest,
    remove_leftovers,
    text_sha256,
    write_manifest,
    write_text,
)


def test_a_folder_that_could_not_be_filled_is_not_there(tmp_path):
    def fill(folder):
        (folder / "half").write_text("x")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        publish_folder(tmp_path / "whole", fill)
    assert list(tmp_path.iterdir()) == []


def test_the_same_contents_have_the_same_name(tmp_path):
    def fill(folder):
        (folder / "a").write_text("1")
        write_manifest(folder, {"b": 2})

    first = publish_hashed_folder(tmp_path, "p-", fill)
    assert publish_hashed_folder(tmp_path, "p-", fill) == first
    other = publish_hashed_folder(tmp_path, "p-", lambda folder: (folder / "a").write_text("2"))
    assert other != first
    assert read_manifest(first)["files"] == {"a": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}


def test_what_a_killed_writer_left_is_removed(tmp_path):
    child = os.fork()
    if child == 0:
        publish_folder(tmp_path / "whole", lambda folder: os._exit(9))
    os.waitpid(child, 0)
    assert [path.name.startswith(".staging-") for path in tmp_path.iterdir()] == [True]
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_lease_names_who_holds_it_and_ends_with_its_holder(tmp_path):
    area = tmp_path / "area"
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with lease(area, "import cases"):
            os.write(writer, b"held")
            os.read(reader, 0)
            import time

            time.sleep(30)
        os._exit(0)
    os.read(reader, 4)
    held = f"area is being written by import cases, process {child}, since 20"
    with pytest.raises(BusyError, match=held), lease(area, "run"):
        pass
    os.kill(child, 9)
    os.waitpid(child, 0)
    with lease(area, "run"):
        pass


def test_parts_of_a_hash_keep_their_borders():
    assert text_sha256("ab", "c") != text_sha256("a", "bc")


def test_text_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "current"
    write_text(path, "one")
    write_text(path, "two")
    assert path.read_text() == "two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["current"]


def test_a_damaged_manifest_is_said(tmp_path):
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(SnapshotError, match="missing or damaged"):
        read_manifest(tmp_path)
