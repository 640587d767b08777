"""Jobs that are done in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from pixellab.domain.ports import ItemJob, Job, Jobs, Observer, Outcome


@frozen
class InProcessJobs(Jobs):
    """Does each job at once, in the thread that hands it over and waits for it."""

    do: Callable[[Any, Observer], Outcome | None]
    """Takes what is handed over."""

    def hand_over(self, job: Job | ItemJob, observe: Observer) -> Outcome | None:
        return self.do(job, observe)
