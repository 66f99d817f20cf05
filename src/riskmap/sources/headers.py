"""Where the header of a table stands, and what its columns are called."""

from collections.abc import Sequence

HEADER_WITHIN = 20
"""Rows searched for a header: titles and notes above a table take a few lines, never a page."""


def find_header(rows: Sequence[Sequence[str]], wanted: Sequence[str]) -> int:
    """Return the row, counted from 1, that holds most of the names `wanted`; the first of equals, row 1 for none."""
    names = set(wanted)
    held = [len(names & {cell.strip() for cell in row}) for row in rows[:HEADER_WITHIN]]
    return held.index(max(held)) + 1 if held else 1


def unique_names(names: list[str]) -> list[str]:
    """Return the names, repeated or blank ones told apart by their position."""
    seen: set[str] = set()
    unique = []
    for position, name in enumerate(names, start=1):
        fresh = name if name and name not in seen else f"{name or 'column'} ({position})"
        seen.add(fresh)
        unique.append(fresh)
    return unique
