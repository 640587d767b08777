"""What every Jobs promises."""

from __future__ import annotations

import hashlib
import io
import time
from uuid import uuid4

import numpy as np
from attrs import evolve

from pixellab.domain.errors import InProgress, ObjectMissing, PixelLabError, UnknownImage
from pixellab.domain.formats import Format
from pixellab.domain.images import Enhancement, ProcessingStatus
from pixellab.domain.pictures import EncodeSpec, Picture
from pixellab.domain.ports import Event, Job, Jobs, Milestone, Outcome
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import LEASE, Accept, Process, Upload, UploadAndEnhance
from pixellab.domain.use_cases.keeping.reservations import job_of, reserve, silent
from pixellab.testing.threads import at_once

TIMES = 8
PATIENCE = 60.0
"""Seconds; a job that nobody has done by then is lost."""


class JobsContract:
    """Needs the fixtures ``process``, a Process over stores of its own whose AUTO has a backend,
    and ``jobs``, whose jobs are done with ``process.do``."""

    def test_a_job_is_done(self, process: Process, jobs: Jobs) -> None:
        job = _reserved(process)
        outcome = jobs.hand_over(job, silent)
        done = _ended(process, job)
        assert (done.status, done.attempts) == (ProcessingStatus.COMPLETED, 1)
        assert done.enhanced is not None
        with process.store.open(done.key) as stored:
            assert hashlib.sha256(stored.read()).hexdigest() == done.enhanced.sha256
        if outcome is not None:
            image = process.repository.get(job.image_id)
            assert outcome == Outcome(image=image, enhancement=done)

    def test_whoever_waits_is_told_how_it_goes(self, process: Process, jobs: Jobs) -> None:
        told: list[Event] = []
        outcome = jobs.hand_over(_reserved(process), told.append)
        if outcome is not None:
            assert told[-1].milestone is Milestone.COMPLETED

    def test_a_job_handed_over_again_is_not_done_again(self, process: Process, jobs: Jobs) -> None:
        job = _reserved(process)
        jobs.hand_over(job, silent)
        done = _ended(process, job)
        again = jobs.hand_over(job, silent)
        assert again is None or again.replayed
        _do_another(process, jobs)
        assert _ended(process, job) == done

    def test_of_many_who_hand_it_over_at_once_one_has_it_done(
        self, process: Process, jobs: Jobs
    ) -> None:
        job = _reserved(process)
        for answer in at_once(lambda _: jobs.hand_over(job, silent), TIMES):
            assert answer is None or isinstance(answer, (Outcome, InProgress))
        _do_another(process, jobs)
        done = _ended(process, job)
        assert (done.status, done.attempts) == (ProcessingStatus.COMPLETED, 1)

    def test_a_job_that_failed_is_not_done_again(self, process: Process, jobs: Jobs) -> None:
        job = _reserved(process)
        original = process.repository.get(job.image_id).original
        process.store.delete(original.key)
        assert isinstance(_answer(jobs, job), (ObjectMissing, type(None)))
        failed = _ended(process, job)
        assert (failed.status, failed.attempts) == (ProcessingStatus.FAILED, 1)
        again = _answer(jobs, job)
        assert again is None or isinstance(again, PixelLabError)
        _do_another(process, jobs)
        assert _ended(process, job) == failed

    def test_what_another_is_at_work_on_is_left_to_it(self, process: Process, jobs: Jobs) -> None:
        job = _reserved(process)
        now = process.clock()
        claimed = process.repository.claim(
            job.image_id, job.sequence, now=now, until=now + LEASE, owner="another"
        )
        assert isinstance(_answer(jobs, job), (InProgress, type(None)))
        _do_another(process, jobs)
        assert _record(process, job) == claimed

    def test_a_job_of_an_unknown_image_stops_no_other(self, process: Process, jobs: Jobs) -> None:
        unknown = evolve(_reserved(process), image_id=str(uuid4()))
        assert isinstance(_answer(jobs, unknown), (UnknownImage, type(None)))
        _do_another(process, jobs)


def _answer(jobs: Jobs, job: Job) -> Outcome | PixelLabError | None:
    try:
        return jobs.hand_over(job, silent)
    except PixelLabError as error:
        return error


def _reserved(process: Process) -> Job:
    """A second enhancement of an image, that nobody has begun."""
    enhance, task = process.enhance, Task(mode=Mode.AUTO)
    pixels = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    file = enhance.imaging.encode(
        Picture(pixels=pixels, format="PNG"), EncodeSpec(format=Format.PNG)
    )
    accept = Accept(
        imaging=enhance.imaging,
        enhancers=enhance.enhancers,
        store=process.store,
        repository=process.repository,
        clock=process.clock,
        new_id=_new_id,
    )
    upload = UploadAndEnhance(accept=accept, process=process)
    image = upload(Upload(content=io.BytesIO(file.data), task=task)).image
    chain = enhance.enhancers.choose(task, None)
    reserved = process.repository.add_enhancement(
        image.id,
        lambda number: reserve(
            enhance.enhancers, image, number, task, chain, _new_id(), process.clock()
        ),
    )
    return job_of(reserved)


def _new_id() -> str:
    return str(uuid4())


def _do_another(process: Process, jobs: Jobs) -> None:
    """Have another job done, so that whoever does them has come to those handed over before."""
    job = _reserved(process)
    jobs.hand_over(job, silent)
    assert _ended(process, job).status is ProcessingStatus.COMPLETED


def _record(process: Process, job: Job) -> Enhancement:
    return process.repository.history(job.image_id)[job.sequence - 1]


def _ended(process: Process, job: Job) -> Enhancement:
    """The record once the work has ended."""
    end = time.monotonic() + PATIENCE
    while (found := _record(process, job)).status is ProcessingStatus.PROCESSING:
        assert time.monotonic() < end, "the job was lost"
        time.sleep(0.01)
    return found
