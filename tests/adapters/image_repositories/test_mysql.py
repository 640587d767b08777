"""The SQL repository on MySQL and MariaDB: what is their own beyond the contract."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from attrs import evolve
from sqlalchemy import Engine, event, inspect, text

from pixellab.adapters.database.mysql import MySqlServer, mysql_engine
from pixellab.adapters.image_repositories.sql.all_tables import metadata
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.image_repositories.sql.migrate import NEWEST, upgrade
from pixellab.domain.errors import StoreUnavailable
from pixellab.domain.ports import ImageQuery
from pixellab.testing.records import MINUTE, NOON, make_completed, make_enhancement, make_image
from pixellab.testing.threads import at_once
from tests.adapters.image_repositories.sqlite.stored_rows import add, call_every_method, go_back_to
from tests.servers import SqlServer

FEW_ROWS = ("image_counts", "day_tallies", "day_costs")


# Schema


def test_migrations_make_the_tables_that_the_program_uses(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        made = {index["name"] for index in inspect(connection).get_indexes("product_images")}
        foreign = inspect(connection).get_foreign_keys("enhancement_history")
        charsets = connection.execute(
            text(
                "SELECT DISTINCT character_set_name, collation_name "
                "FROM information_schema.columns "
                "WHERE table_schema = DATABASE() AND table_name IN "
                "('product_images', 'enhancement_history', 'image_counts', 'spending') "
                "AND character_set_name IS NOT NULL"
            )
        ).all()
    assert {"ix_product_images_newest", "ix_product_images_status_newest"} <= made
    assert [each["referred_table"] for each in foreign] == ["product_images"]
    assert [tuple(each) for each in charsets] == [("utf8mb4", "utf8mb4_bin")]


def test_two_that_upgrade_at_once_both_succeed(sql_server: SqlServer) -> None:
    empty = sql_server.empty_database()

    def upgrading(_: int) -> None:
        engine = mysql_engine(empty, timeout=30, pool_size=1)
        upgrade(engine)
        engine.dispose()

    assert at_once(upgrading, 2) == [None, None]
    assert_usable(empty)


@pytest.mark.parametrize(
    "table", ["product_images", "enhancement_history", "image_counts", "spending"]
)
def test_an_upgrade_that_was_interrupted_goes_on(
    sql_server: SqlServer, database: MySqlServer, table: str
) -> None:
    """The server keeps each table and index that was made before; what it lacks is made."""
    later = {
        "product_images": ["enhancement_history", "product_images", "image_counts"],
        "enhancement_history": ["enhancement_history", "image_counts"],
        "image_counts": ["image_counts"],
        "spending": ["spending"],
    }[table]
    name = database.database
    sql_server.execute(
        *(f"DROP TABLE {name}.{each}" for each in later),
        f"DELETE FROM {name}.alembic_version",
        *(
            [f"DROP INDEX ix_product_images_newest ON {name}.product_images"]
            if "product_images" not in later
            else []
        ),
    )
    engine = mysql_engine(database, timeout=5, pool_size=1)
    upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.scalar(text("SELECT COUNT(*) FROM image_counts")) == 48
    engine.dispose()
    assert_usable(database)


def test_a_later_upgrade_keeps_what_is_there(
    engine: Engine, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    upgrade(engine)
    assert repository.get(image_id).id == image_id
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == NEWEST


def test_an_upgrade_from_the_first_tables_keeps_history_readable(
    engine: Engine, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    (before,) = repository.history(image_id)
    go_back_to(engine, "0001")
    with engine.begin() as connection:  # as one does that was killed halfway
        connection.execute(text("ALTER TABLE enhancement_history ADD COLUMN backend_chain JSON"))
    upgrade(engine)
    assert repository.history(image_id) == (evolve(before, chain=(before.backend,), payer=None),)
    repository.check()


def test_a_database_of_a_later_version_is_refused(
    engine: Engine, repository: SqlImageRepository
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(StoreUnavailable, match="schema"):
        repository.check()
    with pytest.raises(StoreUnavailable, match="update PixelLab"):
        upgrade(engine)


def assert_usable(database: MySqlServer) -> None:
    engine = mysql_engine(database, timeout=5, pool_size=2)
    repository = SqlImageRepository(engine)
    repository.check()
    add(repository, 1)
    assert repository.page(ImageQuery()).total == 1
    repository.close()


# Sessions


def test_each_session_is_strict_in_utc_and_does_not_wait_forever(engine: Engine) -> None:
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT @@time_zone, @@sql_mode, @@wait_timeout, @@innodb_lock_wait_timeout, "
                "@@character_set_client, TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), NOW())"
            )
        ).one()
    assert row[0] == "+00:00"
    assert "STRICT_TRANS_TABLES" in row[1]
    assert tuple(row[2:]) == (600, 5, "utf8mb4", 0)


def test_times_are_stored_to_the_microsecond(
    engine: Engine, repository: SqlImageRepository
) -> None:
    image = make_image(1, created_at=NOON.replace(microsecond=999_999))
    repository.add(image, make_enhancement(image))
    with engine.connect() as connection:
        stored: datetime = connection.execute(
            text("SELECT created_at FROM product_images")
        ).scalar_one()
    assert stored.isoformat(sep=" ") == "2026-11-01 12:00:00.999999"


# Speed


def test_an_index_serves_every_statement(
    sql_server: SqlServer, database: MySqlServer, engine: Engine, repository: SqlImageRepository
) -> None:
    fill(sql_server, database, repository)
    statements: dict[str, Any] = {}

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")) and "alembic" not in statement:
            statements[statement] = parameters

    event.listen(engine, "before_cursor_execute", note)
    call_every_method(repository)
    event.remove(engine, "before_cursor_execute", note)
    assert len(statements) >= 20
    with engine.connect() as connection:
        for statement, parameters in statements.items():
            plan = (
                connection.exec_driver_sql(f"EXPLAIN FORMAT=TRADITIONAL {statement}", parameters)
                .mappings()
                .all()
            )
            for step in plan:
                # None: an index told already. "<derived": what another step reads by an index.
                derived = (step["table"] or "<derived").startswith("<derived")
                if not derived and step["table"] not in FEW_ROWS:
                    assert step["key"], f"{statement}\n{step}"
                    assert step["type"] not in ("ALL", "index"), f"{statement}\n{step}"


def fill(sql_server: SqlServer, database: MySqlServer, repository: SqlImageRepository) -> None:
    """Enough rows that reading all of them is never the shortest way."""
    for number in range(100, 400):
        image_id = add(repository, number)
        claimed = repository.claim(image_id, 1, now=NOON, until=NOON + MINUTE)
        repository.finish(make_completed(claimed))
    sql_server.execute(
        f"USE {database.database}", "ANALYZE TABLE product_images, enhancement_history"
    )
