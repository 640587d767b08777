"""Workers do what was put off, and end as they are told to."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pixellab.adapters.process_owner import this_process
from pixellab.domain.images import ProcessingStatus
from pixellab.domain.use_cases import Upload
from pixellab.domain.use_cases.keeping.reservations import LEASE
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import PixelLab, utc_now
from pixellab.entrypoints.settings import load_settings
from tests.e2e.cli.conftest import SCRIPT, Ran

Cli = Callable[..., Ran]
PATIENCE = 60.0
OWNER = """
from pixellab.adapters.process_owner import this_process
print(this_process(), end="")
"""

pytestmark = pytest.mark.usefixtures("installation")


@pytest.fixture
def put_off(
    cli: Cli, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[PixelLab, list[str]]]:
    """Four uploads that were accepted, and that this process leaves to others."""
    monkeypatch.setenv("PIXELLAB_JOB_WORKERS", "0")
    if cli("db", "upgrade").code:
        raise AssertionError
    with bootstrap(load_settings()) as lab:
        uploads = (Upload(content=io.BytesIO(photo.read_bytes())) for _ in range(4))
        yield lab, [lab.upload_later(each).image.id for each in uploads]


@contextmanager
def working(*options: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [SCRIPT, "worker", *options], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def all_done(lab: PixelLab, ids: list[str]) -> bool:
    found = [lab.repository.history(each)[0].status for each in ids]
    return all(status is ProcessingStatus.COMPLETED for status in found)


def test_two_workers_do_each_once(cli: Cli, put_off: tuple[PixelLab, list[str]]) -> None:
    lab, ids = put_off
    assert cli("queue", "--json").answer["waiting"] == 4
    assert cli("queue").out.startswith("4 waiting, the first for ")
    with working("--concurrency", "1") as one, working("--concurrency", "1") as another:
        end = time.monotonic() + PATIENCE
        while not all_done(lab, ids):
            assert time.monotonic() < end
            time.sleep(0.1)
        for each in (one, another):
            each.send_signal(signal.SIGTERM)
            each.communicate(timeout=PATIENCE)
            assert each.returncode == 0
    assert [lab.repository.history(each)[0].attempts for each in ids] == [1] * 4
    assert cli("queue").out == "0 waiting; 0 at work.\n"


def test_what_a_killed_process_was_at_is_waiting(
    cli: Cli, put_off: tuple[PixelLab, list[str]]
) -> None:
    lab, ids = put_off
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as gone:
        assert gone.stdout
        owner = gone.stdout.read()
    now = utc_now()
    lab.repository.claim(ids[0], 1, now=now, until=now + LEASE, owner=owner)
    lab.repository.claim(ids[1], 1, now=now, until=now + LEASE, owner=this_process())
    assert cli("queue").out.endswith("; 1 at work.\n")
    assert cli("queue", "--json").answer["waiting"] == 3


@pytest.mark.parametrize("number", [0, 65])
def test_a_wrong_number_of_threads_is_one_sentence(cli: Cli, number: int) -> None:
    ran = cli("worker", "--concurrency", number)
    assert ran.code == 2
    assert "1 to 64" in ran.err


def test_a_worker_works_although_servers_are_told_to_leave_it_to_workers(
    put_off: tuple[PixelLab, list[str]],
) -> None:
    lab, ids = put_off
    assert lab.settings.job_workers == 0
    with working() as running:
        end = time.monotonic() + PATIENCE
        while not all_done(lab, ids):
            assert time.monotonic() < end
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=PATIENCE)
        assert running.returncode == 0
