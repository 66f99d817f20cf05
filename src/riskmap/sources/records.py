"""JSON that is a list of objects, or objects by key: each object is a row, what lies inside it has a dotted name.

The readers here run in the reading process only (reader.py); files.py asks it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from riskmap.errors import SourceError
from riskmap.sources.archives import unpack_gzip
from riskmap.sources.cell_texts import as_text
from riskmap.sources.doubts import doubtful_numbers
from riskmap.sources.encodings import decode
from riskmap.sources.json_keys import told_apart
from riskmap.sources.kinds import last_suffix
from riskmap.sources.sheet import Sheet, number_rows
from riskmap.sources.text import MOST_COLUMNS

KEY = "key"
LONGEST_LIST = 4
"""Lists of so many entries at most become columns, one an entry: coordinates, ranges."""
FEW_CELLS = 1_000_000
"""A table of so many cells is made of any records."""
LEAST_FILLED = 0.05
"""Share of the cells that a larger table must fill: records with few names in common are no table."""


def read_records(path: Path, encodings: list[str], file: str) -> Sheet:
    """Return the records of a JSON file, plain or as .gz, in any of `encodings`.

    Raises
    ------
    SourceError
        As `decode` and `parse_records`.
    """
    raw = unpack_gzip(path) if last_suffix(path.name) == ".gz" else path.read_bytes()
    decoded = decode(raw, encodings, file)
    values = parse_records(decoded.text, file)
    frame = as_text(values)
    doubts = doubtful_numbers(values, list(frame.columns))
    return Sheet(frame, number_rows(frame), encoding=decoded.encoding, doubts=doubts)


def parse_records(text: str, file: str) -> pd.DataFrame:
    """Return the objects of JSON text as rows of values as they stand there; the key of each as column `key`.

    Lists of up to four entries become columns (`coordinates.0`, `coordinates.1`). A name that stands twice in one
    object is two columns, as it is in a text table.

    Raises
    ------
    SourceError
        If the text is no JSON or no list of records, or these have more names than a table has columns or hardly any
        in common.
    """
    try:
        content = json.loads(text, parse_float=_number, object_pairs_hook=told_apart)
        if isinstance(content, dict) and content and all(isinstance(item, dict) for item in content.values()):
            content = [{KEY: key, **item} for key, item in content.items()]
        if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
            raise SourceError("no_records", "{file} holds no list of records.", file=file)
        records = [dict(_named_values(item, "")) for item in content]
    except (ValueError, RecursionError):
        raise SourceError("broken_json", "{file} is damaged or cut short: it is no valid JSON.", file=file) from None
    names = _column_names(records, file)
    columns = {name: pd.Series([record.get(name) for record in records], dtype=object) for name in names}
    return pd.DataFrame(columns, index=range(len(records)))


def _number(text: str) -> float | str:
    """Return a number with a point; October, 2024.10, as it is written, because a number would be January too."""
    return text if text[4:] == ".10" else float(text)


def _named_values(item: dict[str, Any], before: str) -> Iterator[tuple[str, object]]:
    """Yield the values of an object by dotted names, those of objects and short lists in it among them."""
    for name, value in item.items():
        if isinstance(value, dict):
            yield from _named_values(value, f"{before}{name}.")
        elif isinstance(value, list):
            for at, entry in enumerate(value[:LONGEST_LIST]):
                yield f"{before}{name}.{at}", entry
        else:
            yield f"{before}{name}", value


def _column_names(records: list[dict[str, object]], file: str) -> list[str]:
    """Return the names of all records in the order of their first appearance, unless they make no table."""
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(record))
        if len(names) > MOST_COLUMNS:
            raise SourceError(
                "too_many_columns", "{file} has more than {most} columns.", file=file, most=f"{MOST_COLUMNS:,}"
            )
    cells = len(names) * len(records)
    if cells > FEW_CELLS and sum(len(record) for record in records) < LEAST_FILLED * cells:
        raise SourceError(
            "sparse_records",
            "The {n} records of {file} have {columns} different names and hardly any in common, so they are no table; "
            "name the same values alike in every record.",
            file=file,
            n=len(records),
            columns=len(names),
        )
    return list(names)
