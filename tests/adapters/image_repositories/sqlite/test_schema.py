"""The schema on SQLite, and its upgrades."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from attrs import evolve
from sqlalchemy import create_engine, inspect

from pixellab.adapters.image_repositories.sql.all_tables import metadata
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.image_repositories.sql.migrate import NEWEST, SCRIPTS, upgrade
from pixellab.domain.errors import StoreUnavailable
from pixellab.domain.ports import ImageQuery
from pixellab.testing.records import (
    MINUTE,
    NOON,
    make_calls,
    make_completed,
    make_failed,
    make_image,
)
from tests.adapters.image_repositories.sqlite.stored_rows import add, go_back_to, rows


def test_migrations_make_the_tables_that_the_program_uses(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        made = {index["name"] for index in inspect(connection).get_indexes("product_images")}
    engine.dispose()
    assert {"ix_product_images_newest", "ix_product_images_status_newest"} <= made


def test_the_program_works_with_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST]


def test_a_later_upgrade_keeps_what_is_there(path: Path, repository: SqlImageRepository) -> None:
    image_id = add(repository, 1)
    upgrade(f"sqlite:///{path}")
    assert repository.get(image_id).id == image_id
    assert rows(path, "SELECT version_num FROM alembic_version") == [{"version_num": NEWEST}]


def test_an_upgrade_from_the_first_tables_keeps_history_readable(
    path: Path, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    (before,) = repository.history(image_id)
    engine = create_engine(f"sqlite:///{path}")
    go_back_to(engine, "0001")
    with pytest.raises(StoreUnavailable, match="run 'pixellab db upgrade'"):
        repository.check()
    upgrade(f"sqlite:///{path}")
    engine.dispose()
    assert repository.history(image_id) == (evolve(before, chain=(before.backend,), payer=None),)


def test_an_upgrade_finds_and_counts_what_was_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    upgrade(url)
    repository = SqlImageRepository(url)
    for number in range(3):
        add(repository, number)
    done = make_completed(repository.claim(make_image(1).id, 1, now=NOON, until=NOON + MINUTE))
    repository.finish(evolve(done, faithfulness=None))  # which versions of then had no room for
    repository.finish(
        make_failed(repository.claim(make_image(2).id, 1, now=NOON, until=NOON + MINUTE))
    )
    repository.mark_deleted(make_image(0).id, now=NOON)
    query = ImageQuery(search=f"photo {make_image(1).key_digits[:6]}")
    before, statistics = repository.page(query), repository.statistics(NOON.date())
    assert [image.id for image in before.images] == [make_image(1).id]
    engine = create_engine(url)
    go_back_to(engine, "0003")
    upgrade(engine)
    engine.dispose()
    assert repository.page(query) == before
    assert repository.page(ImageQuery(search="photo")).total == 2
    assert repository.statistics(NOON.date()) == statistics
    repository.mark_deleted(make_image(1).id, now=NOON + MINUTE)
    assert repository.page(query).images == ()
    repository.close()


def test_the_cost_can_be_queried_by_hand(path: Path, repository: SqlImageRepository) -> None:
    query = "SELECT cost_amount, cost_currency, cost_known FROM enhancement_history"
    for number, priced in enumerate(((1, 2), (0, 1), (2, 3))):
        image_id = add(repository, number)
        claimed = repository.claim(image_id, 1, now=NOON, until=NOON + MINUTE)
        failed = evolve(make_failed(claimed), calls=make_calls(claimed)[slice(*priced)])
        repository.finish(failed)
    found = [tuple(row.values()) for row in rows(path, query)]
    assert sorted(found, key=str) == [
        (0.0340000001, "EUR", 1),
        (None, "USD", 0),
        (None, None, None),
    ]


def test_two_that_upgrade_at_once_both_succeed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new folder' / 'pixellab.db'}"
    with ThreadPoolExecutor(2) as threads:
        module = "pixellab.adapters.image_repositories.sql.migrate"
        program = f"from {module} import upgrade; upgrade({url!r})"
        done = threads.map(lambda _: subprocess.call([sys.executable, "-c", program]), range(2))
        assert list(done) == [0, 0]
    repository = SqlImageRepository(url)
    repository.check()
    add(repository, 1)
    repository.close()


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "pixellab.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE image_counts (someone_elses INTEGER)")
    with pytest.raises(StoreUnavailable):
        upgrade(f"sqlite:///{path}")
    tables = rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    assert tables == [{"name": "image_counts"}]


def test_a_database_without_tables_is_refused(tmp_path: Path) -> None:
    repository = SqlImageRepository(f"sqlite:///{tmp_path / 'pixellab.db'}")
    for call in (repository.check, lambda: repository.get("any"), lambda: add(repository, 1)):
        with pytest.raises(StoreUnavailable, match="run 'pixellab db upgrade'"):
            call()
    repository.close()


def test_a_database_of_a_later_version_is_refused(
    path: Path, repository: SqlImageRepository
) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'later'")
    with pytest.raises(StoreUnavailable, match="schema"):
        repository.check()
    with pytest.raises(StoreUnavailable, match="update PixelLab"):
        upgrade(f"sqlite:///{path}")
