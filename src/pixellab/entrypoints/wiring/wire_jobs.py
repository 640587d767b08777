"""Who does what was reserved: the thread that asks for it, or others of this process later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixellab.domain.ports import Jobs
from pixellab.domain.use_cases import Process

if TYPE_CHECKING:
    from pixellab.adapters.jobs.queued import QueuedJobs

JOB_NICENESS = 15
"""Lower in priority than requests that somebody waits for."""


def at_once(process: Process) -> Jobs:
    """Done while the caller waits."""
    from pixellab.adapters.jobs.in_process import InProcessJobs

    return InProcessJobs(process.do)


def later(process: Process, threads: int) -> QueuedJobs:
    """Done by so many threads of this process, which nobody waits for."""
    from pixellab.adapters.jobs.queued import QueuedJobs

    return QueuedJobs(process.do, threads=threads, niceness=JOB_NICENESS)
