"""How long a database may take, and MySQL or MariaDB in place of SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, SecretStr

from pixellab.entrypoints.settings.variables import NO_BLANKS, ExistingFile, variable


class DatabaseSettings(BaseModel):
    database_timeout: float = variable(
        "PIXELLAB_DATABASE_TIMEOUT", 5, "seconds, 0.1 to 60", ge=0.1, le=60
    )
    mysql_host: str | None = variable(
        "MYSQL_HOST", None, "a host name or an address", pattern=NO_BLANKS
    )
    mysql_port: int = variable("MYSQL_PORT", 3306, "a port, 1 to 65535", ge=1, le=65535)
    mysql_database: str | None = variable(
        "MYSQL_DATABASE", None, "a database's name of at most 64 characters", max_length=64
    )
    mysql_user: str | None = variable("MYSQL_USER", None, "a user's name", max_length=80)
    mysql_password: SecretStr = variable("MYSQL_PASSWORD", SecretStr(""), "a password")
    mysql_tls: Literal["prefer", "require", "off"] = variable(
        "PIXELLAB_MYSQL_TLS", "prefer", "prefer, require or off"
    )
    mysql_ca: ExistingFile | None = variable("PIXELLAB_MYSQL_CA", None, "a PEM file")


def database_contradictions(settings: DatabaseSettings) -> Iterator[str]:
    """What is wrong with values each of which is allowed."""
    if not settings.mysql_host:
        return
    for name, value in (
        ("MYSQL_DATABASE", settings.mysql_database),
        ("MYSQL_USER", settings.mysql_user),
    ):
        if not value:
            yield f"{name} is not set; with MYSQL_HOST it has to name one."
    if settings.mysql_ca and settings.mysql_tls == "off":
        yield (
            "PIXELLAB_MYSQL_CA is set and PIXELLAB_MYSQL_TLS is off; allowed with a CA is require."
        )
