"""One file from a publisher: whole, resumed after a break, or not there at all."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import requests

from riskmap.errors import SourceError
from riskmap.language import Text
from riskmap.snapshot import file_sha256

STALL_SECONDS = 30.0
"""Without a single byte for so long a connection is given up and taken up again."""
ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 1.0
"""Doubled after each failed attempt; a publisher that names a pause itself is believed up to LONGEST_PAUSE_SECONDS."""
LONGEST_PAUSE_SECONDS = 60.0
CHUNK = 1 << 16
SIZE_CAP = 20 << 30
"""A publisher's largest archive is a few GB; beyond this something is wrong."""
REDIRECTS = 5
TRANSIENT = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how: tests wait less."""

    stall_seconds: float = STALL_SECONDS
    attempts: int = ATTEMPTS
    pause: Callable[[float], None] = time.sleep


class _BrokenOffError(Exception):
    """An attempt that may be worth another; `wait` is what the publisher asks for."""

    def __init__(self, problem: Text, wait: float = 0.0) -> None:
        self.problem = problem
        self.wait = wait
        super().__init__(problem.en)


def download(
    url: str,
    target: Path,
    *,
    allows: Callable[[str], bool],
    sha256: str = "",
    patience: Patience | None = None,
    moved: Callable[[int, int | None], None] = lambda done, total: None,
) -> None:
    """Fetch `url` into `target`, which appears only when it is whole.

    What has come stays in `<target>.part`, and a later call goes on from there if the publisher says that the file is
    still the same (ETag or Last-Modified with If-Range).

    Parameters
    ----------
    allows
        Which addresses may be asked; redirects are put to the same question.
    sha256
        The hash that the file must have, "" where none is known.
    moved
        Called with the bytes that have come and, where known, those in all.

    Raises
    ------
    SourceError
        If the address is not allowed, the publisher does not have the file, it breaks off again and again, or its
        hash is another one.
    """
    patience = patience or Patience()
    part = target.with_name(target.name + ".part")
    problem = Text("no attempt was made")
    for attempt in range(patience.attempts):
        try:
            _attempt(url, part, allows, patience, moved)
            break
        except _BrokenOffError as broken:
            problem = broken.problem
            wait = max(FIRST_PAUSE_SECONDS * 2**attempt, broken.wait)
            if attempt + 1 < patience.attempts:
                patience.pause(min(wait, LONGEST_PAUSE_SECONDS))
    else:
        raise SourceError(
            "fetch_broken",
            "{url} broke off {n} times ({problem}); what has come is kept, and the same command goes on from there.",
            url=url,
            n=patience.attempts,
            problem=problem,
        )
    _finish(url, part, target, sha256)


def _attempt(
    url: str,
    part: Path,
    allows: Callable[[str], bool],
    patience: Patience,
    moved: Callable[[int, int | None], None],
) -> None:
    """Ask once, from where the part ends; append what comes."""
    have, validator = _known_part(part)
    # Ranges count the bytes as sent, so they must be those of the file.
    headers = {"Accept-Encoding": "identity", "User-Agent": "riskmap"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    with _answer(url, headers, allows, patience) as answer:
        _check_status(url, answer)
        resumed = answer.status_code == 206 and _begins_at(answer, have)
        if not resumed:
            have = 0
        if (answer.status_code == 206 and not resumed) or answer.status_code == 416:
            _forget(part)
            raise _BrokenOffError(Text("another range came than was asked for"))
        total = _total(answer, have)
        _note(part, answer)
        with part.open("ab" if resumed else "wb") as stream:
            for chunk in _chunks(answer, patience):
                stream.write(chunk)
                have += len(chunk)
                moved(have, total)
                if have > SIZE_CAP:
                    raise SourceError("fetch_too_large", "{url} is larger than {cap} bytes.", url=url, cap=SIZE_CAP)
            stream.flush()
            os.fsync(stream.fileno())
    if total is not None and have != total:
        raise _BrokenOffError(Text("{have} of {total} bytes came", {"have": have, "total": total}))


@contextmanager
def _answer(
    url: str, headers: dict[str, str], allows: Callable[[str], bool], patience: Patience
) -> Iterator[requests.Response]:
    """Ask, and follow redirects only to addresses that are allowed."""
    asked = url
    with requests.Session() as session:
        for _ in range(REDIRECTS + 1):
            if not allows(asked):
                raise SourceError(
                    "fetch_elsewhere", "{url} is not on a host that the recipe names; nothing was fetched.", url=asked
                )
            timeout = (patience.stall_seconds, patience.stall_seconds)
            try:
                answer = session.get(asked, headers=headers, stream=True, allow_redirects=False, timeout=timeout)
            except requests.RequestException as failed:
                raise _BrokenOffError(_connection_problem(failed, patience)) from None
            with answer:
                if not answer.is_redirect:
                    yield answer
                    return
                asked = urljoin(asked, answer.headers["Location"])
    raise SourceError("fetch_refused", "{url} sends from one address to the next without end.", url=url)


def _check_status(url: str, answer: requests.Response) -> None:
    if answer.status_code in TRANSIENT:
        wait = answer.headers.get("Retry-After", "")
        problem = Text("HTTP status {status}", {"status": answer.status_code})
        raise _BrokenOffError(problem, float(wait) if wait.isdigit() else 0.0)
    if answer.status_code not in (200, 206, 416):
        raise SourceError(
            "fetch_refused", "The publisher answers {status} to {url}.", status=answer.status_code, url=url
        )


def _connection_problem(failed: Exception, patience: Patience) -> Text:
    # While a body is read, requests reports a stalled connection as a broken one.
    if isinstance(failed, requests.Timeout) or "timed out" in str(failed).lower():
        return Text("nothing came for {seconds:g} seconds", {"seconds": patience.stall_seconds})
    return Text("the connection broke")


def _chunks(answer: requests.Response, patience: Patience) -> Iterator[bytes]:
    try:
        yield from answer.iter_content(CHUNK)
    except (requests.RequestException, OSError) as failed:
        raise _BrokenOffError(_connection_problem(failed, patience)) from None


def _total(answer: requests.Response, have: int) -> int | None:
    if _is_packed(answer):
        return None
    length = answer.headers.get("Content-Length", "")
    return have + int(length) if length.isdigit() else None


def _is_packed(answer: requests.Response) -> bool:
    """Return whether the publisher compressed the answer all the same: its lengths are then not the file's."""
    return answer.headers.get("Content-Encoding", "identity") != "identity"


def _begins_at(answer: requests.Response, have: int) -> bool:
    found = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return found is not None and int(found[1]) == have


def _note_path(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _note(part: Path, answer: requests.Response) -> None:
    """Keep beside the part by what the publisher knows this version of the file again."""
    tag = answer.headers.get("ETag", "")
    validator = tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")
    known = "" if _is_packed(answer) else validator
    _note_path(part).write_text(json.dumps({"validator": known}), encoding="utf-8")


def _known_part(part: Path) -> tuple[int, str]:
    """Return how much has come, and the version; nothing counts without a version."""
    try:
        validator = str(json.loads(_note_path(part).read_text(encoding="utf-8"))["validator"])
        have = part.stat().st_size
    except (OSError, ValueError, KeyError, TypeError):
        return 0, ""
    return (have, validator) if validator else (0, "")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note_path(part).unlink(missing_ok=True)


def _finish(url: str, part: Path, target: Path, sha256: str) -> None:
    found = file_sha256(part)
    if sha256 and found != sha256:
        _forget(part)
        raise SourceError(
            "fetch_checksum",
            "{url} has the hash {found}, the recipe says {wanted}; the file was not kept.",
            url=url,
            found=found,
            wanted=sha256,
        )
    part.replace(target)
    _note_path(part).unlink(missing_ok=True)
