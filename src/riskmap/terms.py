"""A user's own terms: geodata/terms.toml says which of our words they call otherwise, in each language.

[zh]
"物流枢纽" = "寄递网点"
[en]
"hubs" = "parcel offices"

The words change wherever a sentence holds them: pages, briefing, receipts, messages. Codes, columns of files and keys
of JSON never do.
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from riskmap.errors import StudyError
from riskmap.language import told_alike, use_own_terms
from riskmap.settings_file import read_settings

FILE = "terms.toml"
Term = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^{}\x00-\x1f]+$")]


class Terms(BaseModel):
    """Our term -> the user's, by language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: dict[Term, Term] = {}
    en: dict[Term, Term] = {}


def read_terms(home: Path) -> dict[str, dict[str, str]]:
    """Return the user's own terms by language; empty where there is no file of them.

    Raises
    ------
    StudyError
        If the file is not of the form, or two of our texts would become one.
    """
    found = read_settings(home / "geodata" / FILE, Terms)
    terms = found.model_dump() if found else {}
    alike = told_alike(terms)
    if alike is not None:
        raise StudyError(
            "{file} would say {one!r} and {other!r} alike, which then could not be told apart.",
            file=FILE,
            one=alike[0],
            other=alike[1],
        )
    return terms


def settle_terms(home: Path) -> StudyError | None:
    """Say everything in the user's own terms from now on, in ours where the file is faulty; return what is wrong."""
    try:
        use_own_terms(read_terms(home))
    except StudyError as faulty:
        use_own_terms({})
        return faulty
    return None
