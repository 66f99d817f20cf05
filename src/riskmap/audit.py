"""Who did what when: a log that is only ever added to.

geodata/audit.sqlite, in WAL mode, so that many pages write while one reads; triggers refuse every change of what stands
in it. An entry is written before the act that it tells of: what cannot be logged is not done.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

import pandas as pd
from sqlalchemy import DDL, Column, Engine, Integer, MetaData, String, Table, create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError

from riskmap.errors import RiskmapError

AUDIT_FILE = "audit.sqlite"
Event = Literal[
    "sign_in",
    "sign_out",
    "dossier",
    "export",
    "briefing",
    "import",
    "undo",
    "correct",
    "dismiss",
    "rule",
    "comment",
    "challenge",
    "train",
    "compare",
    "evaluate",
    "promote",
    "rollback",
    "failed",
]
LONGEST = 300
BUSY_S = 10
LOG = Table(
    "audit",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False),
    Column("who", String, nullable=False, index=True),
    Column("event", String, nullable=False),
    Column("study", String, nullable=False, index=True),
    Column("place", String, nullable=False),
    Column("detail", String, nullable=False),
)
"""One row an act: UTC time, e-mail address or account, event, study, area or cell, and what else there is to say."""
for _verb in ("UPDATE", "DELETE"):
    event.listen(
        LOG,
        "after_create",
        DDL(
            f"CREATE TRIGGER audit_no_{_verb.lower()} BEFORE {_verb} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END"
        ),
    )


class AuditError(RiskmapError):
    """The log cannot be written or read."""


def audit_path(home: Path) -> Path:
    """Return where the log of a home is kept."""
    return home / "geodata" / AUDIT_FILE


@lru_cache(maxsize=8)
def _engine(path: Path) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_S})

    @event.listens_for(engine, "connect")
    def _prepare(connection, _record) -> None:  # type: ignore[no-untyped-def]
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # two servers that begin at once make one table
        LOG.metadata.create_all(connection)
    return engine


def open_log(home: Path) -> None:
    """Make the log where there is none and keep it open, which takes longer than an entry does.

    Raises
    ------
    AuditError
        If it cannot be made.
    """
    try:
        _engine(audit_path(home))
    except (SQLAlchemyError, OSError) as failed:
        raise AuditError("The audit log cannot be opened ({problem}).", problem=type(failed).__name__) from None


def record(home: Path, who: str, what: Event, study: str = "", place: str = "", detail: str = "") -> None:
    """Add an entry.

    Raises
    ------
    AuditError
        If it cannot be written.
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    entry = {"at": now, "who": who, "event": what, "study": study, "place": place, "detail": detail}
    try:
        with _engine(audit_path(home)).begin() as connection:
            connection.execute(LOG.insert().values({key: text[:LONGEST] for key, text in entry.items()}))
    except (SQLAlchemyError, OSError) as failed:
        raise AuditError(
            "The audit log cannot be written ({problem}), so nothing was done.", problem=type(failed).__name__
        ) from None


@contextmanager
def recorded(home: Path, who: str, what: Event, study: str = "", place: str = "", detail: str = "") -> Iterator[None]:
    """Add an entry and do what it tells of; where that fails, a second entry says so."""
    record(home, who, what, study, place, detail)
    try:
        yield
    except Exception as failed:
        reason = failed.text.en if isinstance(failed, RiskmapError) else type(failed).__name__
        record(home, who, "failed", study, place, f"{what}: {reason}")
        raise


def is_recorded(home: Path, who: str, what: Event, detail: str) -> bool:
    """Return whether such an entry is there."""
    found = select(LOG.c.id).where(LOG.c.who == who, LOG.c.event == what, LOG.c.detail == detail).limit(1)
    with _engine(audit_path(home)).connect() as connection:
        return connection.execute(found).first() is not None


def read_audit(home: Path, studies: Collection[str] | None = None, limit: int = 1000) -> pd.DataFrame:
    """Return the newest entries, newest first, with the columns of LOG; of `studies` and of none, or all for None."""
    path = audit_path(home)
    if not path.is_file():
        return pd.DataFrame(columns=[column.name for column in LOG.columns])
    wanted = select(LOG).order_by(LOG.c.id.desc()).limit(limit)
    if studies is not None:
        wanted = wanted.where(LOG.c.study.in_([*studies, ""]))
    with _engine(path).connect() as connection:
        return pd.DataFrame(connection.execute(wanted).mappings().all(), columns=[c.name for c in LOG.columns])
