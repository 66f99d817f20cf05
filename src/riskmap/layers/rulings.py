"""What analysts ruled about single places and rows of a layer, with reason and time: one small file beside its imports.

geodata/<area>/layers/<layer>/rulings.json      {"booking_points": {place: ruling}, "dismissed": {row: ruling}}
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

from riskmap.errors import TableError
from riskmap.layers.folders import RULINGS, layer_folder
from riskmap.snapshot import canonical_json, lease, write_text
from riskmap.study import Study

Subject = Literal["booking_points", "dismissed"]


@dataclass(frozen=True)
class Ruling:
    """`decision` is one word, `reason` the analyst's own, `at` the moment in UTC (ISO 8601)."""

    decision: str
    reason: str
    at: str


def read_rulings(study: Study, layer: str, subject: Subject) -> dict[str, Ruling]:
    """Return what was ruled, by the place or row it is about."""
    path = layer_folder(study, layer) / RULINGS
    if not path.is_file():
        return {}
    stored: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8")).get(subject, {})
    return {about: Ruling(**ruling) for about, ruling in stored.items()}


def rule_on(study: Study, layer: str, subject: Subject, about: list[str], decision: str, reason: str) -> None:
    """Write one ruling about several places or rows; a later one about the same takes its place.

    Raises
    ------
    TableError
        If no reason is given: whoever looks at the map later must be able to ask why.
    BusyError
        If somebody else is writing.
    """
    if not reason.strip():
        raise TableError("A ruling needs a reason; it is kept with the layer.")
    ruling = Ruling(decision, reason.strip(), datetime.now(UTC).isoformat(timespec="seconds"))
    folder = layer_folder(study, layer)
    with lease(study.folder, f"rule on {layer}"):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / RULINGS
        stored: dict[str, dict[str, dict[str, str]]] = (
            json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        )
        stored.setdefault(subject, {}).update({name: asdict(ruling) for name in about})
        write_text(path, canonical_json(stored))
