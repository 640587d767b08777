"""Who does what was reserved: the thread that asks for it, or others of this process later."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pixellab.domain.ports import ItemJob, Job, Jobs, Observer, Outcome

if TYPE_CHECKING:
    from pixellab.adapters.jobs.queued import QueuedJobs

Do = Callable[[Job | ItemJob, Observer], Outcome | None]

JOB_NICENESS = 15
"""Lower in priority than requests that somebody waits for."""


def at_once(do: Do) -> Jobs:
    """Done while the caller waits."""
    from pixellab.adapters.jobs.in_process import InProcessJobs

    return InProcessJobs(do)


def later(do: Do, threads: int) -> QueuedJobs:
    """Done by so many threads of this process, which nobody waits for."""
    from pixellab.adapters.jobs.queued import QueuedJobs

    return QueuedJobs(do, threads=threads, niceness=JOB_NICENESS)
