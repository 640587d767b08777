"""The SQL repository on SQLite: what is its own beyond the contract."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, event, inspect

from pixellab.adapters.image_repositories.sql.engine import sqlite_engine
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.image_repositories.sql.migrate import NEWEST, SCRIPTS, upgrade
from pixellab.adapters.image_repositories.sql.tables import metadata
from pixellab.domain.errors import PixelLabError, SkuTaken, StoreUnavailable, UnknownImage
from pixellab.domain.images import Enhancement, Status
from pixellab.domain.ports import ImageQuery
from pixellab.testing.records import (
    MINUTE,
    NOON,
    make_calls,
    make_completed,
    make_enhancement,
    make_failed,
    make_image,
)

PREPARE = """
import os, resource, signal, sys
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.domain.errors import PixelLabError
from pixellab.domain.ports import ImageQuery
from pixellab.testing.records import make_enhancement, make_image

def add(number):
    try:
        image = make_image(number)
        repository.add(image, make_enhancement(image))
        print("added")
    except PixelLabError as error:
        print(type(error).__name__, error.retry_after, error.message)

repository = SqlImageRepository("sqlite:///pixellab.db", timeout=0.1)
"""


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the current schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "pixellab.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def path(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated, tmp_path / "pixellab.db"))


@pytest.fixture
def repository(path: Path) -> Iterator[SqlImageRepository]:
    repository = SqlImageRepository(f"sqlite:///{path}", timeout=0.1)
    yield repository
    repository.close()


def add(repository: SqlImageRepository, number: int) -> str:
    image = make_image(number)
    repository.add(image, make_enhancement(image))
    return image.id


def rows(path: Path, query: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def change(path: Path, table: str, column: str, old: str, new: str) -> None:
    """Replace a text in a column, as another version of the program would have written it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        changed = connection.execute(
            f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE instr({column}, ?)",
            (old, new, old),
        )
        assert changed.rowcount > 0


# What other versions wrote


def test_history_is_read_without_what_only_a_newer_version_knows(
    path: Path, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    repository.finish(make_completed(repository.claim(image_id, 1, now=NOON, until=NOON + MINUTE)))
    before = repository.history(image_id)
    change(path, "enhancement_history", "parameters", '"scale"', '"white_at": [0.5, 1], "scale"')
    for column in ("steps", "rules"):
        change(path, "enhancement_history", column, '"name"', '"seconds": 0.5, "name"')
    assert repository.history(image_id) == before


def test_history_is_read_though_limits_were_tightened(
    path: Path, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    change(path, "enhancement_history", "parameters", '"scale": 3', '"scale": 8')
    change(path, "enhancement_history", "parameters", "#f2f2f2", "checkered")
    (entry,) = repository.history(image_id)
    assert (entry.task.scale, entry.task.background) == (8, "checkered")
    (left,) = repository.unfinished(NOON + MINUTE, 10)
    assert left == entry


def test_a_mode_and_a_format_of_a_newer_version_are_shown_by_name(
    path: Path, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    change(path, "product_images", "operation", "AUTO", "RELIGHT")
    change(path, "enhancement_history", "parameters", "STANDARDIZE", "RELIGHT")
    change(path, "enhancement_history", "parameters", '"JPEG"', '"JXL"')
    (listed,) = repository.page(ImageQuery()).images
    (entry,) = repository.history(image_id)
    assert (listed.mode, entry.task.mode, entry.task.output_format) == ("RELIGHT", "RELIGHT", "JXL")


def test_what_a_newer_version_was_asked_stays_in_the_record(
    path: Path, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    change(path, "enhancement_history", "parameters", '"scale"', '"white_at": [0.5, 1], "scale"')
    repository.finish(make_completed(repository.claim(image_id, 1, now=NOON, until=NOON + MINUTE)))
    (row,) = rows(path, "SELECT parameters FROM enhancement_history")
    assert json.loads(row["parameters"])["white_at"] == [0.5, 1]


# What users see who query by hand


def test_the_columns_that_users_rely_on_are_there(path: Path) -> None:
    def columns(table: str) -> set[str]:
        return {row["name"] for row in rows(path, f"PRAGMA table_info({table})")}

    images = """id sku_id image_url enhanced_image_url original_filename original_size_bytes
        enhanced_size_bytes original_width original_height enhanced_width enhanced_height
        original_format enhanced_format status enhancement_mode operation processing_time_ms
        processed_at created_at updated_at"""
    history = """id product_image_id enhancement_sequence enhancement_mode operation original_s3_url
        original_https_url enhanced_s3_url enhanced_https_url original_size_bytes
        enhanced_size_bytes original_quality_score enhanced_quality_score quality_metadata
        size_metadata processing_time_ms processing_status model_version response_id created_at"""
    assert columns("product_images") >= set(images.split())
    assert columns("enhancement_history") >= set(history.split())


def test_rows_read_as_documented(path: Path, repository: SqlImageRepository) -> None:
    image_id = add(repository, 1)
    repository.finish(make_completed(repository.claim(image_id, 1, now=NOON, until=NOON + MINUTE)))
    (image,) = rows(path, "SELECT * FROM product_images")
    (enhancement,) = rows(path, "SELECT * FROM enhancement_history")
    for row in (image, enhancement):
        assert (row["enhancement_mode"], row["operation"]) == ("LOCAL", "STANDARDIZE")
        assert row["created_at"] == "2026-11-01 12:00:00.123457"
    assert (image["status"], enhancement["processing_status"]) == ("COMPLETED", "completed")
    assert image["enhanced_image_url"].startswith("https://cdn.example/uploads/enhanced/")
    assert image["enhanced_image_url"] == enhancement["enhanced_https_url"]
    assert image["image_url"] == enhancement["original_https_url"]
    assert enhancement["original_s3_url"].startswith("memory://pixellab/uploads/original/")
    assert enhancement["enhanced_s3_url"].startswith("memory://pixellab/uploads/enhanced/")
    assert json.loads(enhancement["size_metadata"])["original_size_kb"] == 850.5
    assert json.loads(enhancement["parameters"])["target_size_kb"] == 500


def test_no_row_has_the_url_of_an_original_that_is_not_kept(
    path: Path, repository: SqlImageRepository
) -> None:
    image = make_image(1, original_kept=False)
    repository.add(image, make_enhancement(image))
    query = """SELECT image_url, h.original_s3_url, h.original_https_url
        FROM product_images AS i JOIN enhancement_history AS h ON h.product_image_id = i.id"""
    assert [list(row.values()) for row in rows(path, query)] == [[None, None, None]]
    repository.keep_original(image.id, image.original, now=NOON)
    repository.add_enhancement(image.id, lambda number: make_enhancement(image, number))
    original = image.original
    expected = [original.url, original.uri, original.url]
    assert [list(row.values()) for row in rows(path, query)] == [expected, expected]


def test_rows_that_others_refer_to_stay(path: Path, repository: SqlImageRepository) -> None:
    image = make_image(1)
    add(repository, 1)
    stray = evolve(make_enhancement(image, 2), image_id=make_image(2).id)
    with pytest.raises(UnknownImage):
        repository.add_enhancement(stray.image_id, lambda _: stray)
    assert len(rows(path, "SELECT * FROM enhancement_history")) == 1


# Schema


def go_back_to(engine: Engine, revision: str) -> None:
    """The schema of an earlier version, with what is kept in it."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


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


# Failure


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program at work in the database."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_locked_database_takes_nothing_but_can_be_read(
    path: Path, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    with locked(path):
        for call in (
            lambda: add(repository, 2),
            lambda: repository.claim(image_id, 1, now=NOON, until=NOON + MINUTE),
            lambda: repository.mark_deleted(image_id, now=NOON),
        ):
            with pytest.raises(StoreUnavailable, match=r"^The database is locked") as caught:
                call()
            assert caught.value.retry_after
            assert str(path) not in caught.value.message
        assert repository.page(ImageQuery()).total == 1
        assert repository.history(image_id)[0].attempts == 0
    add(repository, 2)
    assert repository.page(ImageQuery()).total == 2


def test_a_lock_is_waited_for(path: Path) -> None:
    patient = SqlImageRepository(f"sqlite:///{path}", timeout=30)
    with ThreadPoolExecutor(1) as threads:
        with locked(path):
            added = threads.submit(add, patient, 1)
            with pytest.raises(TimeoutError):
                added.result(timeout=0.2)
        assert patient.get(added.result(timeout=30)).status is Status.PENDING
    patient.close()


def test_an_upgrade_of_a_locked_database_gives_up(tmp_path: Path) -> None:
    path = tmp_path / "pixellab.db"
    engine = sqlite_engine(f"sqlite:///{path}", timeout=0.1, pool_size=1)
    engine.connect().close()
    with locked(path), pytest.raises(StoreUnavailable, match="locked"):
        upgrade(engine)
    upgrade(engine)
    engine.dispose()


def test_waiting_for_a_connection_has_an_end(path: Path) -> None:
    repository = SqlImageRepository(f"sqlite:///{path}", timeout=0.1, pool_size=1)
    image_id = add(repository, 1)
    begun, go_on = Event(), Event()

    def slow(sequence: int) -> Enhancement:
        begun.set()
        assert go_on.wait(timeout=30)
        return make_enhancement(make_image(1), sequence)

    with ThreadPoolExecutor(1) as threads:
        slowly = threads.submit(repository.add_enhancement, image_id, slow)
        assert begun.wait(timeout=30)
        with pytest.raises(StoreUnavailable, match=r"^The database cannot be reached"):
            repository.get(image_id)
        go_on.set()
        assert slowly.result(timeout=30).sequence == 2
    repository.close()


def test_a_damaged_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "pixellab.db").write_bytes(b"not a database at all" * 1000)
    repository = SqlImageRepository(f"sqlite:///{tmp_path / 'pixellab.db'}")
    with pytest.raises(StoreUnavailable, match=r"^The database is damaged"):
        repository.check()
    with pytest.raises(StoreUnavailable, match=r"^The database is damaged"):
        upgrade(f"sqlite:///{tmp_path / 'pixellab.db'}")
    repository.close()


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnavailable) as caught:
        SqlImageRepository(f"sqlite:///{tmp_path / 'file' / 'pixellab.db'}")
    assert str(tmp_path) not in caught.value.message


@pytest.mark.usefixtures("path")
def test_a_read_only_database_takes_nothing(tmp_path: Path, path: Path) -> None:
    said = run_apart(
        tmp_path,
        "add(1)",
        "repository.close()",
        "os.chmod('.', 0o555)",
        "os.chmod('pixellab.db', 0o444)",
        "if os.geteuid() == 0: os.setuid(65534)  # permissions don't bind root",
        "add(2)",
    )
    tmp_path.chmod(0o755)
    assert said[0] == "added"
    assert said[1].startswith("StoreUnavailable 5 The database ")
    assert str(tmp_path) not in said[1]
    assert len(rows(path, "SELECT * FROM product_images")) == 1


def test_a_full_disk_takes_nothing(tmp_path: Path, path: Path) -> None:
    said = run_apart(
        tmp_path,
        "add(1)",
        "wal = os.stat('pixellab.db-wal').st_size",
        "resource.setrlimit(resource.RLIMIT_FSIZE, (wal + 5000, resource.RLIM_INFINITY))",
        "add(2)",
        "print(repository.page(ImageQuery()).total)",
    )
    reason = "cannot be read or written: its disk may be full"
    assert said == ["added", f"StoreUnavailable 5 The database {reason}; try again later.", "1"]
    assert len(rows(path, "SELECT * FROM enhancement_history")) == 1


def test_what_was_committed_outlives_a_killed_process(tmp_path: Path, path: Path) -> None:
    program = PREPARE + "add(1)\nsys.stdout.flush()\nos.kill(os.getpid(), signal.SIGKILL)"
    killed = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "added\n")
    repository = SqlImageRepository(f"sqlite:///{path}")
    assert repository.page(ImageQuery()).total == 1
    with pytest.raises(SkuTaken):
        add(repository, 1)
    repository.close()


def run_apart(folder: Path, *program: str) -> list[str]:
    """The lines that ``program`` prints in a process whose rights and limits are its own."""
    done = subprocess.run(
        [sys.executable, "-c", PREPARE + "\n".join(program)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# Speed


def test_an_index_serves_every_statement(path: Path, repository: SqlImageRepository) -> None:
    statements: dict[str, Any] = {}

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        statements[statement] = parameters

    event.listen(Engine, "before_cursor_execute", note)
    try:
        call_every_method(repository)
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    planned = 0
    with closing(sqlite3.connect(path)) as connection:
        for statement, parameters in statements.items():
            if statement.startswith(("SELECT", "UPDATE", "DELETE")) and "alembic" not in statement:
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
                _assert_indexed(statement, [row[3] for row in plan])
                planned += 1
    assert planned >= 20


# The counts have a fixed number of rows, and "ids" holds those of one page.
FEW_ROWS = {
    "SCAN image_counts",
    "CO-ROUTINE ids",
    "MATERIALIZE ids",
    "SCAN ids",
}


def _assert_indexed(statement: str, plan: list[str]) -> None:
    for line in plan:
        sorted_ids = line == "USE TEMP B-TREE FOR ORDER BY" and "SCAN ids" in plan
        if line not in FEW_ROWS and not sorted_ids:
            assert line.startswith("SEARCH "), f"{statement}\n{line}"
            assert "INDEX" in line, f"{statement}\n{line}"


def call_every_method(repository: SqlImageRepository) -> None:
    later = NOON + 9 * MINUTE
    image = make_image(1, idempotency_key="key")
    repository.add(image, make_enhancement(image))
    with pytest.raises(PixelLabError):
        repository.add(image, make_enhancement(image))
    with pytest.raises(SkuTaken):
        add(repository, 1)
    repository.add_enhancement(image.id, lambda number: make_enhancement(image, number))
    repository.keep_original(image.id, image.original, now=NOON)
    repository.finish(make_completed(repository.claim(image.id, 1, now=NOON, until=later)))
    repository.get(image.id)
    repository.history(image.id)
    repository.find("key")
    for status in (None, Status.COMPLETED):
        for after in (None, (NOON, image.id)):
            repository.page(ImageQuery(status=status, after=after))
        repository.page(ImageQuery(status=status, offset=7))
    repository.unfinished(later, 10)
    repository.mark_deleted(image.id, now=later)
    repository.deleted(10)
    repository.deleted(10, image.id)
    repository.forget(image.id)


# Times


@settings(max_examples=25)
@given(
    moment=st.datetimes(
        min_value=datetime(1970, 1, 2),
        max_value=datetime(2200, 1, 1),
        timezones=st.integers(-720, 720).map(lambda each: timezone(timedelta(minutes=each))),
    )
)
def test_times_come_back_to_the_microsecond_in_utc(migrated: Path, moment: datetime) -> None:
    repository = SqlImageRepository(f"sqlite:///{migrated}")
    image = make_image(1, created_at=moment, updated_at=moment)
    try:
        repository.add(image, evolve(make_enhancement(image), lease_until=moment))
        stored = repository.get(image.id)
        assert stored.created_at == moment
        assert stored.created_at.tzinfo is UTC
        assert repository.history(image.id)[0].lease_until == moment
        assert repository.page(ImageQuery(after=(moment, "~"))).images == (stored,)
    finally:
        repository.mark_deleted(image.id, now=moment)
        repository.forget(image.id)
        repository.close()


def test_a_time_without_a_zone_is_refused(repository: SqlImageRepository) -> None:
    naive = make_image(1, created_at=datetime(2026, 1, 1))
    with pytest.raises(Exception, match="without tzinfo"):
        repository.add(naive, make_enhancement(naive))
    assert repository.page(ImageQuery()).total == 0
