"""Jobs that are done in this process."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from pixellab.domain.ports import Job, Jobs, Observer, Outcome


@frozen
class InProcessJobs(Jobs):
    """Does each job at once, in the thread that hands it over and waits for it."""

    do: Callable[[Job, Observer], Outcome]

    def hand_over(self, job: Job, observe: Observer) -> Outcome:
        return self.do(job, observe)
