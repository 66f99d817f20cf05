"""What readers change: each by a door that asks whether they may, and writes down that they did.

Pages change nothing but through here and `jobs.start_job`; a test holds that.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from riskmap.audit import recorded
from riskmap.briefing.comment import write_comment
from riskmap.decisions.challenges import Challenge, file_challenge
from riskmap.layers.booking_points import rule_on_booking_point
from riskmap.layers.corrections import correct_rows, dismiss_rows
from riskmap.layers.intake import import_files
from riskmap.layers.receipt import Receipt
from riskmap.layers.undo import undo_import
from riskmap.model.promotion import rollback
from riskmap.snapshot import lease
from riskmap.sources.recipe import Recipe
from riskmap.study import Study
from riskmap.web.access import current_reader, require


def bring_in(study: Study, files: Sequence[Path], recipe: Recipe, **options: Any) -> Receipt:
    """Import files, as `layers.intake.import_files` does, whose further arguments are `options`."""
    study = require("change_data", study)
    names = ", ".join(path.name for path in files)
    with recorded(study.home, current_reader().who, "import", study.id, recipe.layer, f"{recipe.name}: {names}"):
        return import_files(study, recipe.layer, files, recipe, **options)


def take_back(study: Study, import_id: str, reason: str) -> Receipt:
    """Undo an import."""
    study = require("change_data", study)
    with recorded(study.home, current_reader().who, "undo", study.id, "", f"{import_id}: {reason}"):
        return undo_import(study, import_id, reason)


def correct(study: Study, layer: str, rows: pd.DataFrame, **options: Any) -> list[Receipt]:
    """Import corrected rows of the quarantine, as `layers.corrections.correct_rows` does."""
    study = require("change_data", study)
    with recorded(study.home, current_reader().who, "correct", study.id, layer, f"{len(rows)} rows"):
        return correct_rows(study, layer, rows, **options)


def leave_out(study: Study, layer: str, references: Sequence[str], reason: str) -> Receipt:
    """Leave rows of the quarantine out for good."""
    study = require("change_data", study)
    detail = f"{len(references)} rows: {reason}"
    with recorded(study.home, current_reader().who, "dismiss", study.id, layer, detail):
        return dismiss_rows(study, layer, references, reason)


def rule_on_point(study: Study, layer: str, place: str, decision: str, reason: str) -> None:
    """Decide what a booking point is."""
    study = require("change_data", study)
    detail = f"{layer}, {decision}: {reason}"
    with recorded(study.home, current_reader().who, "rule", study.id, place, detail):
        rule_on_booking_point(study, layer, place, decision, reason)


def keep_comment(study: Study, snapshot_id: str, text: str) -> str:
    """Keep the staff's comment on a forecast."""
    study = require("comment", study)
    with recorded(study.home, current_reader().who, "comment", study.id, "", snapshot_id):
        return write_comment(study, snapshot_id, text)


def doubt(study: Study, snapshot_id: str, text: str, *, cell: str = "", place: str = "") -> Challenge:
    """File a doubt about a forecast; the log says who filed one, the doubt itself does not."""
    study = require("challenge", study)
    with recorded(study.home, current_reader().who, "challenge", study.id, cell or place, snapshot_id):
        return file_challenge(study, snapshot_id, text, cell=cell, place=place)


def roll_back(study: Study, reason: str) -> str:
    """Put the model to use that was in use before."""
    study = require("promote", study)
    who = current_reader().who
    with recorded(study.home, who, "rollback", study.id, "", reason), lease(study.folder, "rollback"):
        return rollback(study, reason, by=who)
