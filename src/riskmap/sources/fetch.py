"""A source's files from its publisher, page after page or month after month, where there is a network."""

import json
from collections.abc import Callable
from pathlib import Path

from riskmap.errors import RecipeError, SourceError
from riskmap.language import Text
from riskmap.progress import Report, silent
from riskmap.snapshot import file_sha256
from riskmap.sources.download import Patience, download
from riskmap.sources.publisher import Address, Fetch, check_months
from riskmap.sources.recipe import Recipe
from riskmap.sources.recipe_faults import RecipeValueError

PAGE_CAP = 100_000
"""A publisher that never sends an empty page does not page at all."""
PEEK_BYTES = 1 << 16


def fetch_source(
    recipe: Recipe,
    folder: Path,
    *,
    months: list[str] | None = None,
    patience: Patience | None = None,
    report: Report = silent,
) -> list[Path]:
    """Fetch the files that the [fetch] part of `recipe` names into `folder`; those that are there stay as they are.

    Parameters
    ----------
    months
        First and last month, in place of the recipe's.

    Returns
    -------
    The files, in the order of months and pages; an empty page, which ends the pages, is not kept.

    Raises
    ------
    RecipeError
        If the recipe does not say where its publisher keeps the source, or has no months to choose from.
    SourceError
        If a file cannot be fetched; those before it are kept, and the same call goes on after them.
    """
    fetch = recipe.fetch
    if fetch is None:
        raise RecipeError("Recipe {name} does not say where its publisher keeps the source.", name=recipe.name)
    _check_choice(recipe, fetch, months)
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for batch in fetch.batches(months):
        files += _fetch_pages(fetch, batch, folder, patience, report)
    return files


def _check_choice(recipe: Recipe, fetch: Fetch, months: list[str] | None) -> None:
    if months is None:
        return
    if not fetch.months:
        raise RecipeError("Recipe {name} does not fetch by months.", name=recipe.name)
    try:
        check_months(months)
    except RecipeValueError as invalid:
        raise RecipeError("{said}.", said=invalid.said) from None


def _fetch_pages(
    fetch: Fetch, batch: dict[str, object], folder: Path, patience: Patience | None, report: Report
) -> list[Path]:
    """Fetch one file, or pages until an empty one."""
    files: list[Path] = []
    before = ""
    for page in range(1, PAGE_CAP + 1):
        address = fetch.address(batch, page)
        target = folder / address.file
        if not target.is_file():
            download(
                address.url,
                target,
                allows=fetch.allows,
                sha256=fetch.checksum(address.file),
                patience=patience,
                moved=_tell(report, address),
            )
        if not fetch.paged:
            return [target]
        if holds_nothing(target):
            target.unlink()
            return files
        content = file_sha256(target)
        if content == before:
            target.unlink()
            raise SourceError("fetch_repeats", "{url} sends the page before it again.", url=address.url)
        before = content
        files.append(target)
    raise SourceError("fetch_endless", "{url} goes on after {n} pages.", url=fetch.url, n=PAGE_CAP)


def _tell(report: Report, address: Address) -> Callable[[int, int | None], None]:
    def moved(done: int, total: int | None) -> None:
        share = done / total if total else None
        report(Text("Fetching {file}", {"file": address.file}), share)

    report(Text("Fetching {file}", {"file": address.file}), None)
    return moved


def holds_nothing(path: Path) -> bool:
    """Return whether a page is empty: no text, a header without rows, or JSON without records."""
    with path.open("rb") as stream:
        text = stream.read(PEEK_BYTES).decode("utf-8", errors="replace").removeprefix("\ufeff").strip()
    if not text.startswith(("{", "[")):
        return "\n" not in text
    if path.stat().st_size > PEEK_BYTES:
        return False
    try:
        content = json.loads(text)
    except ValueError:
        return False
    records = content.get("features", content) if isinstance(content, dict) else content
    return not records
