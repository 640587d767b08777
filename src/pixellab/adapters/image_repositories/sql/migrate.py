"""Bringing a database's schema up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine, column, func, inspect, select, table

from pixellab.adapters.database.engine import our_errors, sqlite_engine
from pixellab.domain.errors import StoreUnavailable

NEWEST = "0012"
"""The revision that this version of PixelLab works with."""
TIMEOUT = 60.0
"""Seconds to wait for another process that is upgrading the same database."""
MAX_LOCK_NAME = 64
"""Characters, by MySQL."""
SCRIPTS = "pixellab.adapters.image_repositories:migrations"

_version = table("alembic_version", column("version_num"))


def upgrade(database: str | URL | Engine) -> None:
    """Make every table, or bring those of an earlier version up to date.

    ``database`` is an engine or the URL of an SQLite file. Does nothing, and waits for nobody,
    where the schema is current. Raises StoreUnavailable.
    """
    if isinstance(database, Engine):
        _upgrade(database)
        return
    engine = sqlite_engine(database, timeout=TIMEOUT, pool_size=1)
    try:
        _upgrade(engine)
    finally:
        engine.dispose()


def is_current(connection: Connection) -> bool:
    """Whether the schema is the one this version of PixelLab works with."""
    if not inspect(connection).has_table(_version.name):
        return False
    return connection.execute(select(_version)).scalars().all() == [NEWEST]


def check(connection: Connection) -> None:
    """Return if the schema is current; raise StoreUnavailable if not."""
    if not is_current(connection):
        raise StoreUnavailable(
            "The database's schema is not that of this version; run 'pixellab db upgrade'."
        )


def _upgrade(engine: Engine) -> None:
    with our_errors(), engine.connect() as connection:
        if is_current(connection):
            return
    with our_errors(), engine.connect() as connection:
        connection.execution_options(writes=True)
        with _alone(connection), connection.begin():
            _run_revisions(connection)


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Keeps off a second process that upgrades; it waits, and then finds the schema current.

    SQLite's transaction, which includes what changes the schema, does that by itself. MySQL ends a
    transaction at each such statement, so there it takes a lock that the session holds.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    name = f"pixellab {connection.engine.url.database}"[:MAX_LOCK_NAME]
    with connection.begin():
        got = connection.scalar(select(func.get_lock(name, int(TIMEOUT))))
    if got != 1:
        raise StoreUnavailable("Another process is upgrading the database; try again later.")
    try:
        yield
    finally:
        with connection.begin():
            connection.execute(select(func.release_lock(name)))


def _run_revisions(connection: Connection) -> None:
    # Alembic takes as long to import as SQLAlchemy, and is needed once in a database's life.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreUnavailable(
            "The database's schema is that of another version of PixelLab; update PixelLab."
        ) from error
