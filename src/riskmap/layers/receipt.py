"""What became of every row of an import: the receipt."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from riskmap.errors import SnapshotError, SourceError
from riskmap.language import LANGUAGES, Text
from riskmap.layers.rules import message
from riskmap.snapshot import canonical_json, write_text
from riskmap.sources.persons import mask_text

FATE_COLUMNS = ("file", "sheet", "row", "column", "rule", "fate", "original", "repaired")


@dataclass(frozen=True)
class FileEntry:
    """One file of an import; `refused` holds the error where the file was not taken.

    `datum_by` says who told the datum: "recipe", "file", or "fit" where the places themselves did.
    """

    path: str
    sha256: str
    encoding: str
    datum: str
    refused: SourceError | None = None
    datum_by: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return the entry as receipts carry it."""
        refused = None
        if self.refused is not None:
            said = {f"message_{language}": mask_text(self.refused.text.in_language(language)) for language in LANGUAGES}
            refused = {"rule": self.refused.rule, **said}
        plain = {name: getattr(self, name) for name in ("path", "sha256", "encoding", "datum", "datum_by")}
        return {**plain, "refused": refused}


@dataclass(frozen=True)
class Receipt:
    """The counts, the files and the rows that were not taken as they were.

    `data` is the receipt as it is written to JSON. The constructor refuses one whose counts do not add up.
    """

    data: dict[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        fates = self.not_selected + self.accepted + self.quarantined + self.rejected
        if self.read != fates or self.repaired > self.accepted:
            raise SnapshotError(
                "The receipt does not add up: {read} rows read, {fates} accounted for; nothing was imported.",
                read=self.read,
                fates=fates,
            )

    @property
    def import_id(self) -> str | None:
        """The import's name, None where nothing was imported."""
        return self.data["import_id"]

    @property
    def read(self) -> int:
        """Rows in the files."""
        return int(self.data["read"])

    @property
    def not_selected(self) -> int:
        """Rows that the recipe leaves out."""
        return int(self.data["not_selected"])

    @property
    def accepted(self) -> int:
        """Rows taken, repaired ones among them."""
        return int(self.data["accepted"])

    @property
    def repaired(self) -> int:
        """Rows taken with a repair that is listed."""
        return int(self.data["repaired"])

    @property
    def quarantined(self) -> int:
        """Rows kept aside until somebody decides."""
        return int(self.data["quarantined"])

    @property
    def rejected(self) -> int:
        """Rows that are no records."""
        return int(self.data["rejected"])

    @property
    def net_count(self) -> int:
        """Accepted records less cancelled ones, each id once."""
        return int(self.data["net_count"])

    @property
    def files(self) -> list[dict[str, Any]]:
        """The files, refused ones among them."""
        return list(self.data["files"])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows that were not taken as they were."""
        return list(self.data["rows"])

    @property
    def notes(self) -> list[dict[str, str]]:
        """What was assumed or left out for the import as a whole (`zh`, `en`)."""
        return list(self.data["notes"])

    @property
    def covers(self) -> str | None:
        """The days that it is declared to cover, FROM..TO; None where nothing was declared."""
        found: str | None = self.data.get("covers")
        return found

    @property
    def refused(self) -> list[dict[str, Any]]:
        """The files that were refused."""
        return [entry for entry in self.files if entry["refused"] is not None]

    @property
    def exit_status(self) -> int:
        """0, or 2 where a file was refused and so nothing was imported."""
        return 2 if self.refused else 0

    def to_json(self) -> str:
        """Return the receipt as JSON."""
        return canonical_json(self.data)

    def write(self, path: Path) -> None:
        """Write the receipt to `path`, whole or not at all where that is a file."""
        if path.exists() and not path.is_file():  # a pipe or a terminal
            path.write_text(self.to_json(), encoding="utf-8")
        else:
            write_text(path, self.to_json())


def fate_rows(fates: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a receipt, in the order of files, sheets and rows, with both messages."""
    ordered = fates.sort_values(["file", "sheet", "row", "column", "rule"], kind="stable")
    records = [
        {str(name): value for name, value in row.items()} for row in ordered[list(FATE_COLUMNS)].to_dict("records")
    ]
    for record in records:
        text = message(record["rule"], record["column"], record["original"], record["repaired"])
        record["message_zh"], record["message_en"] = text.zh, text.en
    return records


def note(template: str, **values: object) -> Text:
    """Return a sentence about the import as a whole."""
    return Text(template, values)


def receipt_data(
    *,
    import_id: str | None,
    area: str,
    layer: str,
    recipe: str,
    files: list[FileEntry],
    counts: dict[str, int],
    fates: pd.DataFrame,
    coverage: pd.DataFrame,
    notes: list[Text],
    covers: str | None = None,
) -> dict[str, Any]:
    """Return the receipt in the form in which it is written."""
    keys = ("read", "not_selected", "accepted", "repaired", "quarantined", "rejected", "net_count")
    covered = coverage[coverage["rows"] > 0]
    covered = covered.assign(
        covered_from=covered["covered_from"].astype("str"), covered_to=covered["covered_to"].astype("str")
    )
    return {
        "import_id": import_id,
        "area": area,
        "layer": layer,
        "recipe": recipe,
        "files": [entry.to_dict() for entry in files],
        **{key: int(counts.get(key, 0)) for key in keys},
        "coverage": covered.to_dict("records"),
        "covers": covers,
        "notes": [{"zh": text.zh, "en": text.en} for text in notes],
        "rows": fate_rows(fates),
    }
