"""The lines of a proposed recipe: TOML, and why each stands there."""

import json
import re
from dataclasses import dataclass

from riskmap.language import Text


@dataclass(frozen=True)
class Line:
    """One line of a recipe: TOML, and why it stands there; `open` where an analyst must look."""

    code: str
    why: Text | None = None
    open: bool = False


def quoted(text: str) -> str:
    """Return `text` as a TOML string; JSON's escapes are TOML's but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def written(line: Line, language: str) -> str:
    """Return the line with its comment in `language`; "# ?" stands before what an analyst must answer."""
    if line.why is None:
        return line.code
    # What comes from the file must not end the comment and begin a line of its own.
    said = re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", line.why.in_language(language))
    return f"{line.code}  # {'? ' if line.open else ''}{said}".strip()
