"""The process that parses what may be hostile: workbooks, vector files, Parquet, JSON, databases.

`python -m riskmap.sources.reader` reads one request a line from standard input and answers each with one word. It
parses nothing itself: each request is worked in a fork with limits (confinement.py), which starts in milliseconds
because the libraries are loaded by then.
"""

import contextlib
import json
import os
import select
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from riskmap.errors import SourceError
from riskmap.sources.archives import unpack_named
from riskmap.sources.confined import FOLDER_PREFIX
from riskmap.sources.confinement import NO_ROOM, run_bounded
from riskmap.sources.database import read_database
from riskmap.sources.kinds import check_signature
from riskmap.sources.recipe import TableForm
from riskmap.sources.records import read_records
from riskmap.sources.sheet import Sheet, save_refusal, save_sheet
from riskmap.sources.vector import allow_drivers, read_parquet, read_vector
from riskmap.sources.workbook import read_workbook

IDLE_S = 600.0
"""Without a request for so long the process ends; a server that imports once a week need not hold its memory."""

OLD_S = 60.0
"""An asking process sends its request within moments of making the folder."""


def read_source(request: dict[str, Any]) -> Sheet:
    """Return the table that `request` names.

    Raises
    ------
    SourceError
        As the reader of its kind; for whatever else a parser raises on damaged bytes, rule `broken_workbook` or
        `broken_vector`.
    """
    readers: dict[str, Callable[[dict[str, Any]], Sheet]] = {
        "workbook": _workbook,
        "vector": _vector,
        "records": lambda asked: read_records(_unpacked(asked), asked["encodings"], asked["file"]),
        "parquet": lambda asked: read_parquet(_unpacked(asked), asked["file"]),
        "database": lambda asked: read_database(asked["address"], asked["file"], _form(asked), asked["seconds"]),
    }
    try:
        return readers[request["kind"]](request)
    except (SourceError, MemoryError):
        raise
    except Exception as failed:
        if isinstance(failed, OSError) and failed.errno in NO_ROOM:
            raise
        # Parsers fail on hostile bytes in every way there is.
        if request["kind"] == "workbook":
            raise SourceError(
                "broken_workbook",
                "{file} is damaged or no Excel workbook; save it again as .xlsx.",
                file=request["file"],
            ) from None
        raise SourceError(
            "broken_vector", "{file} is damaged or cut short and cannot be read.", file=request["file"]
        ) from None


def _workbook(request: dict[str, Any]) -> Sheet:
    return read_workbook(_unpacked(request), _form(request), request["wanted"], request["dates"], request["file"])


def _vector(request: dict[str, Any]) -> Sheet:
    return read_vector(_unpacked(request), _form(request), request["encodings"], request["file"])


def _form(request: dict[str, Any]) -> TableForm:
    return TableForm.model_validate(request["table"])


def _unpacked(request: dict[str, Any]) -> Path:
    """Return the file to open: the source itself, or the first of the named members of a zip."""
    path = Path(request["path"])
    if not request["members"]:
        return path
    folder = Path(request["folder"]) / "unpacked"
    folder.mkdir()
    first = unpack_named(path, request["members"], folder)
    if request["kind"] != "records":
        check_signature(first)
    return first


def work(request: dict[str, Any]) -> None:
    """Read what `request` names and leave the table, or why there is none, in the folder it names."""
    folder = Path(request["folder"])
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)  # the pipes to the asking process are not the fork's to use
    os.dup2(nowhere, 1)
    os.environ["TMPDIR"] = os.environ["CPL_TMPDIR"] = os.environ["SQLITE_TMPDIR"] = str(folder)
    tempfile.tempdir = str(folder)
    try:
        save_sheet(read_source(request), folder)
    except SourceError as refused:
        save_refusal(refused, folder)


def serve() -> None:
    """Answer requests until standard input ends or nobody asks for `IDLE_S`.

    An asking process that was killed cannot remove the folder of its last request; this one does. One that was killed
    before it asked leaves an empty folder, which the next reader removes.
    """
    allow_drivers()
    for left in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError):  # what is not empty stays
            if time.time() - left.stat().st_mtime > OLD_S:
                left.rmdir()
    folder = None
    while select.select([sys.stdin], [], [], IDLE_S)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            break
        request = json.loads(line)
        folder = request["folder"]
        outcome = run_bounded(partial(work, request), request["memory"], request["seconds"])
        with contextlib.suppress(BrokenPipeError):
            os.write(sys.stdout.fileno(), f"{outcome}\n".encode())
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    serve()
