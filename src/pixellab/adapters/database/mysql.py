"""MySQL and MariaDB: how they are reached, and what their errors mean."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen
from sqlalchemy import URL, Engine, create_engine

WAIT_TIMEOUT = 600
"""Seconds after which the server may close a connection that nobody uses; asked for per session."""
RECYCLE = 300
"""Seconds after which a connection is replaced; well below WAIT_TIMEOUT."""
SQL_MODE = (
    "STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION"
)
"""For this session, whatever the server's default is: nothing is cut or replaced silently."""

REPEATABLE = {1020, 1205, 1213}
"""The server has undone the transaction for another's sake: changed row, lock wait, deadlock."""

CANNOT_CONNECT = {2002, 2003, 2005}
_WRONG_USER = {1045, 1130, 1698, 3118, 4151}
_OLD_PASSWORD = {1820, 1862}
_FULL = {1021, 1114}
_NO_CONNECTION_FREE = {1040, 1203, 1226}
_READ_ONLY = {1290, 1792, 1836, 3989}
READ_ONLY = "is read-only"
_OFFLINE = {3032}
_NOT_GRANTED = {1044, 1142, 1143, 1227}
_NO_DATABASE = {1049}
_NO_TABLES = {1054, 1146}
_NO_TLS = {2026}
_ONLY_TLS = {3159}
_WRONG_BINLOG = {1665}

_REASONS = {
    **dict.fromkeys(REPEATABLE, "is locked by someone else"),
    **dict.fromkeys(_FULL, "is full"),
    **dict.fromkeys(_NO_CONNECTION_FREE, "has no connection free"),
    **dict.fromkeys(_READ_ONLY, READ_ONLY),
    **dict.fromkeys(_OFFLINE, "is in offline mode"),
    **dict.fromkeys(_OLD_PASSWORD, "wants its user's password renewed"),
    **dict.fromkeys(_WRONG_USER, "refuses the user or the password it was given"),
    **dict.fromkeys(_NOT_GRANTED, "does not let its user do what is needed"),
    **dict.fromkeys(_NO_DATABASE, "server has no database of the configured name"),
    **dict.fromkeys(_NO_TABLES, "lacks the tables of this version: run 'pixellab db upgrade'"),
    **dict.fromkeys(_NO_TLS, "offers no TLS, which is required"),
    **dict.fromkeys(_ONLY_TLS, "lets its user in over TLS only"),
    **dict.fromkeys(_WRONG_BINLOG, "server writes its log in a format that forbids these changes"),
}
_ADVICE = (
    (
        CANNOT_CONNECT,
        "Check MYSQL_HOST and MYSQL_PORT, and that the server runs and can be reached.",
    ),
    (
        _WRONG_USER,
        "Check MYSQL_USER and MYSQL_PASSWORD, and that the user may connect from here.",
    ),
    (_OLD_PASSWORD, "Give the user a new password, and set MYSQL_PASSWORD to it."),
    (_FULL, "Make room on the server's disk."),
    (
        _NO_CONNECTION_FREE,
        "Raise the server's max_connections or the user's limit, or lower PIXELLAB_WORKERS.",
    ),
    (_READ_ONLY, "Name the server that takes changes in MYSQL_HOST, or end its read-only mode."),
    (_OFFLINE, "Set the server's offline_mode to OFF."),
    (_NOT_GRANTED, "Grant the user what the README's section on MySQL lists."),
    (_NO_DATABASE, "Create the database that MYSQL_DATABASE names, or correct the name."),
    (_NO_TABLES, "Run pixellab db upgrade."),
    (_NO_TLS, "Turn TLS on at the server, or set PIXELLAB_MYSQL_TLS=prefer."),
    (_ONLY_TLS, "Set PIXELLAB_MYSQL_TLS=prefer or require."),
    (_WRONG_BINLOG, "Set the server's binlog_format to ROW."),
)
_BAD_CERTIFICATE = "shows a certificate that is not of the named authorities, or for another host"


@frozen(kw_only=True)
class MySqlServer:
    """A database on a server."""

    host: str
    port: int = 3306
    database: str
    user: str
    password: str = field(default="", repr=False)
    tls: Literal["prefer", "require", "off"] = "prefer"
    """``prefer``: if the server offers it, its certificate unchecked, as MySQL's client does."""
    ca: Path | None = None
    """PEM file of the authorities that sign the server's certificate. With it, TLS is required, and
    the certificate has to be theirs and the host's."""


def mysql_engine(
    server: MySqlServer, *, timeout: float, pool_size: int, patient: bool = False
) -> Engine:
    """An engine; nothing is connected yet.

    It waits at most ``timeout`` seconds for the server, an answer, a lock, or a free connection;
    where it is ``patient``, for an answer (such as that to ALTER TABLE) as long as it takes.
    """
    lock_seconds = max(1, int(timeout))
    settings = (
        f"time_zone = '+00:00', sql_mode = '{SQL_MODE}', wait_timeout = {WAIT_TIMEOUT}, "
        f"innodb_lock_wait_timeout = {lock_seconds}"
    )
    # The server's word that a lock is taken comes before the wait for its answer ends.
    answer_seconds = None if patient else lock_seconds + 1
    return create_engine(
        URL.create(
            "mysql+pymysql",
            username=server.user,
            password=server.password,
            host=server.host,
            port=server.port,
            database=server.database,
        ),
        # Each transaction here locks what it will change before it reads it; next to that, the
        # locks on gaps that REPEATABLE READ takes would only make strangers wait for each other.
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout,
        pool_pre_ping=True,
        pool_recycle=RECYCLE,
        connect_args={
            "charset": "utf8mb4",
            "connect_timeout": timeout,
            "read_timeout": answer_seconds,
            "write_timeout": answer_seconds,
            "init_command": f"SET {settings}",
            **_tls(server),
        },
    )


def reason(error: BaseException) -> str | None:
    """What to say instead of the server's words, going on from "The database"; None if unknown."""
    original = getattr(getattr(error, "orig", None), "original_exception", None)
    if isinstance(original, ssl.SSLError):
        return _BAD_CERTIFICATE
    return _REASONS.get(error_code(error) or 0)


def error_code(error: BaseException | None) -> int | None:
    """The number of a server's or the driver's error, found among the causes of ``error``."""
    while error is not None:
        original = getattr(error, "orig", None)
        arguments = getattr(original, "args", ())
        if arguments and isinstance(arguments[0], int):
            return arguments[0]
        error = error.__cause__
    return None


def advice(error: BaseException) -> str:
    """What whoever runs PixelLab can do about an error of the database."""
    if _BAD_CERTIFICATE in str(error):
        return "Check PIXELLAB_MYSQL_CA, and that MYSQL_HOST is a name in the server's certificate."
    code = error_code(error)
    for codes, sentence in _ADVICE:
        if code in codes:
            return sentence
    # Without a number it is not the server that complains, but the check of the schema.
    return "Run pixellab db upgrade." if code is None else "Look into the server's own log."


def _tls(server: MySqlServer) -> dict[str, Any]:
    if server.ca is not None:
        return {"ssl": ssl.create_default_context(cafile=str(server.ca))}
    if server.tls == "off":
        return {"ssl_disabled": True}
    # "prefer" is what PyMySQL does untold.
    return {"ssl": {"verify_mode": "none"}} if server.tls == "require" else {}
