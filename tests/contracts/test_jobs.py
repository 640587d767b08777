"""Jobs are done as the contract says, in this thread or by another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from queue import Queue
from threading import Thread

import pytest
from attrs import evolve

from pixellab.adapters.jobs import InProcessJobs
from pixellab.domain.errors import PixelLabError
from pixellab.domain.ports import Job, Jobs, Observer
from pixellab.domain.use_cases import Process
from pixellab.testing import JobsContract
from tests.unit.installation import install


@pytest.fixture
def process() -> Process:
    return install().process


class TestInProcess(JobsContract):
    @pytest.fixture
    def jobs(self, process: Process) -> Jobs:
        return InProcessJobs(process.do)


class QueuedJobs(Jobs):
    """Nobody waits for these: another thread does one after the other."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._queue: Queue[Job | None] = Queue()
        self._worker = Thread(target=self._work)
        self._worker.start()

    def hand_over(self, job: Job, observe: Observer) -> None:
        self._queue.put(job)

    def close(self) -> None:
        self._queue.put(None)
        self._worker.join()

    def _work(self) -> None:
        while job := self._queue.get():
            with suppress(PixelLabError):
                self._process.do(evolve(job, settling=True))


class TestQueued(JobsContract):
    @pytest.fixture
    def jobs(self, process: Process) -> Iterator[Jobs]:
        queued = QueuedJobs(process)
        yield queued
        queued.close()
