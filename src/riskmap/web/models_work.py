"""Long work on models: started here, done by a process of its own, and followed by every page that looks."""

import pandas as pd
import streamlit as st

from riskmap.figures.plain import plain_text
from riskmap.language import Text
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.jobs import LOG_FILE, Job, Kind, read_job, start_job
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.models_in_use import local_moment
from riskmap.web.notices import PLAIN, tell

POLL_S = 2.0
KIND_WORDS: dict[Kind, Text] = {
    "train": Text("Train a challenger"),
    "compare": Text("Compare with the model in use"),
    "promote": Text("Promote a challenger"),
    "evaluate": Text("Evaluate on past periods"),
}


@needs("read_models")
def show_work(study: Study) -> None:
    """Show the buttons that start work, and the latest work with its progress or outcome."""
    st.subheader(t("Retrain"), anchor=False)
    running = is_running(study)
    left, right = st.columns([5, 6], gap="medium")
    with left:
        words = t("A challenger is fitted on all that is known now, checked, and kept; the model in use stays in use.")
        st.html(lines_html([words], muted=True))
        with st.container(horizontal=True):
            start_button(study, "train", disabled=running)
            start_button(study, "evaluate", disabled=running)
    with right:
        # Only what changes by itself is drawn again, and only while something does.
        st.fragment(_show_job, run_every=POLL_S if running else None)(study, was_running=running)


def is_running(study: Study) -> bool:
    """Return whether work on the area is under way."""
    job = read_job(study)
    return job is not None and job.state == "running"


def start_button(study: Study, kind: Kind, *, disabled: bool, main: bool = False, **about: object) -> None:
    """Show a button that starts work."""
    style = "primary" if main else "secondary"
    pressed = st.button(say(KIND_WORDS[kind]), disabled=disabled, key=f"start-{kind}", type=style)  # type: ignore[arg-type]
    if pressed:
        start_job(study, kind, language=current_view().language, **about)
        st.rerun()


def _show_job(study: Study, *, was_running: bool) -> None:
    job = read_job(study)
    if job is None:
        st.html(lines_html([t("No work was started from this page yet.")], muted=True))
    elif job.state == "running":
        _show_progress(study, job)
    elif was_running:
        st.rerun()  # the whole page: what the work made is to be seen
    else:
        tell("done" if job.state == "done" else "error", *_outcome(study, job))


def _show_progress(study: Study, job: Job) -> None:
    stage = job.stage.get(current_view().language, "") or t("Starting")
    words = f"{say(KIND_WORDS[job.kind])} · {stage}"
    st.progress(min(max(job.share or 0.0, 0.0), 1.0), text=plain_text(words).translate(PLAIN))
    seconds = int((pd.Timestamp.now("UTC") - pd.Timestamp(job.started)).total_seconds())
    minutes = f"{seconds // 60}:{seconds % 60:02d}"
    started = t("Started {moment} by {who}; running for {minutes} min.", **_started(study, job), minutes=minutes)
    kept = t("The page can be closed; the work goes on.")
    st.html(lines_html([started, kept], muted=True))


def _started(study: Study, job: Job) -> dict[str, str]:
    return {"moment": local_moment(study, job.started), "who": plain_text(job.by)}


def _outcome(study: Study, job: Job) -> list[str]:
    language = current_view().language
    named = say(KIND_WORDS[job.kind])
    head = t("{work}: started {moment} by {who}.", work=named, **_started(study, job))
    if job.state == "died":
        log = f"geodata/{study.id}/{LOG_FILE}"
        return [
            head,
            t("Its process ended before the work was done. Start it again; what it said is in {log}.", log=log),
        ]
    if job.state == "failed":
        return [head, job.error.get(language, "")]
    return [head, _result(job)]


def _result(job: Job) -> str:
    model = job.result.get("model_id")
    if job.kind == "train":
        if model is None:
            return t("Nothing new to learn from: the same data and settings give a model that is there already.")
        return t("Model {model} is fitted and kept.", model=model)
    if job.kind == "evaluate":
        return t("Evaluated on {n} past periods.", n=job.result["origins"])
    if job.kind == "promote":
        return t("Model {model} is in use.", model=model)
    if job.result["failures"]:
        return t("Model {model} is compared; the gate stops it.", model=model)
    return t("Model {model} is compared; the gate lets it through.", model=model)
