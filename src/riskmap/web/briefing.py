"""The parts of the briefing page: files to take away, the slides as they are, the staff's comment."""

from functools import partial

import pandas as pd
import streamlit as st

from riskmap.audit import recorded
from riskmap.briefing.comment import MOST_CHARACTERS, read_comment
from riskmap.briefing.pack import Pack
from riskmap.briefing.pack_facts import gather_pack
from riskmap.decisions.inspections import read_plans
from riskmap.figures.words import format_moment
from riskmap.model.evaluate import EVALUATION_FILE
from riskmap.snapshot import file_sha256
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.access import current_reader, kept_for_later, may, require, require_as_drawn
from riskmap.web.changes import keep_comment
from riskmap.web.language import current_view, t
from riskmap.web.legend import lines_html
from riskmap.web.loaded import KEYS, load_surface
from riskmap.web.notices import errors_told, tell_after_rerun

DOCUMENT_WORDS = {"pptx": "PowerPoint", "16x9.pdf": "PDF 16:9", "a4.pdf": "PDF A4", "png.zip": "PNG"}


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEYS)
def _pack(study: Study, surface: Surface, language: str, inputs: str) -> Pack:
    return Pack(gather_pack(study, surface), language)


def load_pack(study: Study, surface: Surface) -> Pack:
    """Return the pack of `surface`; another one when what goes into it beside the snapshot has changed."""
    study = require("view", study)
    surface = load_surface(study, surface.snapshot_id)
    evaluation = study.folder / EVALUATION_FILE
    inputs = [read_comment(study, surface.snapshot_id), study.marking, study.map_number, f"{len(read_plans(study))}"]
    inputs.append(file_sha256(evaluation) if evaluation.is_file() else "")
    return _pack(study, surface, current_view().language, "\0".join(inputs))


def take(pack: Pack, name: str) -> bytes:
    """Return one of the pack's files to be taken away, which is written down.

    Raises
    ------
    AccessError
        If the reader may not take anything away.
    """
    study = require_as_drawn("export", pack.facts.study)
    detail = f"{name}, {pack.facts.surface.snapshot_id}"
    with recorded(study.home, current_reader().who, "briefing", study.id, ",".join(study.within), detail):
        return pack.file(name)


def show_documents(pack: Pack) -> None:
    """Offer the files to paste from, to those who may take any; each is made when it is asked for."""
    if not may("export", pack.facts.study):
        return
    columns = st.columns(len(DOCUMENT_WORDS) + 1, vertical_alignment="center")
    for number, name in enumerate([*pack.documents, pack.album]):
        words = next(words for ending, words in DOCUMENT_WORDS.items() if name.endswith(ending))
        columns[number].download_button(
            t("Take {form}", form=words),
            kept_for_later(partial(take, pack, name)),
            file_name=name,
            key=f"take-{name}",
            type="primary" if number == 0 else "secondary",
            on_click="ignore",
            width="stretch",
        )
    made = format_moment(pd.Timestamp(pack.facts.surface.manifest["as_of"]), current_view().language)
    words = t("Snapshot {snapshot}, {moment}", snapshot=pack.facts.surface.snapshot_id, moment=made)
    columns[-1].html(lines_html([words], muted=True))


def show_comment(study: Study, surface: Surface) -> None:
    """Let the staff's comment be written; it is kept with the snapshot and printed on the first slide."""
    if not may("comment", study):
        return
    kept = read_comment(study, surface.snapshot_id)
    with st.form(f"comment-{surface.snapshot_id}", border=False):
        written = st.text_area(
            t("Comment of the staff, printed on the first slide"),
            kept,
            max_chars=MOST_CHARACTERS,
            height=100,
            key=f"comment-text-{surface.snapshot_id}",
        )
        if st.form_submit_button(t("Keep the comment")):
            with errors_told():
                keep_comment(study, surface.snapshot_id, written or "")
                tell_after_rerun("done", t("The comment is kept with the snapshot and stands on the first slide."))
                st.rerun()


def show_slides(pack: Pack) -> None:
    """Show the slides one after the other as they are drawn, each to be taken as a picture."""
    columns = st.columns(2, gap="medium")
    for number, name in enumerate(pack.pictures):
        with columns[number % 2], st.container(key=f"slide-{number}"):
            picture = pack.file(name)
            st.image(picture, width="stretch")
            if not may("export", pack.facts.study):
                continue
            st.download_button(
                t("Slide {number} as PNG", number=number + 1),
                kept_for_later(partial(take, pack, name)),
                file_name=name,
                key=f"png-{name}",
                on_click="ignore",
            )
