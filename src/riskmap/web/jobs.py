"""Long work that a page starts: a process of its own, which outlives the page, the browser and the server.

geodata/<area>/job.json     what was asked, how far it is, how it ended
               job.lock     locked as long as the process lives; the system lets go of it however the process ends
               job.log      what the process wrote besides; of use where it died
               comparison.json, drift.json      what the last comparison and the last look at the features found

One job an area at a time: a job writes where others would.
"""

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from riskmap.audit import record
from riskmap.errors import BusyError
from riskmap.snapshot import POLL_SECONDS, canonical_json, write_text
from riskmap.study import Study
from riskmap.web.access import current_reader, needs, require

JOB_FILE, LOCK_FILE, LOG_FILE, COMPARISON_FILE = "job.json", "job.lock", "job.log", "comparison.json"
LOOK_S = 0.5
Kind = Literal["train", "compare", "promote", "evaluate"]
State = Literal["running", "done", "failed", "died"]


@dataclass(frozen=True)
class Job:
    """One piece of long work; times are UTC, `share` is None where nobody knows how much is left.

    `stage` and `error` are sentences by language. `died` is never written: it is what `read_job` calls a job that
    says it is running while its process is gone.
    """

    kind: Kind
    about: dict[str, Any]
    language: str
    by: str
    started: str
    updated: str
    state: State = "running"
    stage: dict[str, str] = field(default_factory=dict)
    share: float | None = None
    result: dict[str, Any] = field(default_factory=dict)
    error: dict[str, str] = field(default_factory=dict)


def start_job(study: Study, kind: Kind, *, language: str, **about: object) -> Job:
    """Start work on an area in a process of its own and return at once.

    Parameters
    ----------
    language
        In which messages of the command line are kept.
    about
        What the work needs: `model_id` to compare or promote, `reason` and `override` to promote.

    Raises
    ------
    AccessError
        If the reader may not start it.
    BusyError
        If a job of this area is under way.
    """
    study = require("promote" if kind == "promote" else "train", study)
    who = current_reader().who
    with (study.folder / LOCK_FILE).open("a") as lock:
        if not _locked(lock):
            raise BusyError("Other work on area {area} is under way; wait until it has ended.", area=study.id)
        started = now()
        record(study.home, who, kind, study.id, "", ", ".join(f"{key}={value}" for key, value in about.items()))
        job = Job(kind, dict(about), language, who, started, started)
        keep_job(study, job)
        command = [sys.executable, "-m", "riskmap.web.job_work", study.id, str(study.home)]
        with (study.folder / LOG_FILE).open("w", encoding="utf-8") as log:
            # The process inherits the lock itself, so there is no moment at which nobody holds it.
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock.fileno()],
                start_new_session=True,
            )
    threading.Thread(target=process.wait, daemon=True).start()  # or it would stay in the system's table
    return job


@needs("read_models")
def read_job(study: Study) -> Job | None:
    """Return the area's latest job, or None before the first one."""
    job = kept_job(study)
    if job is None or job.state != "running" or _alive(study):
        return job
    ended = kept_job(study)  # it may have ended in good order since it was read
    return replace(ended, state="died") if ended and ended.state == "running" else ended


@needs("read_models")
def read_comparison(study: Study) -> dict[str, Any] | None:
    """Return the area's latest comparison (`riskmap.model.promotion.compare`), or None before the first one."""
    path = study.folder / COMPARISON_FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def now() -> str:
    """Return the time as jobs write it: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _locked(stream: TextIO) -> bool:
    """Take the lock; a page that only looks holds it for a moment, a job for good."""
    last = time.monotonic() + LOOK_S
    while True:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= last:
                return False
            time.sleep(POLL_SECONDS)
        else:
            return True


def _alive(study: Study) -> bool:
    path = study.folder / LOCK_FILE
    if not path.exists():
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        # A shared lock: two pages that look at once do not take each other for the job.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def kept_job(study: Study) -> Job | None:
    """Return the area's latest job as it wrote itself, whoever asks, alive or not."""
    path = study.folder / JOB_FILE
    return Job(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def keep_job(study: Study, job: Job) -> None:
    """Write down how far a job is."""
    write_text(study.folder / JOB_FILE, canonical_json(asdict(job)))
