"""Which model is in use: promoted through a gate, taken back, and every change kept with its reason.

models/<area>/history.json      every change, oldest first; the last one names the model in use
"""

import getpass
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from riskmap.errors import ModelError
from riskmap.grid.cells import cells_to_text
from riskmap.language import LANGUAGES, Text
from riskmap.model.compare import compare_forms, gate_failures
from riskmap.model.registry import load_model, read_card
from riskmap.model.risk_model import predict
from riskmap.model.scores import first_cells, rank_cells
from riskmap.panel.assemble import Panel
from riskmap.progress import Report, silent
from riskmap.snapshot import canonical_json, write_text
from riskmap.study import Study, study_toml

Action = Literal["first", "refresh", "promote", "override", "rollback"]


def read_history(study: Study) -> list[dict[str, Any]]:
    """Return every change of the model in use, oldest first: at (UTC), action, model_id, previous, by, reason, ...."""
    path = study.models_folder / "history.json"
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


def champion_id(study: Study) -> str | None:
    """Return the id of the model in use, or None before the first one."""
    history = read_history(study)
    return str(history[-1]["model_id"]) if history else None


def set_champion(study: Study, model_id: str, action: Action, *, by: str = "", **about: object) -> None:
    """Put a model to use, its signature checked; the change is kept with what is said `about` it, and who made it.

    `by` is the machine's account where nobody else is named.
    """
    read_card(study, model_id)
    history = read_history(study)
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "action": action,
        "model_id": model_id,
        "previous": history[-1]["model_id"] if history else None,
        "by": by or getpass.getuser(),
        **about,
    }
    write_text(study.models_folder / "history.json", canonical_json([*history, entry]))


def compare(study: Study, panel: Panel, model_id: str, *, origins: int = 12, report: Report = silent) -> dict[str, Any]:
    """Return `compare_forms` of a model and the one in use, with `failures`: what stops its promotion (zh, en).

    Raises
    ------
    ModelError
        If the model is not there, was fitted under other settings of the area, or cannot be compared.
    """
    card = read_card(study, model_id)
    if card["study"] != study_toml(study):
        raise ModelError(
            "Model {model_id} was fitted under other settings of area {area}; fit a new one.",
            model_id=model_id,
            area=study.id,
        )
    forms = {"challenger": _features(card)}
    champion = champion_id(study)
    if champion is not None and champion != model_id:
        forms["champion"] = _features(read_card(study, champion))
    result = compare_forms(study, panel, forms, origins=origins, report=report)
    failures = [{language: text.in_language(language) for language in LANGUAGES} for text in gate_failures(result)]
    return {"challenger": model_id, "champion": champion, **result, "failures": failures}


def lists_apart(study: Study, panel: Panel, challenger: str, champion: str) -> dict[str, Any]:
    """Return how the next lists of cells by expected cases of two fitted models differ, at the operating
    share of the area; inspections go by the need, which is not compared.

    Returns
    -------
    as_of: the newest origin. both: how many cells stand on both lists. apart: the cells that one list alone holds
    (`listed_by`), with both models' expected cases; the largest difference first.

    Raises
    ------
    ModelError
        If a model is refused, or the panel lacks a feature of it.
    """
    origin = panel.timeline.size
    expected = {
        name: predict(load_model(study, model_id), panel, origin).expected
        for name, model_id in (("challenger", challenger), ("champion", champion))
    }
    listed = {name: np.zeros(len(panel.cells), dtype=bool) for name in expected}
    for name, forecast in expected.items():
        ranking = rank_cells(forecast, np.zeros(len(forecast)))
        listed[name][first_cells(ranking, panel.areas_km2, study.operating_share)] = True
    own, other = listed["challenger"], listed["champion"]
    apart = np.flatnonzero(own != other)
    apart = apart[np.argsort(-np.abs(expected["challenger"] - expected["champion"])[apart], kind="stable")]
    names = cells_to_text(panel.cells[apart])
    return {
        "as_of": f"{panel.timeline.starts()[origin]:%Y-%m-%d}",
        "both": int((own & other).sum()),
        "apart": [
            {
                "cell": name,
                "listed_by": "challenger" if own[at] else "champion",
                **{model: float(forecast[at]) for model, forecast in expected.items()},
            }
            for name, at in zip(names, apart, strict=True)
        ],
    }


def _features(card: Mapping[str, Any]) -> list[str]:
    return list(card["model"]["feature_names"])[:-1]


def promote(
    study: Study,
    panel: Panel,
    model_id: str,
    *,
    reason: str = "",
    override: bool = False,
    by: str = "",
    report: Report = silent,
) -> dict[str, Any]:
    """Put a model to use if the gate lets it through, or in spite of the gate for a reason that is kept.

    Returns
    -------
    The comparison that the gate read.

    Raises
    ------
    ModelError
        If the model is in use already, is refused by the gate, or `override` comes without a reason. The champion
        stays.
    """
    if override and not reason.strip():
        raise ModelError("The gate is overridden for a reason only; it is kept.")
    if champion_id(study) == model_id:
        raise ModelError("Model {model_id} is in use already.", model_id=model_id)
    load_model(study, model_id)
    result = compare(study, panel, model_id, report=report)
    failures = result["failures"]
    if failures and not override:
        raise ModelError(
            "Model {model_id} is not promoted: {failures}. The model in use stays; --override --reason promotes it all "
            "the same.",
            model_id=model_id,
            failures=_joined(gate_failures(result)),
        )
    action: Action = "override" if failures else "promote"
    set_champion(study, model_id, action, by=by, reason=reason.strip(), comparison=result)
    return result


def _joined(texts: list[Text]) -> Text:
    whole = texts[0]
    for text in texts[1:]:
        whole = Text("{first}; {second}", {"first": whole, "second": text})
    return whole


def rollback(study: Study, reason: str, *, by: str = "") -> str:
    """Put the model to use that was in use before, and return its id.

    Raises
    ------
    ModelError
        If no reason is given, there was none before, or it is refused.
    """
    if not reason.strip():
        raise ModelError("A model is rolled back for a reason; say it, it is kept.")
    stack: list[str] = []
    for entry in read_history(study):
        if entry["action"] == "rollback":
            stack.pop()
        else:
            stack.append(entry["model_id"])
    if len(stack) < 2:
        raise ModelError("Area {area} had no other model in use before.", area=study.id)
    load_model(study, stack[-2])
    set_champion(study, stack[-2], "rollback", by=by, reason=reason.strip())
    return stack[-2]
