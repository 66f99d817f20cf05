"""What the tests of bad inputs share: a recipe, a file, an import, and what a receipt must say about a row."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from riskmap.layers.intake import import_files
from riskmap.layers.receipt import Receipt
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

COLUMNS = {"case_id": "案号", "occurred": "时间", "lon": "经度", "lat": "纬度", "area_code": "区划", "count": "计数"}
HEADER = "案号,时间,经度,纬度,区划,计数,备注"
GOOD = "A1,2024-01-02 10:00,104.50012,30.50012,510100,1,"
"""A row without fault for the area `square` (104-105 east, 30-31 north)."""


def recipe(**changes: object) -> Recipe:
    """Return a recipe of cases in WGS84, with `changes` of its keys."""
    form = {
        "name": "trial",
        "layer": "cases",
        "crs": "WGS84",
        "columns": COLUMNS,
        "constants": {"category": "possession"},
    }
    return Recipe.model_validate(form | changes)


def write(folder: Path, *rows: str, name: str = "cases.csv", header: str = HEADER, encoding: str = "utf-8") -> Path:
    """Write a text table and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(("\n".join([header, *rows]) + "\n").encode(encoding))
    return path


def take(study: Study, paths: Path | Sequence[Path], form: Recipe | None = None, *, accept: bool = False) -> Receipt:
    """Import and return the receipt, whose every sentence must be there in both languages."""
    form = form or recipe()
    files = [paths] if isinstance(paths, Path) else list(paths)
    receipt = import_files(study, form.layer, files, form, accept=accept)
    for entry in receipt.rows:
        says_it_twice(entry)
    for entry in receipt.refused:
        says_it_twice(entry["refused"])
    for note in receipt.notes:
        says_it_twice({"rule": note["en"], "message_zh": note["zh"], "message_en": note["en"]})
    return receipt


def says_it_twice(entry: dict[str, Any]) -> None:
    """Fail unless a line of a receipt has one sentence in English and another one in Chinese."""
    zh, en = entry["message_zh"], entry["message_en"]
    assert zh and en and zh != en, entry
    assert any("\u4e00" <= sign <= "\u9fff" for sign in zh), entry
    assert "\n" not in zh + en, entry
    assert "{" not in zh + en, entry


def fates(receipt: Receipt) -> list[tuple[int, str, str]]:
    """Return (row, rule, fate) of every line of the receipt."""
    return [(entry["row"], entry["rule"], entry["fate"]) for entry in receipt.rows]


def only_line(receipt: Receipt) -> dict[str, Any]:
    """Return the receipt's one line."""
    (entry,) = receipt.rows
    return entry


def only_refusal(receipt: Receipt) -> dict[str, Any]:
    """Return what is said of the one refused file; nothing must have been imported."""
    assert receipt.exit_status == 2
    assert receipt.import_id is None
    assert (receipt.read, receipt.accepted) == (0, 0)
    (entry,) = receipt.refused
    refused: dict[str, Any] = entry["refused"]
    return refused
