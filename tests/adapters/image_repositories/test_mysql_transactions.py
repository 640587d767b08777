"""Transactions on MySQL and MariaDB that are lost, or meet others."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pymysql
import pytest
from sqlalchemy import Engine, event

from pixellab.adapters.database.mysql import MySqlServer, mysql_engine
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.object_stores.in_memory import InMemoryObjectStore
from pixellab.domain.errors import SkuTaken, StoreUnavailable
from pixellab.domain.images import Enhancement
from pixellab.domain.ports import ImageQuery
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings
from pixellab.testing.records import MINUTE, NOON, make_completed, make_enhancement, make_image
from pixellab.testing.servers import USER
from pixellab.testing.threads import at_once
from tests.adapters.image_repositories.sqlite.stored_rows import add
from tests.conftest import photo_bytes
from tests.servers import SqlServer

THREADS = 50


def kill_connections(sql_server: SqlServer) -> None:
    """End every connection that PixelLab's user has."""
    found = sql_server.execute(
        f"SELECT id FROM information_schema.processlist WHERE user = '{USER}'"
    )
    for (number,) in found:
        sql_server.execute(f"KILL {number}")


def test_connections_that_the_server_closed_are_replaced(
    sql_server: SqlServer, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    kill_connections(sql_server)
    assert repository.get(image_id).id == image_id


def test_a_connection_that_breaks_before_the_commit_costs_nothing(
    sql_server: SqlServer, repository: SqlImageRepository
) -> None:
    image = make_image(1)
    add(repository, 1)
    tries = []

    def make(sequence: int) -> Enhancement:
        tries.append(sequence)
        if len(tries) == 1:
            kill_connections(sql_server)
        return make_enhancement(image, sequence)

    assert repository.add_enhancement(image.id, make).sequence == 2
    assert tries == [2, 2]
    assert [each.sequence for each in repository.history(image.id)] == [1, 2]


def test_a_commit_that_goes_unanswered_is_not_repeated(
    sql_server: SqlServer, engine: Engine, repository: SqlImageRepository
) -> None:
    image = make_image(1)
    add(repository, 1)
    tries = []

    def make(sequence: int) -> Enhancement:
        tries.append(sequence)
        return make_enhancement(image, sequence)

    event.listen(engine, "commit", lambda _: kill_connections(sql_server), once=True)
    with pytest.raises(StoreUnavailable, match="before it said whether the record was written"):
        repository.add_enhancement(image.id, make)
    assert tries == [2]
    assert repository.add_enhancement(image.id, make).sequence == 2


def test_a_deadlock_is_repeated(
    sql_server: SqlServer, database: MySqlServer, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    claimed = repository.claim(image_id, 1, now=NOON, until=NOON + MINUTE)
    with rival(sql_server, database) as cursor, ThreadPoolExecutor(1) as threads:
        # More changes than the other has made, so that the server undoes the other's.
        cursor.execute("UPDATE image_counts SET images = images + 1")
        finishing = threads.submit(repository.finish, make_completed(claimed))
        wait_until_waiting(sql_server)
        cursor.execute("SELECT * FROM product_images WHERE id = %s FOR UPDATE", (image_id,))
        cursor.connection.rollback()
        assert finishing.result(timeout=30).status == "COMPLETED"
    assert repository.page(ImageQuery()).total == 1


def test_a_lock_that_is_not_let_go_is_unavailable(
    sql_server: SqlServer, database: MySqlServer
) -> None:
    hasty = SqlImageRepository(mysql_engine(database, timeout=1, pool_size=2), timeout=1)
    image_id = add(hasty, 1)
    with rival(sql_server, database) as cursor:
        cursor.execute("SELECT * FROM product_images WHERE id = %s FOR UPDATE", (image_id,))
        with pytest.raises(StoreUnavailable, match="is locked by someone else") as caught:
            hasty.mark_deleted(image_id, now=NOON)
        assert caught.value.retry_after
        assert hasty.get(image_id).id == image_id
    hasty.close()


@contextmanager
def rival(sql_server: SqlServer, database: MySqlServer) -> Iterator[Any]:
    """A cursor in a transaction of someone else."""
    with (
        closing(
            pymysql.connect(
                host=sql_server.host,
                port=sql_server.port,
                user="root",
                password=sql_server.root_password,
                database=database.database,
            )
        ) as connection,
        connection.cursor() as cursor,
    ):
        yield cursor


def wait_until_waiting(sql_server: SqlServer) -> None:
    waiting = "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
    while not sql_server.execute(waiting):
        pass


def test_fifty_who_enhance_the_same_image_again_get_a_number_each(
    database: MySqlServer, tmp_path: Path
) -> None:
    settings = load_settings(
        _env_file=None,
        data_dir=tmp_path,
        mysql_host=database.host,
        mysql_port=database.port,
        mysql_database=database.database,
        mysql_user=database.user,
        mysql_password=database.password,
        database_timeout=30,
    )
    with bootstrap(settings, store=InMemoryObjectStore()) as lab:
        image = lab.upload_and_enhance(Upload(content=io.BytesIO(photo_bytes()))).image
        done = at_once(lambda _: lab.enhance_again(image.id, Task(mode=Mode.OPTIMIZE)), THREADS)
        numbers = sorted(each.enhancement.sequence for each in done)  # type: ignore[union-attr]
        assert numbers == list(range(2, THREADS + 2))
        history = lab.get_history(image.id)[1]
        assert [each.sequence for each in history] == [1, *numbers]
        assert {str(each.status) for each in history} == {"completed"}


def test_blanks_at_the_end_make_no_other_value(repository: SqlImageRepository) -> None:
    one, other = make_image(1, sku_id="A"), make_image(2, sku_id="A ")
    repository.add(one, make_enhancement(one))
    with pytest.raises(SkuTaken):
        repository.add(other, make_enhancement(other))
