"""Folders that are whole or not there: written aside, flushed to disk, then renamed into place.

A reader never sees half of one, whatever is killed when. `current` is a small file that names the folder in use and is
replaced in one step. What a killed writer left behind is removed by the next one, which holds the lease.
"""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from riskmap.errors import BusyError, SnapshotError

STAGING_PREFIX = ".staging-"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_sha256(*parts: str) -> str:
    """Return the SHA-256 of the parts, each ended by a zero byte so that their borders count."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def canonical_json(value: object) -> str:
    """Return JSON whose bytes depend on the value alone."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step."""
    staging = path.with_name(f"{STAGING_PREFIX}{os.getpid()}-{path.name}")
    try:
        with staging.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)
    _flush(path.parent)


@contextmanager
def _staging(parent: Path, name: str) -> Iterator[Path]:
    """Give an empty folder in `parent` that is gone afterwards unless it was renamed."""
    parent.mkdir(parents=True, exist_ok=True)
    staging = parent / f"{STAGING_PREFIX}{os.getpid()}-{name}"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _settle(staging: Path, target: Path) -> Path:
    for path in sorted(staging.rglob("*")):
        _flush(path)
    _flush(staging)
    staging.rename(target)
    _flush(target.parent)
    return target


def publish_folder(target: Path, fill: Callable[[Path], None]) -> Path:
    """Make the folder `target` appear with what `fill` writes into it, or not at all.

    Parameters
    ----------
    target
        The folder to make. Where it is there already it is left as it is: names are made from contents.
    fill
        Called with an empty folder beside `target`; may raise, and then nothing is left.
    """
    if target.is_dir():
        return target
    with _staging(target.parent, target.name) as staging:
        fill(staging)
        return _settle(staging, target)


def publish_hashed_folder(parent: Path, prefix: str, fill: Callable[[Path], None]) -> Path:
    """Make a folder in `parent` named `prefix` and twelve digits of the hash of what `fill` writes into it."""
    with _staging(parent, prefix) as staging:
        fill(staging)
        digest = text_sha256(canonical_json(folder_hashes(staging, leave_out=())))
        target = parent / f"{prefix}{digest[:12]}"
        return target if target.is_dir() else _settle(staging, target)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed writers left under `folder`; call it only under the area's lease."""
    for path in folder.rglob(f"{STAGING_PREFIX}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def folder_hashes(folder: Path, *, leave_out: tuple[str, ...] = ("manifest.json",)) -> dict[str, str]:
    """Return file name -> SHA-256 for the files of `folder`, sorted by name."""
    return {
        path.name: file_sha256(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in leave_out
    }


def write_manifest(folder: Path, manifest: Mapping[str, object]) -> None:
    """Write manifest.json into `folder` with the hashes of the files beside it."""
    files = folder_hashes(folder)
    (folder / "manifest.json").write_text(canonical_json({**manifest, "files": files}), encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, object]:
    """Read manifest.json of `folder`.

    Raises
    ------
    SnapshotError
        If there is none, or it is not JSON.
    """
    path = folder / "manifest.json"
    try:
        manifest: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SnapshotError("{path} is missing or damaged; publish anew with `riskmap run`.", path=str(path)) from None
    return manifest


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The disk is full, or a limit of the account or of a file's size is met."""


@contextmanager
def scarcity_said(folder: Path, purpose: str) -> Iterator[None]:
    """Say in one sentence that disk or memory did not suffice; writers make all or nothing, so nothing changed.

    Raises
    ------
    SnapshotError
        In the place of a MemoryError, and of an OSError for want of room.
    """
    try:
        yield
    except MemoryError:
        raise SnapshotError(
            "The memory of this computer did not suffice to {purpose}; nothing was changed. Close other programs, or "
            "bring in fewer rows at once.",
            purpose=purpose,
        ) from None
    except OSError as failed:
        if failed.errno not in NO_ROOM:
            raise
        raise SnapshotError(
            "There is no room to {purpose}: the disk of {folder} is full, or a limit of the account is met; nothing "
            "was changed. Free some space and try again.",
            purpose=purpose,
            folder=folder,
        ) from None


POLL_SECONDS = 0.05


@contextmanager
def lease(folder: Path, purpose: str, *, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the only right to write under `folder`; it ends with the process, however that ends.

    Parameters
    ----------
    wait_s
        Seconds to wait for whoever holds it; short work queues, long work is told at once.

    Raises
    ------
    BusyError
        Naming who holds it, what for and since when.
    SnapshotError
        If disk or memory do not suffice for what is done under it.
    """
    with scarcity_said(folder, purpose):
        folder.mkdir(parents=True, exist_ok=True)
        with _held(folder, purpose, wait_s):
            yield


@contextmanager
def _held(folder: Path, purpose: str, wait_s: float) -> Iterator[None]:
    with (folder / ".lease").open("a+", encoding="utf-8") as stream:
        last = time.monotonic() + wait_s
        while not _locked(stream):
            if time.monotonic() >= last:
                stream.seek(0)
                raise BusyError(
                    "Area {area} is being written by {holder}; wait until that has ended.",
                    area=folder.name,
                    holder=stream.read().strip() or "?",
                )
            time.sleep(POLL_SECONDS)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with suppress(OSError):  # who holds it is a courtesy: on a full disk an undo makes room
            os.ftruncate(stream.fileno(), 0)
            os.write(stream.fileno(), f"{purpose}, process {os.getpid()}, since {now}".encode())
        yield


def _locked(stream: TextIO) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
