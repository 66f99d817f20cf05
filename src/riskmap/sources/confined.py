"""Asking the reading process for a table, so that a file that crashes a parser ends one sentence and not the system."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from shapely.errors import ShapelyError

from riskmap.errors import SourceError
from riskmap.sources.recipe import TableForm
from riskmap.sources.sheet import Sheet, load_sheet

MEMORY_LIMIT = 4 * 2**30
"""Bytes of address space of one reader: the largest file allowed (200 MB) needs about 2 GB as a table of strings."""
RESULT_LIMIT = 2**31
"""Bytes of the table that a reader may hand over: the asking process has no limit of its own."""
LEAST_FREE = 2**20
"""Bytes free on the disk of temporary files below which a reader that ended badly had no room to write."""
FOLDER_PREFIX = "riskmap-read-"
"""Folders in which readers hand over their tables."""
TIME_LIMIT_S = 120.0
"""Seconds for one file; the largest workbook of a million rows takes about 20 on two slow cores."""
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "TZ")
"""What the reader gets of the environment; passwords in other variables are none of its business."""
READER_VARIABLES = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # others reserve more address space than they use
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",  # the discard port: a request that a file provokes goes nowhere
    "OMP_NUM_THREADS": "1",  # a fork takes one thread along
    "OPENBLAS_NUM_THREADS": "1",
    "PROJ_NETWORK": "OFF",
}


class _Reader:
    """The reading process of this process: started when first asked, one request at a time."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, request: dict[str, Any]) -> str:
        """Return how the request ended; "" if the process did."""
        with self._turn:
            try:
                # The process may end for want of work just when it is asked: then a fresh one is.
                return self._ask(request) or self._ask(request)
            except BaseException:
                self.stop()
                raise

    def _ask(self, request: dict[str, Any]) -> str:
        process = self._started()
        if process.stdin is None or process.stdout is None:
            return ""
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline().decode().strip()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.stop()
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
            # -P: nothing that lies in the working directory is imported.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "riskmap.sources.reader"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=kept | READER_VARIABLES,
                start_new_session=True,
            )
            self._owner = os.getpid()
        return self._process

    def stop(self) -> None:
        """End the process, if there is one and it is ours."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.communicate()


_reader = _Reader()
atexit.register(_reader.stop)


def read_confined(
    kind: str,
    path: Path | str,
    file: str,
    *,
    form: TableForm | None = None,
    encodings: list[str] | None = None,
    wanted: list[str] | None = None,
    dates: list[str] | None = None,
    members: list[str] | None = None,
) -> Sheet:
    """Read one table in the reading process.

    Parameters
    ----------
    kind
        workbook, vector, parquet, records or database.
    path
        The file; the address of a database.
    file
        What the source is called in messages.
    wanted, dates
        Names of the source's columns that the recipe uses, and of those that hold dates.
    members
        The entries of a zip to unpack, the one to open first.

    Raises
    ------
    SourceError
        As the reader of that kind (reader.py); `reader_crashed`, `reader_timeout`, `reader_memory` or `disk_full`
        where it came to no end of its own.
    """
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        request = {
            "kind": kind,
            "path": str(Path(path).resolve()) if kind != "database" else "",
            "address": str(path) if kind == "database" else "",
            "file": file,
            "table": (form or TableForm()).model_dump(),
            "encodings": encodings or ["auto"],
            "wanted": wanted or [],
            "dates": dates or [],
            "members": members or [],
            "folder": folder,
            "memory": MEMORY_LIMIT,
            "seconds": TIME_LIMIT_S,
        }
        outcome = _reader.ask(request)
        if outcome != "done":
            # Libraries end in many ways where they cannot write.
            is_full = outcome in ("", "crashed") and shutil.disk_usage(folder).free < LEAST_FREE
            raise unfinished("full" if is_full else outcome, file)
        rows = Path(folder) / "rows.arrow"
        if rows.is_file() and rows.stat().st_size > RESULT_LIMIT:
            raise unfinished("memory", file)
        try:
            return load_sheet(Path(folder))
        except (ValueError, OSError, KeyError, TypeError, RuntimeError, ShapelyError):
            raise unfinished("crashed", file) from None


def unfinished(outcome: str, file: str) -> SourceError:
    """Return the error for a reader that came to no end of its own."""
    if outcome == "timeout":
        return SourceError(
            "reader_timeout",
            "{file} could not be read within {seconds} seconds; send it in parts.",
            file=file,
            seconds=round(TIME_LIMIT_S),
        )
    if outcome == "memory":
        return SourceError(
            "reader_memory",
            "{file} needs more than the {limit} GB of memory that one file may take; send it in parts.",
            file=file,
            limit=round(MEMORY_LIMIT / 2**30, 1),
        )
    if outcome == "full":
        return SourceError(
            "disk_full",
            "The disk is full, so {file} could not be read; nothing was imported. Free some space in {folder} and try "
            "again.",
            file=file,
            folder=tempfile.gettempdir(),
        )
    return SourceError(
        "reader_crashed",
        "{file} made its reader stop; nothing of it was taken. It is damaged or made to do harm; or it is a workbook "
        "with something in a cell far outside its table: delete the empty rows and columns around the table.",
        file=file,
    )
