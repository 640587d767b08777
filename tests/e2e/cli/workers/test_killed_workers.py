"""What workers survive: signals, and photos that kill whoever does them."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from pixellab.adapters.jobs.broker.connection import Broker
from pixellab.domain.images import ProcessingStatus
from pixellab.entrypoints.lab import PixelLab
from pixellab.testing.brokers import RunningBroker
from tests.e2e.cli.conftest import SCRIPT, Ran
from tests.e2e.cli.workers.processes import (
    PATIENCE,
    accept,
    at_work_of,
    ended,
    first_of,
    tree_of,
    wait_until,
    wait_until_over,
    working,
)
from tests.e2e.conftest import embedded_only

Cli = Callable[..., Ran]

pytestmark = pytest.mark.usefixtures("installation")


def poison() -> bytes:
    """A photo that kills the process of whoever has DEADLY enhance it."""
    out = io.BytesIO()
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 255
    Image.fromarray(red).save(out, "PNG")
    return out.getvalue()


@contextmanager
def at_work_on(lab: PixelLab, image_id: str, hold: Path) -> Iterator[subprocess.Popen[str]]:
    """A worker that is held at that image, until ``hold`` is gone."""
    hold.touch()
    with working("--concurrency", "1") as worker:
        wait_until(lambda: first_of(lab, image_id).attempts == 1)
        yield worker


def kill_at_work(worker: subprocess.Popen[str]) -> None:
    for each in at_work_of(worker):
        each.kill()


@embedded_only
def test_the_job_of_a_process_that_was_killed_is_done_by_the_next(
    own_redis: RunningBroker, hold: Path, lab: PixelLab
) -> None:
    image_id = accept(lab)
    with at_work_on(lab, image_id, hold) as worker:
        kill_at_work(worker)
        hold.unlink()
        [done] = wait_until_over(lab, image_id)
        assert (done.status, done.attempts) == (ProcessingStatus.COMPLETED, 2)
        assert worker.poll() is None


@embedded_only
@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_what_a_killed_process_was_at_is_done_before_the_others_in_line(
    configured: Broker, hold: Path, lab: PixelLab
) -> None:
    first = accept(lab)
    with at_work_on(lab, first, hold) as worker:
        others = [accept(lab) for _ in range(3)]
        kill_at_work(worker)
        wait_until(lambda: first_of(lab, first).attempts == 2)
        assert [first_of(lab, each).attempts for each in others] == [0] * len(others)
        hold.unlink()
        done = wait_until_over(lab, first, *others)
    assert [each.status for each in done] == [ProcessingStatus.COMPLETED] * 4


@embedded_only
def test_a_process_that_had_done_a_job_is_replaced_at_once_however_often_it_is_killed(
    own_redis: RunningBroker, lab: PixelLab
) -> None:
    with working("--concurrency", "1") as worker:
        for _ in range(6):
            wait_until_over(lab, accept(lab))
            [at_work] = at_work_of(worker)
            at_work.kill()
            killed = time.monotonic()
            assert psutil.wait_procs([at_work], timeout=PATIENCE)[1] == []
            wait_until(lambda: bool(at_work_of(worker)))
        assert time.monotonic() - killed < 10  # twice the pause each time, it were 16 by now


@embedded_only
def test_a_killed_worker_is_followed_by_its_processes_and_another_goes_on(
    own_redis: RunningBroker, hold: Path, lab: PixelLab
) -> None:
    image_id = accept(lab)
    with at_work_on(lab, image_id, hold) as worker:
        left = tree_of(worker)
        worker.kill()
        hold.unlink()
        [done] = wait_until_over(lab, image_id)  # by the process that was at work on it
        assert (done.status, done.attempts) == (ProcessingStatus.COMPLETED, 1)
        _, alive = psutil.wait_procs(left, timeout=PATIENCE)
        assert alive == []
    with working("--concurrency", "1"):
        wait_until_over(lab, accept(lab))


@embedded_only
def test_sigterm_finishes_what_is_at_work_and_a_second_one_ends_it(
    own_redis: RunningBroker, hold: Path, lab: PixelLab
) -> None:
    hold.touch()
    ids = [accept(lab) for _ in range(2)]
    with working("--concurrency", "1") as worker:
        wait_until(lambda: sum(first_of(lab, each).attempts for each in ids) == 1)
        worker.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert worker.poll() is None
        hold.unlink()
        assert ended(worker) == 0
        found = [first_of(lab, each) for each in ids]
        assert sorted(each.attempts for each in found) == [0, 1]
        assert [each.status for each in found].count(ProcessingStatus.COMPLETED) == 1
    hold.touch()
    with working("--concurrency", "1") as worker:
        wait_until(lambda: sum(first_of(lab, each).attempts for each in ids) == 2)
        children = tree_of(worker)
        worker.send_signal(signal.SIGTERM)
        time.sleep(1)
        worker.send_signal(signal.SIGTERM)
        assert ended(worker) == -signal.SIGTERM
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert alive == []
    hold.unlink()
    with working("--concurrency", "1"):
        done = wait_until_over(lab, *ids)
    assert [each.status for each in done] == [ProcessingStatus.COMPLETED] * 2


@embedded_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_while_it_starts_ends_all_of_it_without_a_traceback(
    own_redis: RunningBroker, lab: PixelLab, number: signal.Signals
) -> None:
    command = [str(SCRIPT), "worker", "--concurrency", "1"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as worker:
        assert worker.stderr is not None
        assert "Jobs are taken from the broker (cpu and cloud), 1 at once." in next(worker.stderr)
        wait_until(lambda: bool(tree_of(worker)))
        os.killpg(worker.pid, number)  # A terminal tells all of them.
        said = worker.stderr.read()
        assert worker.wait(PATIENCE) == 0, said
    assert "Traceback" not in said
    assert "what is at work is finished" in said


@embedded_only
def test_a_photo_that_kills_its_process_is_given_up_and_delays_nobody(
    own_redis: RunningBroker, hold: Path, cli: Cli, lab: PixelLab
) -> None:
    bad = accept(lab, poison())
    good = [accept(lab) for _ in range(6)]
    with working("--concurrency", "2") as worker:
        done = wait_until_over(lab, *good)
        assert [(each.status, each.attempts) for each in done] == [
            (ProcessingStatus.COMPLETED, 1)
        ] * len(good)
        [given_up] = wait_until_over(lab, bad)
        assert given_up.status is ProcessingStatus.FAILED
        assert given_up.failure == "It was given up after 3 attempts."
        assert cli("queue", "--json").answer["parked"] == 1
        assert "1 given up" in cli("queue").out
        assert cli("queue", "--retry", "--json").answer == {"handed_over": 1}
        wait_until(lambda: cli("queue", "--json").answer["parked"] == 1)
        assert first_of(lab, bad).attempts > given_up.attempts
        assert worker.poll() is None
    assert cli("queue", "--retry").out == "1 handed over once more.\n"
