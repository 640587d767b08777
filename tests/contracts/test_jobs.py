"""Jobs are done as the contract says, in this thread or by another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pixellab.adapters.jobs.in_process import InProcessJobs
from pixellab.adapters.jobs.queued import QueuedJobs
from pixellab.domain.ports import Jobs
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


class TestQueued(JobsContract):
    @pytest.fixture
    def jobs(self, process: Process) -> Iterator[Jobs]:
        queued = QueuedJobs(process.do, threads=2)
        yield queued
        queued.close()
