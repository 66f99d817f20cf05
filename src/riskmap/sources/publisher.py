"""Where a publisher keeps a source: the [fetch] part of a recipe, and the addresses that it stands for."""

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from riskmap.language import Text
from riskmap.sources.recipe_faults import RecipeValueError, unknown_name

PLACEHOLDERS = ("page", "offset", "limit", "month")
PAGED = frozenset({"page", "offset"})
MONTH_PATTERN = r"^\d{4}-(?:0[1-9]|1[0-2])$"


@dataclass(frozen=True)
class Address:
    """One file to fetch, and the name under which it is kept."""

    url: str
    file: str


class Fetch(BaseModel):
    """Where a publisher keeps a source.

    `url` may hold {month}, one address for each of `months` (first and last, both included), and {page} (from 1) or
    {offset} (from 0, in steps of `limit`), then pages are asked for until an empty one. `hosts` are other hosts to
    which the publisher may redirect. `sha256` is the file's hash, or one for each file's name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    file: str
    limit: int = Field(default=50_000, ge=1)
    months: list[str] = Field(default_factory=list)
    hosts: list[str] = Field(default_factory=list)
    sha256: str | dict[str, str] = ""

    @model_validator(mode="after")
    def _address_can_be_asked_for(self) -> "Fetch":
        parts = urlsplit(self.url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise RecipeValueError(Text("url must begin with https:// and name a host"), ("fetch", "url"))
        if "{" in parts.netloc:
            raise RecipeValueError(Text("the host in url must stand there in full"), ("fetch", "url"))
        for key in ("url", "file"):
            unknown = sorted(placeholders(getattr(self, key)) - set(PLACEHOLDERS))
            if unknown:
                values = {"name": unknown[0], "known": ", ".join(PLACEHOLDERS)}
                said = Text("the placeholder {name!r} is not known; known are {known}", values)
                raise RecipeValueError(unknown_name(said, unknown[0], PLACEHOLDERS), ("fetch", key))
        self._check_file()
        self._check_months()
        return self

    def _check_file(self) -> None:
        asked = placeholders(self.url) - {"limit"}
        named = placeholders(self.file)
        if PurePosixPath(self.file).name != self.file or self.file.startswith(".") or "\\" in self.file:
            raise RecipeValueError(Text("file must be the plain name of a file"), ("fetch", "file"))
        if bool(asked & PAGED) != bool(named & PAGED) or ("month" in asked) != ("month" in named):
            said = Text("url and file must hold the same placeholders, else one file would replace another")
            raise RecipeValueError(said, ("fetch", "file"))

    def _check_months(self) -> None:
        if ("month" in placeholders(self.url)) != bool(self.months):
            raise RecipeValueError(Text("months and {{month}} in url belong together"), ("fetch", "months"))
        if self.months:
            check_months(self.months)

    @property
    def paged(self) -> bool:
        """Whether pages are asked for until an empty one."""
        return bool(placeholders(self.url) & PAGED)

    def batches(self, months: list[str] | None = None) -> Iterator[dict[str, object]]:
        """Return what is filled in besides the page: each month, or nothing once."""
        if not self.months:
            yield {}
            return
        first, last = months or self.months
        for month in pd.period_range(first, last, freq="M"):
            yield {"month": str(month)}

    def address(self, batch: dict[str, object], page: int) -> Address:
        """Return the address of a page, counted from 1."""
        values = {**batch, "page": page, "offset": (page - 1) * self.limit, "limit": self.limit}
        return Address(self.url.format(**values), self.file.format(**values))

    def checksum(self, file: str) -> str:
        """Return the hash that a file must have, "" where none is known."""
        return (self.sha256 if isinstance(self.sha256, str) else self.sha256.get(file, "")).lower()

    def allows(self, url: str) -> bool:
        """Return whether the recipe lets us ask for `url`: its own host or one of `hosts`, and not less secure."""
        asked, own = urlsplit(url), urlsplit(self.url)
        return asked.scheme in ("https", own.scheme) and asked.netloc in (own.netloc, *self.hosts)


def check_months(months: list[str], at: tuple[str, ...] = ("fetch", "months")) -> None:
    """Refuse what is not a first and a last month.

    Raises
    ------
    RecipeValueError
        If it is none.
    """
    fits = len(months) == 2 and all(re.match(MONTH_PATTERN, month) for month in months)
    if not fits or months[0] > months[1]:
        raise RecipeValueError(Text("months must be the first and the last one, such as 2024-01 and 2024-12"), at)


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        said = Text("a brace is not closed; write {{{{ for one that is meant")
        raise RecipeValueError(said, ("fetch", "url")) from None
