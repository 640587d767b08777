"""Bringing a database's schema up to date."""

from __future__ import annotations

from sqlalchemy import URL, Connection, Engine, column, inspect, select, table

from pixellab.adapters.repositories.engine import make_engine, our_errors
from pixellab.domain.errors import StoreUnavailable

NEWEST = "0001"
"""The revision that this version of PixelLab works with."""
TIMEOUT = 60.0
"""Seconds to wait for another process that is upgrading the same database."""
SCRIPTS = "pixellab.adapters.repositories:migrations"

_version = table("alembic_version", column("version_num"))


def upgrade(database: str | URL | Engine) -> None:
    """Make every table, or bring those of an earlier version up to date.

    Does nothing, and waits for nobody, where the schema is current. Raises StoreUnavailable.
    """
    if isinstance(database, Engine):
        _upgrade(database)
        return
    engine = make_engine(database, timeout=TIMEOUT, pool_size=1)
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
        # One transaction, which a second process that upgrades waits for and then finds current.
        connection.execution_options(writes=True)
        with connection.begin():
            _run_revisions(connection)


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
