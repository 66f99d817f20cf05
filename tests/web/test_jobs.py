"""Work in a process of its own: seen from outside, one at a time, and known to be dead when it is."""

import json
import os
import signal
import sys
import time

import pytest
from fabricated import build_study

from riskmap.errors import BusyError, ModelError
from riskmap.language import Text
from riskmap.web import job_work, jobs
from riskmap.web.job_work import run_job
from riskmap.web.jobs import JOB_FILE, Job, read_comparison, read_job, start_job

LIMIT_S = 60


@pytest.fixture
def study(tmp_path):
    return build_study(tmp_path, surfaces=0)


@pytest.fixture
def slow(monkeypatch):
    """In the place of the work a process that sleeps, and its number."""
    started = []
    begin = jobs.subprocess.Popen

    def popen(_command, **options):
        process = begin([sys.executable, "-c", "import time; time.sleep(60)"], **options)
        started.append(process)
        return process

    monkeypatch.setattr(jobs.subprocess, "Popen", popen)
    yield started
    for process in started:
        process.kill()
        process.wait(timeout=20)


def wait_until(holds):
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def put(study, **changes):
    job = Job("compare", {"model_id": "m"}, "en", "me", "2026-01-05T00:00:00+00:00", "2026-01-05T00:00:00+00:00")
    (study.folder / JOB_FILE).write_text(json.dumps(vars(job) | changes))


def test_there_is_no_job_before_the_first(study):
    assert read_job(study) is None
    assert read_comparison(study) is None
    with pytest.raises(ModelError, match="No work was asked for on area ocean"):
        run_job(study)


def test_a_second_job_waits_for_the_end_of_the_first(study, slow):
    start_job(study, "train", language="en")
    assert read_job(study).state == "running"
    with pytest.raises(BusyError, match="Other work on area ocean is under way"):
        start_job(study, "train", language="en")
    assert len(slow) == 1


def test_a_job_whose_process_is_killed_is_called_dead_and_makes_room(study, slow):
    start_job(study, "train", language="en")
    os.kill(slow[0].pid, signal.SIGKILL)
    wait_until(lambda: read_job(study).state != "running")
    assert read_job(study).state == "died"
    assert start_job(study, "compare", language="zh", model_id="m").state == "running"
    assert read_job(study).about == {"model_id": "m"}


def test_a_job_goes_on_to_its_end_and_says_in_both_languages_what_stopped_it(study):
    """The real process, on an area without a case: nothing can be fitted."""
    start_job(study, "train", language="en")
    wait_until(lambda: read_job(study).state != "running")
    job = read_job(study)
    assert job.state == "failed"
    assert job.error["en"] == "No model was fitted: There are no dated cases; import some with `riskmap import`."
    assert job.error["zh"].startswith("未能训练出模型：")


def test_progress_and_result_are_written_as_the_work_tells_them(study, monkeypatch):
    put(study)
    seen = []

    def work(study, job, report):
        for share in (0.25, 0.5):
            report(Text("Comparing"), share)
            written = json.loads((study.folder / JOB_FILE).read_text(encoding="utf-8"))
            seen.append((written["state"], written["share"], written["stage"]))
        return {"model_id": job.about["model_id"]}

    monkeypatch.setattr(job_work, "WORK", {"compare": work})
    run_job(study)
    stage = {"en": "Comparing", "zh": "正在比较"}
    assert seen == [("running", 0.25, stage), ("running", 0.5, stage)]
    job = read_job(study)
    assert (job.state, job.share, job.result) == ("done", 1.0, {"model_id": "m"})


def test_an_error_of_the_work_is_kept_with_the_stage_it_came_in(study, monkeypatch):
    put(study)

    def work(_study, _job, report):
        report(Text("Comparing"), 0.5)
        raise ModelError("Model {model_id} is in use already.", model_id="m")

    monkeypatch.setattr(job_work, "WORK", {"compare": work})
    run_job(study)
    job = read_job(study)
    assert (job.state, job.share, job.stage["en"]) == ("failed", 0.5, "Comparing")
    assert job.error == {"en": "Model m is in use already.", "zh": "模型 m 已在使用。"}


def test_a_job_that_ends_while_it_is_looked_at_is_not_called_dead(study, monkeypatch):
    put(study)

    def ends(_study):
        put(study, state="done")
        return False

    monkeypatch.setattr(jobs, "_alive", ends)
    assert read_job(study).state == "done"
