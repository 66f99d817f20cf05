"""What the staff has to say about one snapshot; kept in the area and printed in its briefing.

geodata/<area>/briefings/<snapshot>.txt
"""

from pathlib import Path

from riskmap.errors import BriefingError
from riskmap.figures.plain import plain_text
from riskmap.snapshot import write_text
from riskmap.sources.persons import mask_text
from riskmap.study import Study

MOST_CHARACTERS = 400
"""What fits beside the week's findings in letters that a room can read."""
MOST_LINES = 6


def comment_path(study: Study, snapshot_id: str) -> Path:
    """Return where the comment on a snapshot is kept."""
    return study.folder / "briefings" / f"{snapshot_id}.txt"


def read_comment(study: Study, snapshot_id: str) -> str:
    """Return the comment on a snapshot; "" where there is none, or the reader may not see all that it speaks of."""
    path = comment_path(study, snapshot_id)
    return path.read_text(encoding="utf-8") if path.is_file() and not study.within else ""


def clean_comment(text: str) -> str:
    """Return `text` as it is kept: plain lines without blank ones, numbers that name a person masked.

    Raises
    ------
    BriefingError
        If it is longer than its place in the briefing.
    """
    lines = [mask_text(line) for line in (plain_text(line, len(line) + 1) for line in text.splitlines()) if line]
    length = sum(map(len, lines))
    if length > MOST_CHARACTERS or len(lines) > MOST_LINES:
        raise BriefingError(
            "The comment has {n} characters in {lines} lines; {most} in {most_lines} fit into the briefing. Shorten "
            "it.",
            n=length,
            lines=len(lines),
            most=MOST_CHARACTERS,
            most_lines=MOST_LINES,
        )
    return "\n".join(lines)


def write_comment(study: Study, snapshot_id: str, text: str) -> str:
    """Keep `text` as the comment on a snapshot in the stead of the one before, and return it as kept; "" removes it.

    Raises
    ------
    BriefingError
        If it is too long.
    """
    kept = clean_comment(text)
    path = comment_path(study, snapshot_id)
    if kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, kept)
    else:
        path.unlink(missing_ok=True)
    return kept


def comment_argument(value: str) -> str:
    """Return a comment given on the command line: what the file of that name holds, else the words themselves.

    Raises
    ------
    BriefingError
        If the file is not text in UTF-8.
    """
    try:
        path = Path(value)
        if not path.is_file():
            return value
        return path.read_bytes().decode("utf-8-sig")
    except OSError:  # longer than any name of a file
        return value
    except UnicodeDecodeError:
        raise BriefingError("{path} is not text in UTF-8; save it as such.", path=value) from None
