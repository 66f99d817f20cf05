"""What somebody doubts about a forecast, kept beside it until an analyst has looked.

geodata/<area>/challenges/<moment>-<hash>.json
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import h3
import numpy as np

from riskmap.errors import DecisionError
from riskmap.layers.store import scope_of
from riskmap.snapshot import canonical_json, text_sha256, write_text
from riskmap.sources.persons import mask_text
from riskmap.study import Study

FEWEST_CHARACTERS, MOST_CHARACTERS = 10, 1000


@dataclass(frozen=True)
class Challenge:
    """A doubt about a `snapshot`; `cell` and `place` say where, "" for all of it. Nobody's name is kept."""

    made_at: str
    snapshot: str
    cell: str
    place: str
    text: str


def file_challenge(study: Study, snapshot: str, text: str, *, cell: str = "", place: str = "") -> Challenge:
    """Keep a doubt, numbers that name a person masked, and return it as kept.

    Raises
    ------
    DecisionError
        If it is too short to be looked into, or too long.
    """
    kept = mask_text(" ".join(text.split()))
    if not FEWEST_CHARACTERS <= len(kept) <= MOST_CHARACTERS:
        raise DecisionError(
            "Say in {fewest} to {most} characters what is wrong and how you know; there are {n}.",
            fewest=FEWEST_CHARACTERS,
            most=MOST_CHARACTERS,
            n=len(kept),
        )
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    challenge = Challenge(made_at, snapshot, cell, place, kept)
    folder = study.folder / "challenges"
    folder.mkdir(parents=True, exist_ok=True)
    text_of_all = canonical_json(asdict(challenge))
    name = f"{made_at[:19].replace(':', '').replace('-', '')}-{text_sha256(text_of_all)[:8]}.json"
    write_text(folder / name, text_of_all)
    return challenge


def list_challenges(study: Study) -> list[Challenge]:
    """Return the doubts that were filed, newest first; of a narrowed study those about its areas and cells."""
    files = sorted((study.folder / "challenges").glob("*.json"), reverse=True)
    found = [Challenge(**json.loads(path.read_text(encoding="utf-8"))) for path in files]
    return [one for one in found if _is_within(study, one)] if study.within else found


def _is_within(study: Study, challenge: Challenge) -> bool:
    scope = scope_of(study)
    if not h3.is_valid_cell(challenge.cell):
        return challenge.place in scope.codes
    lat, lon = h3.cell_to_latlng(challenge.cell)
    return bool(scope.holds_points(np.array([lon]), np.array([lat]))[0])
