"""SQLite that is locked, damaged, full or killed."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest

from pixellab.adapters.database.engine import sqlite_engine
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.domain.errors import SkuTaken, StoreUnavailable
from pixellab.domain.images import Enhancement, Status
from pixellab.domain.ports import ImageQuery
from pixellab.testing.records import MINUTE, NOON, make_enhancement, make_image
from tests.adapters.image_repositories.sqlite.stored_rows import add, rows

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
