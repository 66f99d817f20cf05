"""What was given to an import: the files behind folders, patterns and addresses, each once, under names that tell."""

from collections.abc import Sequence
from pathlib import Path

from riskmap.errors import SourceError
from riskmap.language import Text
from riskmap.layers.order import Sources
from riskmap.layers.receipt import FileEntry, note
from riskmap.sources.files import content_sha256, gather_sources
from riskmap.sources.gathering import is_address, left_aside, mask_address
from riskmap.sources.persons import mask_text
from riskmap.sources.recipe import Recipe

MOST_NAMED = 20
"""Names of files that one sentence lists."""


def gather_given(given: Sequence[str | Path], recipe: Recipe, workspace: Path, *, short_names: bool) -> Sources:
    """Return the files by hash, by name; those with the same bytes as another are left out with a note.

    Parameters
    ----------
    workspace
        Where what a source is unpacked or copied to goes.

    Raises
    ------
    SourceError
        If nothing was given.
    """
    if not given:
        raise SourceError("no_files", "No file was named; nothing was imported.")
    found: list[Path] = []
    sources = Sources({}, {}, {}, [], [])
    for source in given:
        plain = mask_text(Path(source).name if short_names else str(source))
        shown = mask_address(source) if isinstance(source, str) and is_address(source) else plain
        try:
            files = gather_sources([source], recipe, workspace)
        except SourceError as refused:
            sources.refused.append(FileEntry(shown, "", "", "", refused))
            continue
        found += files
        sources.notes.extend(_aside(source, plain))
        if is_address(source):
            sources.shown.update(dict.fromkeys(files, shown))
        elif short_names:
            sources.shown.update({path: mask_text(path.name) for path in files})
    for path in sorted(set(found), key=lambda path: (path.name, str(path))):
        key = content_sha256(path) or str(path)
        if key in sources.files:
            other = sources.files[key].name
            same = note("{file} has the same content as {other} and was read once.", file=path.name, other=other)
            sources.notes.append(same)
        else:
            sources.files[key] = path
    sources.names.update(distinct_names(sources.files))
    return sources


def _aside(source: str | Path, shown: str) -> list[Text]:
    """Say which files of a folder or pattern are not read."""
    files = left_aside(source)
    if not files:
        return []
    names = ", ".join(mask_text(file.name) for file in files[:MOST_NAMED]) + (" ..." if len(files) > MOST_NAMED else "")
    return [
        note(
            "{n} files of {folder} were not read, as they are of other kinds, notes or lock files: {names}.",
            n=len(files),
            folder=shown,
            names=names,
        )
    ]


def distinct_names(files: dict[str, Path]) -> dict[Path, str]:
    """Return each file's name with as many of its folders as tell it from the others.

    Numbers of persons are masked; the content's hash then tells such names apart.
    """
    names = {}
    for sha256, path in files.items():
        parts = 1
        while sum(other.parts[-parts:] == path.parts[-parts:] for other in files.values()) > 1:
            parts += 1
        name = "/".join(path.parts[-parts:])
        masked = mask_text(name)
        names[path] = name if masked == name else f"{sha256[:8]} {masked}"
    return names
