"""Bytes out of files that may be packed, read no further than they may be large.

A zip is judged by its directory, before anything is unpacked.
"""

import gzip
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from riskmap.errors import SourceError

SIZE_LIMIT = 200 * 2**20
"""Largest file, and largest unpacked content of a packed one, in bytes; the size analysts' files stay well below."""
ENTRY_LIMIT = 1000
RATIO_LIMIT = 200
"""Text packs about 1:20; what packs better than this is made to fill the disk."""
PACKED_SUFFIXES = {".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz"}


def check_size(path: Path, limit: int = SIZE_LIMIT) -> None:
    """Refuse a file that is missing, empty or larger than `limit` bytes, before it is read."""
    if not path.is_file():
        raise SourceError("missing_file", "{path} is not there or is not a file.", path=str(path))
    size = path.stat().st_size
    if size == 0:
        raise SourceError("empty_file", "{file} is empty: it has no header and no rows.", file=path.name)
    if size > limit:
        raise SourceError(
            "too_large",
            "{file} has {size} MB; the limit is {limit} MB. Send it in parts.",
            file=path.name,
            size=size // 2**20,
            limit=limit // 2**20,
        )


def unpack_gzip(path: Path, limit: int = SIZE_LIMIT) -> bytes:
    """Return what a .gz file holds, refusing one that is damaged, cut short or unpacks beyond `limit`."""
    try:
        with gzip.open(path) as stream:
            content = stream.read(limit + 1)
    except (OSError, EOFError, zlib.error):
        raise SourceError(
            "broken_archive", "{file} is damaged or cut short and cannot be unpacked; send it again.", file=path.name
        ) from None
    if len(content) > limit:
        raise SourceError(
            "archive_bomb",
            "{file} unpacks to more than {limit} MB; send it in parts.",
            file=path.name,
            limit=limit // 2**20,
        )
    return content


def zip_members(path: Path, limit: int = SIZE_LIMIT) -> list[zipfile.ZipInfo]:
    """Return the files in a zip, judged from its directory alone.

    Raises
    ------
    SourceError
        If it is no zip or cut short; holds too many entries, or too much, or what packs too well; reaches outside
        itself (absolute paths, `..`, links); or holds another archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        NotImplementedError,
    ):  # a directory cut short seeks before the file
        raise SourceError(
            "broken_archive", "{file} is damaged or cut short and cannot be unpacked; send it again.", file=path.name
        ) from None
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if len(members) > ENTRY_LIMIT or unpacked > limit or unpacked > RATIO_LIMIT * max(packed, 2**16):
        raise SourceError(
            "archive_bomb",
            "{file} would unpack to {n} entries and {size} MB, more than is allowed ({limit} MB); it was left packed.",
            file=path.name,
            n=len(members),
            size=unpacked // 2**20,
            limit=limit // 2**20,
        )
    for member in members:
        _check_member(path, member)
    return [member for member in members if not _is_clutter(member.filename)]


def _is_clutter(name: str) -> bool:
    """What file managers add of their own."""
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1] in {".DS_Store", "Thumbs.db", "desktop.ini"}


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    inside = PurePosixPath(name)
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0] or is_link:
        raise SourceError(
            "unsafe_archive",
            "{file} holds the entry {entry!r}, which reaches outside the archive; nothing was unpacked.",
            file=path.name,
            entry=member.filename,
        )
    if inside.suffix.lower() in PACKED_SUFFIXES:
        raise SourceError(
            "nested_archive",
            "{file} holds another archive, {entry!r}; unpack it and send the table itself.",
            file=path.name,
            entry=member.filename,
        )
    if member.flag_bits & 1:
        raise SourceError("encrypted", "{file} is encrypted; send it without a password.", file=path.name)


def unpack_member(path: Path, member: zipfile.ZipInfo) -> bytes:
    """Return the bytes of one file in a zip whose directory was judged before."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            content = stream.read(member.file_size + 1)
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, NotImplementedError, RuntimeError):
        raise SourceError(
            "broken_archive", "{file} is damaged or cut short and cannot be unpacked; send it again.", file=path.name
        ) from None
    if len(content) > member.file_size:
        raise SourceError(
            "archive_bomb",
            "{file} unpacks to more than {limit} MB; send it in parts.",
            file=path.name,
            limit=member.file_size // 2**20,
        )
    return content


def unpack_named(path: Path, names: Sequence[str], folder: Path) -> Path:
    """Write the entries `names` of a zip, judged before, into `folder` and return the first."""
    members = {member.filename: member for member in zip_members(path)}
    targets = []
    for name in names:
        target = folder / PurePosixPath(name.replace("\\", "/")).name
        target.write_bytes(unpack_member(path, members[name]))
        targets.append(target)
    return targets[0]
