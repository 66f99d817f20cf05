"""The days that a delivery is declared to cover: what is empty among them is zero, not unknown.

A declaration lies in its import's folder as covers.json and can be changed there in one step, so that rows, ids and
corrections stay as they are; what was declared before is kept in it.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskmap.errors import TableError
from riskmap.language import Text
from riskmap.layers.date_columns import EARLIEST
from riskmap.layers.receipt import note
from riskmap.schema import TIME, TIME_COLUMNS
from riskmap.snapshot import canonical_json, read_manifest, write_text
from riskmap.study import Study

COVERS = "covers.json"
WITHOUT_SPANS = (
    "Stored by an earlier version, without the span of each file: {imports}. Empty periods of small sources inside "
    "them are taken for unknown; import the files again with --replace."
)
"""Of imports (their ids); said wherever coverage is shown."""
_FORM = re.compile(r"(\d{4}-\d{2}-\d{2})\s*\.\.\s*(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Covers:
    """The first and the last day, both inclusive."""

    first: date
    last: date

    def __str__(self) -> str:
        """Return the declaration as it is typed."""
        return f"{self.first}..{self.last}"


def parse_covers(text: str, study: Study, layer: str) -> Covers:
    """Read FROM..TO, two days in ISO 8601.

    Raises
    ------
    TableError
        If the layer has no dates, the text has another form, or the days are reversed, before 1990 or still to come.
    """
    if layer not in TIME_COLUMNS:
        raise TableError("Rows of layer {layer} have no dates, so no days can be declared for them.", layer=layer)
    found = _FORM.fullmatch(text.strip())
    try:
        days = [date.fromisoformat(day) for day in found.groups()] if found else []
    except ValueError:  # no such day in the calendar
        days = []
    if not days:
        raise TableError(
            "The days that files cover are given as FROM..TO, such as 2024-01-01..2024-01-31; it was {text!r}.",
            text=text,
        )
    first, last = days
    if last < first:
        raise TableError("The days that files cover end before they begin: {text}.", text=text)
    today = datetime.now(study.zone).date()
    if first < EARLIEST.astype("datetime64[D]").astype(date) or last > today:
        raise TableError(
            "The days that files cover lie between 1990-01-01 and today, {today}; they were {text}.",
            today=str(today),
            text=text,
        )
    return Covers(first, last)


def covers_text(covers: str, source: str, earlier: list[str] | None = None) -> str:
    """Return what covers.json holds: the source, the days, when that was said, and what was declared before."""
    said = datetime.now(UTC).isoformat(timespec="seconds")
    return canonical_json({"source_id": source, "covers": covers, "at": said, "earlier": earlier or []})


def change_covers(folder: Path, covers: Covers, source: str) -> bool:
    """Declare something else for an import that is there; return whether it was something else.

    Call it only under the area's lease.
    """
    before = declared(folder)
    if before == str(covers):
        return False
    earlier = _read(folder)["earlier"] + [before] if before else []
    write_text(folder / COVERS, covers_text(str(covers), source, earlier))
    return True


def declared(folder: Path) -> str | None:
    """Return the days that an import is declared to cover, FROM..TO; None where nothing is declared."""
    return str(_read(folder)["covers"]) if (folder / COVERS).exists() else None


def imports_without_spans(folders: list[Path]) -> list[str]:
    """Return the ids of imports that were stored before the spans of files were kept."""
    return [folder.name for folder in folders if _lacks_spans(folder)]


def _lacks_spans(folder: Path) -> bool:
    """Several intervals, and nothing from the first of them to the last."""
    found = pd.read_parquet(folder / "coverage.parquet")
    if len(found) < 2 or (found["rows"] == 0).any():
        return False
    whole = (found["covered_from"] == found["covered_from"].min()) & (found["covered_to"] == found["covered_to"].max())
    return not whole.any() and "form" not in read_manifest(folder)


def rows_outside(covered: pd.DataFrame, covers: Covers) -> list[Text]:
    """Say how many rows speak of other days than those declared; they are taken all the same.

    Parameters
    ----------
    covered
        covered_from, covered_to (exclusive), rows.
    """
    first, end = pd.Timestamp(covers.first), pd.Timestamp(covers.last) + pd.Timedelta(1, "D")
    outside = (covered["covered_to"] <= first) | (covered["covered_from"] >= end)
    n = int(covered.loc[outside, "rows"].sum())
    said = "{n} rows speak of days outside {covers}, which the files were said to cover; they were taken all the same."
    return [note(said, n=n, covers=str(covers))] if n else []


def declared_intervals(folders: list[Path]) -> pd.DataFrame:
    """Return what imports are declared to cover: source_id, covered_from, covered_to (exclusive), rows (0)."""
    said = [_read(folder) for folder in folders if (folder / COVERS).exists()]
    days = [str(one["covers"]).split("..") for one in said]
    first, last = (np.array([pair[end] for pair in days], dtype="datetime64[D]") for end in (0, 1))
    return pd.DataFrame(
        {
            "source_id": pd.Series([one["source_id"] for one in said], dtype="str"),
            "covered_from": first.astype(TIME),
            "covered_to": (last + 1).astype(TIME),
            "rows": np.zeros(len(said), dtype="int64"),
        }
    )


def _read(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((folder / COVERS).read_text(encoding="utf-8"))
    return said
