"""Doing what a job names, also where a process died that was at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import evolve, frozen

from pixellab.domain.errors import InProgress
from pixellab.domain.ports import Job, Observer, Outcome
from pixellab.domain.use_cases.keeping.reservations import perhaps, silent
from pixellab.domain.use_cases.process import Process


@frozen(kw_only=True)
class DoJob:
    """Do an enhancement that was handed over, once however often it is.

    A broker gives what a killed process was at to the next one, before the others in line: where
    that process certainly runs no more, its lease counts as run out, so that it is done now and not
    once ``Reconcile`` has put it at the end of the line.
    """

    process: Process
    may_be_alive: Callable[[str | None], bool] = perhaps
    """Whether the owner of a lease may still be running."""

    def __call__(self, job: Job, observe: Observer = silent) -> Outcome:
        """What became of it. Raises as ``Process`` does."""
        try:
            return self.process.do(job, observe)
        except InProgress:
            until = self._lease_of_the_dead(job)
            if until is None:
                raise
        return self.process.do(evolve(job, overrule=until), observe)

    def _lease_of_the_dead(self, job: Job) -> datetime | None:
        history = self.process.repository.history(job.image_id)
        [named] = (each for each in history if each.sequence == job.sequence)
        return None if self.may_be_alive(named.lease_owner) else named.lease_until
