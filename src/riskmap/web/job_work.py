"""What a job does, in the process that is its own."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from riskmap.errors import ModelError, RiskmapError
from riskmap.language import LANGUAGES, Text
from riskmap.progress import Report
from riskmap.snapshot import canonical_json, lease, write_text
from riskmap.study import Study, load_study
from riskmap.web.jobs import COMPARISON_FILE, Job, Kind, keep_job, kept_job, now


def run_job(study: Study) -> None:
    """Do the area's job that waits to be done, and write down how it ends."""
    job = kept_job(study)
    if job is None:
        raise ModelError("No work was asked for on area {area}.", area=study.id)
    kept = [job]

    def report(stage: Text, share: float | None = None) -> None:
        kept[0] = replace(kept[0], stage=_in_languages(stage), share=share, updated=now())
        keep_job(study, kept[0])

    try:
        result = WORK[job.kind](study, job, report)
    except RiskmapError as error:
        keep_job(study, replace(kept[0], state="failed", error=_in_languages(error.text), updated=now()))
    else:
        keep_job(study, replace(kept[0], state="done", share=1.0, result=result, updated=now()))


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


if __name__ == "__main__":
    run_job(load_study(sys.argv[1], Path(sys.argv[2])))
