"""What a MySQL or MariaDB refuses, and in which words a user hears of it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import Engine

from pixellab.adapters.database.mysql import MySqlServer, advice, mysql_engine
from pixellab.adapters.image_repositories.sql.diagnose_database import try_writing
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.domain.errors import StoreUnavailable
from pixellab.domain.ports import ImageQuery
from pixellab.testing.servers import PASSWORD, running_mariadb
from tests.adapters.image_repositories.sqlite.stored_rows import add
from tests.servers import SqlServer

THREADS = 50


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong"}, "refuses the user or the password"),
        ({"user": "nobody"}, "refuses the user or the password"),
        ({"database": "nowhere"}, "does not let its user|no database of the configured name"),
        ({"port": 9}, "cannot be reached"),
        ({"host": "no-such-host.invalid"}, "cannot be reached"),
    ],
)
def test_a_server_that_cannot_be_used(
    database: MySqlServer, changes: dict[str, Any], words: str
) -> None:
    repository = SqlImageRepository(
        mysql_engine(evolve(database, **changes), timeout=2, pool_size=1)
    )
    for call in (repository.check, lambda: repository.get("any"), lambda: add(repository, 1)):
        with pytest.raises(StoreUnavailable, match=words) as caught:
            call()
        assert PASSWORD not in caught.value.message
        assert caught.value.retry_after
    repository.close()


def test_a_server_that_says_nothing(database: MySqlServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        silent = evolve(database, port=mute.getsockname()[1])
        engine = mysql_engine(silent, timeout=0.5, pool_size=1)
        repository = SqlImageRepository(engine, timeout=0.5)
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            repository.check()
        repository.close()


def test_a_database_without_tables_says_what_to_do(sql_server: SqlServer) -> None:
    repository = SqlImageRepository(
        mysql_engine(sql_server.empty_database(), timeout=5, pool_size=1)
    )
    for call in (repository.check, lambda: repository.get("any"), lambda: add(repository, 1)):
        with pytest.raises(StoreUnavailable, match="run 'pixellab db upgrade'"):
            call()
    repository.close()


def test_a_user_who_may_not_write(sql_server: SqlServer, database: MySqlServer) -> None:
    sql_server.execute(
        "CREATE USER IF NOT EXISTS 'reader'@'%' IDENTIFIED BY 'reader'",
        f"GRANT SELECT ON {database.database}.* TO 'reader'@'%'",
    )
    reader = evolve(database, user="reader", password="reader")
    repository = SqlImageRepository(mysql_engine(reader, timeout=5, pool_size=1))
    repository.check()
    with pytest.raises(StoreUnavailable, match="does not let its user do what is needed"):
        add(repository, 1)
    engine = mysql_engine(reader, timeout=5, pool_size=1)
    with pytest.raises(StoreUnavailable, match="does not let its user do what is needed"):
        try_writing(engine)
    engine.dispose()
    repository.close()


def test_trying_whether_the_user_may_write_changes_nothing(
    engine: Engine, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    before = repository.get(image_id)
    try_writing(engine)
    assert repository.get(image_id) == before
    assert repository.page(ImageQuery()).total == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ACCOUNT LOCK", "refuses the user or the password"),
        ("PASSWORD EXPIRE", "wants its user's password renewed"),
        ("WITH MAX_QUERIES_PER_HOUR 1", "has no connection free"),
    ],
)
def test_a_user_whose_account_does_not_allow_it(
    sql_server: SqlServer, database: MySqlServer, change: str, words: str
) -> None:
    sql_server.execute(
        "DROP USER IF EXISTS 'limited'@'%'",
        "CREATE USER 'limited'@'%' IDENTIFIED BY 'limited'",
        f"GRANT ALL ON {database.database}.* TO 'limited'@'%'",
        f"ALTER USER 'limited'@'%' {change}",
    )
    limited = evolve(database, user="limited", password="limited")
    engine = mysql_engine(limited, timeout=5, pool_size=1)
    with pytest.raises(StoreUnavailable, match=words) as caught:
        try_writing(engine)
    assert not advice(caught.value).startswith("Look into")
    engine.dispose()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--read-only",), "is read-only"),
        (("--log-bin", "--binlog-format=STATEMENT"), "format that forbids these changes"),
    ],
)
def test_a_server_that_takes_no_changes(
    tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    with running_mariadb(tmp_path, *options) as running:
        server = SqlServer(running.port)
        database = server.empty_database()
        server.execute(
            f"CREATE TABLE {database.database}.t (id INT PRIMARY KEY) ENGINE=InnoDB",
        )
        engine = mysql_engine(database, timeout=5, pool_size=1)
        with pytest.raises(StoreUnavailable, match=words) as caught:
            upgrade(engine)
        assert not advice(caught.value).startswith("Look into")
        engine.dispose()


def test_a_password_is_not_shown(database: MySqlServer, engine: Engine) -> None:
    assert PASSWORD not in f"{database!r} {engine!r} {engine.url}"
