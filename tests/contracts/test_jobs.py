"""Jobs are done as the contract says, in this thread or by another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pixellab.adapters.jobs.broker.broker_jobs import BrokerJobs
from pixellab.adapters.jobs.broker.connection import Broker, queue_names
from pixellab.adapters.jobs.broker.take_jobs import TakeJobs
from pixellab.adapters.jobs.in_process import InProcessJobs
from pixellab.adapters.jobs.queued import QueuedJobs
from pixellab.domain.ports import Jobs
from pixellab.domain.use_cases import Process
from pixellab.domain.use_cases.keeping.reservations import silent
from pixellab.testing import JobsContract
from tests.brokers import every_broker
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


@every_broker()
class TestBroker(JobsContract):
    """With two threads that take jobs, as two workers' processes do."""

    @pytest.fixture
    def jobs(self, process: Process, broker: Broker) -> Iterator[Jobs]:
        handing = BrokerJobs(broker, lambda job, queue: None)
        with taking(broker, process), taking(broker, process):
            yield handing
        handing.close()


@contextmanager
def taking(broker: Broker, process: Process) -> Iterator[None]:
    stopped = threading.Event()
    take = TakeJobs(broker, queue_names(), process.do, silent, idle=0.05)
    thread = threading.Thread(target=take.run, args=(stopped,))
    thread.start()
    yield
    stopped.set()
    thread.join()
