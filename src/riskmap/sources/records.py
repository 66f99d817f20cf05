"""JSON that is a list of objects, or objects by key: each object is a row, what lies inside it has a dotted name."""

import json

import numpy as np
import pandas as pd

from riskmap.errors import SourceError
from riskmap.sources.cell_texts import as_text

KEY = "key"


def parse_records(text: str, file: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the objects of JSON text as rows of strings, numbered from 1; the key of each as column `key`.

    Lists of up to four entries become columns (`coordinates.0`, `coordinates.1`).
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise SourceError("broken_json", "{file} is damaged or cut short: it is no valid JSON.", file=file) from None
    if isinstance(content, dict) and content and all(isinstance(item, dict) for item in content.values()):
        content = [{KEY: key, **item} for key, item in content.items()]
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise SourceError("no_records", "{file} holds no list of records.", file=file)
    frame = pd.json_normalize(content)
    for name in [name for name in frame.columns if any(isinstance(item, list) for item in frame[name])]:
        lists = [item if isinstance(item, list) else [] for item in frame[name]]
        width = min(4, max(len(items) for items in lists))
        parts = pd.DataFrame([(items + [None] * width)[:width] for items in lists], index=frame.index)
        frame = frame.drop(columns=name).assign(**{f"{name}.{part}": parts[part] for part in parts})
    return as_text(frame), np.arange(1, len(frame) + 1)
