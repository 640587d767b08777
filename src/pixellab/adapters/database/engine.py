"""SQLite's connections, and any database's errors as ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.pool import ConnectionPoolEntry

from pixellab.adapters.database import mysql
from pixellab.adapters.private_folder import FILE_MODE, make_private_folder
from pixellab.domain.errors import StoreReadOnly, StoreUnavailable

POOL_SIZE = 16
RETRY_AFTER = 5
"""Seconds after which a database that is busy or restarting is worth another try."""

_SQLITE_REASONS = {
    sqlite3.SQLITE_BUSY: "is locked by someone else",
    sqlite3.SQLITE_LOCKED: "is locked by someone else",
    sqlite3.SQLITE_READONLY: mysql.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: "cannot be opened, or made where there is none",
    sqlite3.SQLITE_FULL: "is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written: its disk may be full",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is damaged",
    sqlite3.SQLITE_ERROR: "lacks the tables of this version: run 'pixellab db upgrade'",
}
_NOT_WRITABLE = "not writable"
_PRIMARY_CODE = 0xFF
"""The low byte of SQLite's extended result codes."""
_OTHERS_FAULT = (IntegrityError, ProgrammingError, DataError)
"""Something is wrong with the statement or its data, not with the database."""


def sqlite_engine(url: str | URL, *, timeout: float, pool_size: int) -> Engine:
    """An engine for SQLAlchemy's ``url`` of an SQLite file.

    It waits at most ``timeout`` seconds for a lock or a free connection. Raises StoreUnavailable
    if the folder for the file cannot be made.
    """
    parsed = make_url(url)
    _make_folder(parsed)
    engine = create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout,
        connect_args={"timeout": timeout, "check_same_thread": False},
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkin", _forget_unless_writable)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn "the database cannot do that now" into StoreUnavailable, or StoreReadOnly.

    What is wrong with the statement or its data (IntegrityError and its like) passes.
    """
    try:
        yield
    except (DatabaseError, InterfaceError, NoFreeConnection, sqlite3.DatabaseError) as error:
        reason = _reason(error)
        if reason is None and isinstance(error, _OTHERS_FAULT):
            raise
        message = f"The database {reason or 'cannot be reached'}; try again later."
        kind = StoreReadOnly if reason == mysql.READ_ONLY else StoreUnavailable
        raise kind(message, retry_after=RETRY_AFTER) from error


def _reason(error: Exception) -> str | None:
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.Error):
        return _SQLITE_REASONS.get(getattr(cause, "sqlite_errorcode", 0) & _PRIMARY_CODE)
    return mysql.reason(error)


def _make_folder(url: URL) -> None:
    if url.database:
        try:
            make_private_folder(Path(url.database).parent)
        except OSError as error:
            raise StoreUnavailable("The database's folder cannot be made.") from error


def _connect(
    dialect: Dialect, record: ConnectionPoolEntry, arguments: list[Any], options: dict[str, Any]
) -> DBAPIConnection | None:
    """A connection to a file that only can be read; None where SQLAlchemy's own will do."""
    path = Path(arguments[0])
    # SQLite's own would be for all to read; the -wal and -shm beside it take after this one.
    with suppress(OSError):  # it is there, or SQLite will say better why it cannot be
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
    only_readable = os.access(path, os.R_OK) and not os.access(path.parent, os.W_OK)
    if not only_readable or os.access(f"{path}-wal", os.F_OK):
        return None
    # Even to read, SQLite wants to make its -wal and -shm, unless it is told that nobody writes.
    # Somebody may later, so such a connection is not used twice.
    record.info[_NOT_WRITABLE] = True
    return dialect.connect(f"file:{quote(str(path))}?immutable=1", **options, uri=True)


def _forget_unless_writable(_: object, record: ConnectionPoolEntry) -> None:
    if _NOT_WRITABLE in record.info:
        record.invalidate()


def _set_up_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # Python's own BEGIN comes too late and is never IMMEDIATE; _begin_sqlite sends ours.
    connection.isolation_level = None
    # Readers go on while one writes. Needs the file to be on a disk of this machine.
    connection.execute("PRAGMA journal_mode = WAL")
    # NORMAL would do for a killed process. FULL flushes each commit, so that after a power cut,
    # too, no object, which was flushed when it was written, has lost the row written before it.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # SQLite ignores FOR UPDATE. A transaction that reads and then writes must have the write lock
    # from its start, or it works on what another has changed meanwhile.
    immediate = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
