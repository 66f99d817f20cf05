"""Which entries of a zip are the one table that it may hold."""

from pathlib import Path

from riskmap.errors import SourceError
from riskmap.sources.archives import zip_members
from riskmap.sources.kinds import CONFINED_KINDS, TEXT_SUFFIXES, last_suffix, shapefile_parts


def table_members(path: Path, limit: int) -> list[str]:
    """Return the entries of the one table in a zip, the one to open first.

    Raises
    ------
    SourceError
        If the zip is refused (archives.py), or holds no table or several.
    """
    names = [member.filename for member in zip_members(path, limit)]
    tables = [name for name in names if last_suffix(name) in {*CONFINED_KINDS, *TEXT_SUFFIXES}]
    shapes = [name for name in tables if last_suffix(name) == ".shp"]
    # What lies beside a Shapefile belongs to it, and a .txt beside a table is a note.
    tables = shapes or [name for name in tables if last_suffix(name) != ".txt"] or tables
    if len(tables) != 1:
        raise SourceError(
            "several_members",
            "{file} must hold exactly one table, as .csv or as a Shapefile; it holds {members}.",
            file=path.name,
            members=", ".join(names[:5]) or "-",
        )
    return shapefile_parts(names, tables[0]) if shapes else tables
