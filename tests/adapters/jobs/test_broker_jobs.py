"""A broker that fails costs nobody time, and what it did not take is handed over later."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from pixellab.adapters.jobs.broker.broker_jobs import (
    LOST_AFTER,
    LOST_IN_LINE,
    PAUSE,
    BrokerJobs,
)
from pixellab.adapters.jobs.broker.connection import Broker, queue_name, queue_names
from pixellab.adapters.jobs.broker.take_jobs import TakeJobs
from pixellab.domain.errors import StoreUnavailable
from pixellab.domain.findings import Verdict
from pixellab.domain.ports import Job, Lane, Observer, Resource
from pixellab.domain.use_cases.keeping.reservations import silent
from pixellab.testing.brokers import RunningBroker, running_redis

JOB = Job(image_id="an image", enhancement_id="an enhancement", sequence=1)


class Noting:
    """Which jobs were put on record as handed over; and a clock."""

    def __init__(self) -> None:
        self.noted: list[tuple[Job, str]] = []
        self.seconds = 0.0

    def note(self, job: Job, queue: str) -> None:
        self.noted.append((job, queue))

    def clock(self) -> float:
        return self.seconds


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningBroker]:
    with running_redis(tmp_path) as redis:
        yield redis


@pytest.fixture
def noting() -> Noting:
    return Noting()


@pytest.fixture
def jobs(running: RunningBroker, noting: Noting) -> Iterator[BrokerJobs]:
    handing = BrokerJobs(Broker(url=running.url), noting.note, clock=noting.clock)
    yield handing
    handing.close()


def test_each_job_goes_to_the_queue_of_its_kind(jobs: BrokerJobs, noting: Noting) -> None:
    for resource in Resource:
        for lane in Lane:
            jobs.hand_over(evolve(JOB, resource=resource, lane=lane), silent)
    assert jobs.depths() == dict.fromkeys(queue_names(), 1)
    assert {queue for _, queue in noting.noted} == {*queue_names()}
    assert jobs.loads() == dict.fromkeys(Resource, 1)
    assert (jobs.lost_after(), LOST_AFTER) == (LOST_IN_LINE, timedelta(minutes=1))


def test_the_most_urgent_goes_first(running: RunningBroker, jobs: BrokerJobs) -> None:
    stopped, done = threading.Event(), []

    def do(job: Job, _: Observer) -> None:
        done.append(job.lane)
        if len(done) == 4:
            stopped.set()

    for lane in (Lane.BATCH, Lane.BATCH, Lane.INTERACTIVE, Lane.INTERACTIVE):
        jobs.hand_over(evolve(JOB, lane=lane), silent)
    TakeJobs(Broker(url=running.url), queue_names(), do, silent).run(stopped)
    assert done == [Lane.INTERACTIVE] * 2 + [Lane.BATCH] * 2
    assert jobs.lost_after() == LOST_AFTER


def test_workers_tell_how_far_a_queue_has_come(running: RunningBroker, jobs: BrokerJobs) -> None:
    stopped, told, began = threading.Event(), dict[str, datetime](), datetime.now(UTC)
    for lane in Lane:
        jobs.hand_over(evolve(JOB, lane=lane), silent)
    handed_over = datetime.now(UTC)

    def passed(queue: str, moment: datetime) -> None:
        told[queue] = moment
        raise StoreUnavailable("The database cannot be reached.")

    def do(job: Job, _: Observer) -> None:
        if job.lane is Lane.BATCH:
            stopped.set()

    TakeJobs(Broker(url=running.url), queue_names(), do, silent, passed=passed).run(stopped)
    for lane in Lane:
        assert began <= told[queue_name(Resource.CPU, lane)] <= handed_over
    assert told[queue_name(Resource.CLOUD, Lane.INTERACTIVE)] > handed_over  # it is empty


def test_a_broker_that_is_away_is_left_alone_for_a_while(
    running: RunningBroker, jobs: BrokerJobs, noting: Noting
) -> None:
    jobs.check()
    running.server.kill()
    jobs.hand_over(JOB, silent)
    assert jobs.depths() is None
    assert (jobs.loads(), jobs.lost_after()) == ({}, LOST_IN_LINE)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        jobs.check()
    [finding] = jobs.diagnose()
    assert (finding.part, finding.verdict) == ("broker", Verdict.PROBLEM)
    running.server.start()
    jobs.hand_over(JOB, silent)  # It is not asked yet.
    assert noting.noted == []
    noting.seconds += PAUSE
    jobs.hand_over(JOB, silent)
    assert noting.noted == [(JOB, queue_name(Resource.CPU, Lane.INTERACTIVE))]
    assert [each.verdict for each in jobs.diagnose()] == [Verdict.OK]


def test_a_log_tells_once_of_a_broker_that_is_away_and_only_of_jobs(
    running: RunningBroker, jobs: BrokerJobs, noting: Noting, caplog: pytest.LogCaptureFixture
) -> None:
    running.server.kill()
    assert jobs.depths() is None
    assert caplog.messages == []
    for _ in range(3):
        jobs.hand_over(JOB, silent)
        noting.seconds += PAUSE
    [told] = caplog.messages
    assert told.startswith("The broker does not answer (")
    running.server.start()
    jobs.hand_over(JOB, silent)
    running.server.kill()
    jobs.hand_over(JOB, silent)
    assert len(caplog.messages) == 2


def test_a_broker_that_is_full_takes_nothing_and_harms_nobody(
    running: RunningBroker, jobs: BrokerJobs, noting: Noting
) -> None:
    import redis

    # It answers, but refuses whatever would take memory.
    with redis.Redis.from_url(running.url) as administrator:
        administrator.config_set("maxmemory", "1")
        jobs.hand_over(JOB, silent)
        assert noting.noted == []
        administrator.config_set("maxmemory", "0")
    noting.seconds += PAUSE
    jobs.hand_over(JOB, silent)
    assert len(noting.noted) == 1


def test_a_connection_that_was_cut_is_made_anew(
    running: RunningBroker, jobs: BrokerJobs, noting: Noting
) -> None:
    jobs.hand_over(JOB, silent)
    running.server.kill()
    running.server.start()
    jobs.hand_over(JOB, silent)
    assert len(noting.noted) == 2


def test_what_is_at_work_while_a_store_is_away_is_tried_again_and_given_back_at_the_end(
    running: RunningBroker, jobs: BrokerJobs
) -> None:
    stopped, tries = threading.Event(), []

    def do(job: Job, _: Observer) -> None:
        tries.append(job)
        if len(tries) == 2:
            stopped.set()
        raise StoreUnavailable("The database cannot be reached.")

    jobs.hand_over(JOB, silent)
    TakeJobs(Broker(url=running.url), queue_names(), do, silent).run(stopped)
    assert tries == [JOB, JOB]
    depths = jobs.depths()
    assert depths is not None
    assert depths[queue_name(Resource.CPU, Lane.INTERACTIVE)] == 1


def test_a_mistake_in_the_work_stops_no_other(
    running: RunningBroker, jobs: BrokerJobs, caplog: pytest.LogCaptureFixture
) -> None:
    stopped, tries = threading.Event(), []

    def do(job: Job, _: Observer) -> None:
        tries.append(job)
        if len(tries) == 2:
            stopped.set()
        raise ZeroDivisionError

    for _ in range(2):
        jobs.hand_over(JOB, silent)
    TakeJobs(Broker(url=running.url), queue_names(), do, silent).run(stopped)
    assert len(tries) == 2
    assert caplog.text.count("A job failed unforeseen") == 2
    assert jobs.depths() == dict.fromkeys(queue_names(), 0)
