"""Bringing a database's schema up to date."""

from __future__ import annotations

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from pixellab.adapters.repositories.engine import make_engine, our_errors
from pixellab.domain.errors import StoreUnavailable

TIMEOUT = 60.0
"""Seconds to wait for another process that is upgrading the same database."""
SCRIPTS = "pixellab.adapters.repositories:migrations"


def upgrade(database: str | Engine) -> None:
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
    return MigrationContext.configure(connection).get_current_heads() == newest()


def check(connection: Connection) -> None:
    """Return if the schema is current; raise StoreUnavailable if not."""
    if not is_current(connection):
        raise StoreUnavailable(
            "The database's schema is not that of this version; run 'pixellab db upgrade'."
        )


@cache
def newest() -> tuple[str, ...]:
    """The revision that this version of PixelLab works with."""
    return tuple(ScriptDirectory.from_config(_config()).get_heads())


def _upgrade(engine: Engine) -> None:
    with our_errors(), engine.connect() as connection:
        if is_current(connection):
            return
    with our_errors(), engine.connect() as connection:
        # One transaction, which a second process that upgrades waits for and then finds current.
        connection.execution_options(writes=True)
        with connection.begin():
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    return config
