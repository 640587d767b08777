"""Where an installation keeps things: nothing configured, or everything on servers.

The same tests run on both, wherever the stores may make a difference. Those that look into the
embedded default's own files, need what only it has, or never come as far as a store say so with
``@embedded_only``; those of what stores have no part in, but servers are the harder case of, with
``@servers_only``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from pixellab.adapters.database.mysql import MySqlServer
from pixellab.entrypoints.settings import Settings
from tests.servers import S3Server, SqlServer, settings_of

EMBEDDED, SERVERS = "embedded", "servers"
NewStores = Callable[[], dict[str, Any]]

embedded_only = pytest.mark.parametrize(
    "installation_kind", [EMBEDDED], indirect=True, scope="session"
)
servers_only = pytest.mark.parametrize(
    "installation_kind", [SERVERS], indirect=True, scope="session"
)


@pytest.fixture(scope="session", params=[EMBEDDED, SERVERS])
def installation_kind(request: pytest.FixtureRequest) -> str:
    """Which of the two."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def new_stores(installation_kind: str, request: pytest.FixtureRequest) -> NewStores:
    """Makes settings that lead to stores which are empty and nobody else's."""

    def make() -> dict[str, Any]:
        if installation_kind == EMBEDDED:
            return {}
        sql: SqlServer = request.getfixturevalue("mariadb")
        s3: S3Server = request.getfixturevalue("seaweedfs")
        template: MySqlServer = request.getfixturevalue("mariadb_template")
        return settings_of(sql.copied_database(template), s3.new_bucket())

    return make


def variables(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as the environment variables that name them."""
    fields = Settings.model_fields
    return {str(fields[name].validation_alias): str(value) for name, value in settings.items()}


def store_variables(settings: Settings) -> dict[str, str]:
    """The variables that lead another process to the same stores."""
    chosen = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in settings
        if name.startswith(("mysql_", "s3_", "aws_")) and value is not None
    }
    return variables({"data_dir": settings.data_dir, **chosen})
