"""What every command shares: the language and home of this call, the two streams, progress, arguments that recur."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from riskmap.errors import StudyError
from riskmap.language import Text, translate
from riskmap.progress import Report
from riskmap.study import Study, default_home, load_study

if TYPE_CHECKING:
    from riskmap.audit import Event

Area = Annotated[str, typer.Argument(metavar="ID", help="The area's id.")]
Moment = Annotated[str | None, typer.Option("--as-of", help="Look ahead from this date; default: the last data.")]
Result = TypeVar("Result")
WIDTH_OF_FILES = 140
"""Columns where output goes to a file or a pipe, so that tables are not folded at 80."""
out = Console(width=None if sys.stdout.isatty() else WIDTH_OF_FILES)
err = Console(stderr=True)


class Settings:
    """What holds for every command of one call."""

    home: Path = default_home()
    language: str = "en"


def default_language() -> str:
    wanted = os.environ.get("RISKMAP_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "en"
    return "zh" if wanted.lower().startswith("zh") else "en"


def say(template: str, **values: object) -> str:
    """Return a sentence in the chosen language."""
    return translate(template, Settings.language, **values)


def with_progress(work: Callable[[Report], Result]) -> Result:
    """Run `work` under a bar in a terminal, or with one line a stage where nobody watches."""
    if not err.is_terminal:
        seen: list[str] = []

        def line(stage: Text, _share: float | None) -> None:
            text = stage.in_language(Settings.language)
            if not seen or seen[-1] != text:
                seen.append(text)
                err.print(text, markup=False, highlight=False)

        return work(line)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def move(stage: Text, share: float | None) -> None:
            bar.update(task, description=stage.in_language(Settings.language), completed=share)

        return work(move)


def read_study(area: str) -> Study:
    return load_study(area, Settings.home)


def read_moment(value: str | None) -> pd.Timestamp | None:
    if value is None:
        return None
    try:
        return pd.Timestamp(value)
    except ValueError:
        raise StudyError("--as-of takes a date such as 2026-01-05; it was {value!r}.", value=value) from None


@contextmanager
def logged(study: Study, what: "Event", place: str = "", detail: str = "") -> Iterator[None]:
    """Do what is done inside once the audit log tells of it; who sits here is the system's user.

    Raises
    ------
    AuditError
        If the log cannot be written.
    """
    from riskmap.audit import recorded

    with recorded(study.home, f"terminal: {_user()}", what, study.id, place, detail):
        yield


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that no list of users names
        return str(os.getuid())
