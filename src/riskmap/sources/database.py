"""Databases as sources: one table or one SELECT, read in a transaction that cannot write.

The reader here runs in the reading process only (reader.py); gathering.py and files.py ask it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from riskmap.errors import SourceError
from riskmap.sources.cell_texts import as_text
from riskmap.sources.doubts import doubtful_numbers
from riskmap.sources.headers import unique_names
from riskmap.sources.recipe import TableForm
from riskmap.sources.sheet import Sheet, number_rows

CONNECT_S = 10
"""Seconds until a database that does not answer counts as down."""
SERVER_SHARE = 0.9
"""Share of the reader's time after which the server ends the statement, so that it does not go on for nobody."""
SPATIAL_TYPES = ("geometry", "geography")
BROKEN_SQLITE = ("malformed", "not a database", "disk I/O error")


def read_database(address: str, name: str, form: TableForm, seconds: float) -> Sheet:
    """Return the rows of `form.query`, or of the table `form.sheet` (schema.table), or of the only table there is.

    Columns of PostGIS become the geometry, in the coordinate system of their SRID.

    Parameters
    ----------
    address
        As SQLAlchemy writes it, password included.
    name
        What the database is called in messages; without a password.
    seconds
        Time after which the server ends the statement.

    Raises
    ------
    SourceError
        If the database does not answer, the table is not there, or the query is no single SELECT or fails.
    """
    try:
        url = sa.make_url(address)
    except (SQLAlchemyError, ValueError):
        raise _down(name) from None
    try:
        engine = sa.create_engine(_read_only(url), connect_args=_settings(url, seconds), poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            statement = _statement(connection, form, name)
            # Without parameters a % is a %.
            result = connection.execution_options(no_parameters=True).exec_driver_sql(statement)
            columns = unique_names([str(name) for name in result.keys()])  # noqa: SIM118  rows are what it iterates over
            types = [column[1] for column in result.cursor.description] if result.cursor else []
            records = [tuple(row) for row in result.fetchall()]
            return _sheet(connection, columns, types, records, form, name)
    except (OperationalError, DatabaseError) as failed:
        raise _database_error(failed, url, name) from None
    except (SQLAlchemyError, ImportError):
        raise _down(name) from None


def _read_only(url: sa.URL) -> sa.URL:
    if url.get_backend_name() != "sqlite":
        return url
    # As a URI, because only so can SQLite be told to write nothing at all, not even a journal. A log beside the file
    # holds rows that are not in it yet and is read along.
    path = str(url.database).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    immutable = "0" if Path(f"{url.database}-wal").exists() else "1"
    return url.set(database=f"file:{path}", query={"mode": "ro", "immutable": immutable, "uri": "true"})


def _settings(url: sa.URL, seconds: float) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {}
    options = f"-c default_transaction_read_only=on -c statement_timeout={round(seconds * SERVER_SHARE * 1000)}"
    return {"options": options, "connect_timeout": CONNECT_S}


def _statement(connection: sa.Connection, form: TableForm, name: str) -> str:
    if form.query is not None:
        return checked_query(form.query)
    inspector = sa.inspect(connection)
    schema, _, table = (form.sheet or "").rpartition(".")
    names = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
    if form.sheet is None and len(names) == 1:
        table = names[0]
    if table not in names:
        raise SourceError(
            "no_table",
            "{file} has no single table {sheet!r}; it has {names}. Name one as `sheet` (schema.table), or write a "
            "`query`, under [table].",
            file=name,
            sheet=form.sheet or "",
            names=", ".join(names[:20]) or "-",
        )
    quote = connection.dialect.identifier_preparer.quote
    return f"SELECT * FROM {'.'.join(quote(part) for part in (schema, table) if part)}"  # noqa: S608  a table that is there


def checked_query(query: str) -> str:
    """Return a query that is one SELECT, else refuse it; the transaction cannot write in either case."""
    stripped = query.strip().removesuffix(";")
    first = stripped.split(maxsplit=1)[0].casefold() if stripped else ""
    if first not in ("select", "with") or ";" in stripped:
        raise SourceError(
            "query_refused",
            "The query under [table] must be one SELECT, without a semicolon inside: {query}",
            query=query,
        )
    return stripped


def _sheet(
    connection: sa.Connection,
    columns: Sequence[str],
    types: Sequence[Any],
    records: Sequence[tuple[object, ...]],
    form: TableForm,
    name: str,
) -> Sheet:
    frame = pd.DataFrame(records, columns=range(len(columns)), dtype=object)
    spatial = _spatial_types(connection) if connection.dialect.name == "postgresql" else set()
    shapes = [at for at, kind in enumerate(types) if kind in spatial]
    if len(shapes) > 1:
        raise SourceError(
            "several_geometries",
            "{file} gives the geometries {columns}; choose one with a `query` under [table].",
            file=name,
            columns=", ".join(columns[at] for at in shapes),
        )
    geometry = _geometry(connection, frame[shapes[0]]) if shapes else None
    values = frame.drop(columns=shapes)
    texts = as_text(values.rename(columns=dict(enumerate(columns))))
    doubts = doubtful_numbers(values, list(texts.columns))
    return Sheet(texts, number_rows(texts), geometry, form.sheet or "", doubts=doubts)


def _spatial_types(connection: sa.Connection) -> set[int]:
    query = sa.text("SELECT oid FROM pg_type WHERE typname IN :names").bindparams(
        sa.bindparam("names", SPATIAL_TYPES, expanding=True)
    )
    return {int(oid) for oid in connection.execute(query).scalars()}


def _geometry(connection: sa.Connection, texts: pd.Series) -> gpd.GeoSeries:
    """Return shapes of hexadecimal EWKB, in the coordinate system that most of them name."""
    shapes = shapely.from_wkb(texts.to_numpy(dtype=object))
    named = shapely.get_srid(shapes[~shapely.is_missing(shapes)])
    srids = sorted({int(srid) for srid in named} - {0, -1})
    crs = None
    if len(srids) == 1:
        query = sa.text("SELECT auth_name || ':' || auth_srid FROM spatial_ref_sys WHERE srid = :srid")
        crs = connection.execute(query, {"srid": srids[0]}).scalar()
    return gpd.GeoSeries(shapes, crs=crs)


def _database_error(failed: DatabaseError, url: sa.URL, name: str) -> SourceError:
    if isinstance(failed, OperationalError) and failed.statement is None:
        return _down(name)
    if url.get_backend_name() == "sqlite" and any(sign in str(failed.orig) for sign in BROKEN_SQLITE):
        return SourceError("broken_database", "{file} is damaged or cut short and cannot be read.", file=name)
    reason = str(failed.orig).strip().splitlines()[0] if str(failed.orig).strip() else ""
    return SourceError(
        "query_failed",
        "The database {file} refused the query: {reason}",
        file=name,
        reason=reason.replace(str(url.password), "***") if url.password else reason,
    )


def _down(name: str) -> SourceError:
    return SourceError(
        "database_down",
        "The database {file} does not answer or does not let the user in; nothing was imported. Check the address and "
        "whether the server runs.",
        file=name,
    )
