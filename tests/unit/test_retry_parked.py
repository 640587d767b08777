"""What was given up can be tried once more, and what is in a queue is left there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import evolve

from pixellab.domain.images import MAX_ATTEMPTS, ProcessingStatus
from pixellab.domain.ports import Event, Job, Jobs, Observer, Resource
from pixellab.domain.use_cases import HAND_OVER, LEASE, RetryParked
from pixellab.domain.use_cases.keeping.reservations import perhaps, silent
from tests.unit.installation import Installation, PaidEnhancer, install, photo


class Noted(Jobs):
    """Keeps the jobs that are handed over, and does none."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def hand_over(self, job: Any, observe: Observer) -> None:
        self.jobs.append(job)


def given_up(lab: Installation) -> str:
    """A photo that killed its process so often that it was given up."""
    image = lab.accept(photo()).image
    for _ in range(MAX_ATTEMPTS):
        lab.clock.now += 2 * LEASE
        lab.repository.claim(image.id, 1, now=lab.clock(), until=lab.clock() + LEASE)
    lab.clock.now += 2 * LEASE
    assert lab.reconcile().failed == 1
    return image.id


def test_what_was_given_up_is_handed_over_once_more() -> None:
    lab, noted = install(), Noted()
    image_id = given_up(lab)
    assert lab.repository.backlog(lab.clock(), perhaps).parked == 1
    retry = RetryParked(repository=lab.repository, jobs=noted, clock=lab.clock)
    assert retry() == 1
    assert retry() == 0
    [waiting] = lab.repository.history(image_id)
    assert (waiting.status, waiting.lease_until) == (ProcessingStatus.PROCESSING, None)
    told: list[Event] = []
    [job] = noted.jobs
    assert lab.process.do(job, told.append).enhancement.status is ProcessingStatus.COMPLETED
    assert lab.repository.backlog(lab.clock(), perhaps).parked == 0


def test_what_kills_its_process_once_more_is_given_up_at_once() -> None:
    lab, noted = install(), Noted()
    image_id = given_up(lab)
    RetryParked(repository=lab.repository, jobs=noted, clock=lab.clock)()
    lab.repository.claim(image_id, 1, now=lab.clock(), until=lab.clock() + LEASE)
    lab.clock.now += 2 * LEASE
    assert lab.reconcile().failed == 1
    assert lab.repository.backlog(lab.clock(), perhaps).parked == 1


def test_what_is_in_a_queue_is_handed_over_again_only_once_it_counts_as_lost() -> None:
    lab, noted = install(), Noted()
    image = lab.upload(photo()).image
    again = lab.again(image.id, lab.repository.history(image.id)[0].task)
    assert again.enhancement.status is ProcessingStatus.COMPLETED
    waiting = evolve(lab.again, jobs=noted)(image.id, again.enhancement.task).enhancement
    lab.clock.now += 2 * HAND_OVER
    lab.repository.put_in_queue(image.id, waiting.sequence, "a queue", now=lab.clock())
    hour = timedelta(hours=1)
    reconcile = evolve(lab.reconcile, jobs=noted, lost_after=lambda: hour)
    noted.jobs.clear()
    assert reconcile().handed_over == 0
    lab.clock.now += hour
    assert reconcile().handed_over == 1
    assert [job.enhancement_id for job in noted.jobs] == [waiting.id]


def test_a_job_says_whether_it_waits_for_a_service() -> None:
    lab, noted = install(gemini=PaidEnhancer("GEMINI")), Noted()
    image = lab.upload(photo()).image
    task = lab.repository.history(image.id)[0].task
    for backend in ("LOCAL", "GEMINI"):
        evolve(lab.again, jobs=noted)(image.id, task, backend, silent)
    assert [job.resource for job in noted.jobs] == [Resource.CPU, Resource.CLOUD]
