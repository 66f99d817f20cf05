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
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

from riskmap.errors import BusyError, ModelError, RiskmapError
from riskmap.language import LANGUAGES, Text
from riskmap.progress import Report
from riskmap.snapshot import POLL_SECONDS, canonical_json, lease, write_text
from riskmap.study import Study, load_study
from riskmap.web.access import current_reader, needs, require
from riskmap.web.audit import record

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
        now = _now()
        record(study.home, who, kind, study.id, "", ", ".join(f"{key}={value}" for key, value in about.items()))
        job = Job(kind, dict(about), language, who, now, now)
        _write(study, job)
        command = [sys.executable, "-m", "riskmap.web.jobs", study.id, str(study.home)]
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
    job = _read(study)
    if job is None or job.state != "running" or _alive(study):
        return job
    ended = _read(study)  # it may have ended in good order since it was read
    return replace(ended, state="died") if ended and ended.state == "running" else ended


@needs("read_models")
def read_comparison(study: Study) -> dict[str, Any] | None:
    """Return the area's latest comparison (`riskmap.model.promotion.compare`), or None before the first one."""
    path = study.folder / COMPARISON_FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def run_job(study: Study) -> None:
    """Do the area's job that waits to be done, and write down how it ends."""
    job = _read(study)
    if job is None:
        raise ModelError("No work was asked for on area {area}.", area=study.id)
    kept = [job]

    def report(stage: Text, share: float | None = None) -> None:
        kept[0] = replace(kept[0], stage=_in_languages(stage), share=share, updated=_now())
        _write(study, kept[0])

    try:
        result = WORK[job.kind](study, job, report)
    except RiskmapError as error:
        _write(study, replace(kept[0], state="failed", error=_in_languages(error.text), updated=_now()))
    else:
        _write(study, replace(kept[0], state="done", share=1.0, result=result, updated=_now()))


def _train(study: Study, job: Job, report: Report) -> dict[str, Any]:
    """Fit a challenger by the command line, whose run it is that stands above the pages."""
    from riskmap.model.registry import list_models
    from riskmap.panel.build import build_panel

    before = set(list_models(study))
    report(Text("Fitting the model"), None)
    options = ["--home", str(study.home), "--language", job.language]
    command = [sys.executable, "-m", "riskmap.cli", *options, "models", "train", study.id]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode:
        problem = ended.stderr.strip().splitlines()[-1:] or [str(ended.returncode)]
        raise ModelError("No model was fitted: {problem}", problem=problem[0])
    _keep_drift(study, build_panel(study), report)
    return {"model_id": min(set(list_models(study)) - before, default=None)}


def _compare(study: Study, job: Job, report: Report) -> dict[str, Any]:
    from riskmap.model.promotion import compare, lists_apart
    from riskmap.panel.build import build_panel

    report(Text("Counting cases on the grid"), None)
    panel = build_panel(study)
    _keep_drift(study, panel, report)
    result = compare(study, panel, job.about["model_id"], report=report)
    if result["champion"] not in (None, result["challenger"]):
        result |= {"lists": lists_apart(study, panel, result["challenger"], result["champion"])}
    write_text(study.folder / COMPARISON_FILE, canonical_json(result))
    return {"model_id": job.about["model_id"], "failures": len(result["failures"])}


def _promote(study: Study, job: Job, report: Report) -> dict[str, Any]:
    from riskmap.model.promotion import promote
    from riskmap.panel.build import build_panel

    with lease(study.folder, "promote"):
        report(Text("Counting cases on the grid"), None)
        panel = build_panel(study)
        about = job.about
        result = promote(
            study,
            panel,
            about["model_id"],
            reason=about["reason"],
            override=about["override"],
            by=job.by,
            report=report,
        )
    write_text(study.folder / COMPARISON_FILE, canonical_json(result))
    return {"model_id": about["model_id"]}


def _evaluate(study: Study, job: Job, report: Report) -> dict[str, Any]:
    from riskmap.model.evaluate import evaluate, save_evaluation
    from riskmap.panel.build import build_panel

    report(Text("Counting cases on the grid"), None)
    panel = build_panel(study)
    _keep_drift(study, panel, report)
    result = evaluate(study, panel, report=report)
    save_evaluation(study, result)
    return {"origins": len(result["origins"])}


WORK: Mapping[Kind, Callable[[Study, Job, Report], dict[str, Any]]] = {
    "train": _train,
    "compare": _compare,
    "promote": _promote,
    "evaluate": _evaluate,
}


def _keep_drift(study: Study, panel: Any, report: Report) -> None:
    """Whoever has a panel at hand looks at how its features have moved: it takes seconds more."""
    from riskmap.model.drift import measure_drift, save_drift

    report(Text("Looking at how the features have moved"), None)
    save_drift(study, measure_drift(panel))


def _in_languages(text: Text) -> dict[str, str]:
    return {language: text.in_language(language) for language in LANGUAGES}


def _now() -> str:
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


def _read(study: Study) -> Job | None:
    path = study.folder / JOB_FILE
    return Job(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def _write(study: Study, job: Job) -> None:
    write_text(study.folder / JOB_FILE, canonical_json(asdict(job)))


if __name__ == "__main__":
    run_job(load_study(sys.argv[1], Path(sys.argv[2])))
