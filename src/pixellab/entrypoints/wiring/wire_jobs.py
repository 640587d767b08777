"""Who does what was reserved: the thread that asks for it, others of this process later, or workers
that a broker hands it to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pixellab.domain.ports import ImageRepository, Job, Jobs, Observer, Queue
from pixellab.entrypoints.extras import installed, require
from pixellab.entrypoints.lab import utc_now
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.telemetry.tracing import tracing

if TYPE_CHECKING:
    from pixellab.adapters.jobs.broker.broker_jobs import BrokerJobs
    from pixellab.adapters.jobs.broker.connection import Broker
    from pixellab.adapters.jobs.broker.take_jobs import TakeJobs
    from pixellab.entrypoints.lab import PixelLab

JOB_NICENESS = 15
"""Lower in priority than requests that somebody waits for."""
DRIVERS = {
    **dict.fromkeys(("amqp", "amqps"), ("amqp", "rabbitmq")),
    **dict.fromkeys(("redis", "rediss"), ("redis", "redis")),
    "sqs": ("boto3", "sqs"),
}
"""By the scheme of its address, the module that speaks with a broker, and the extra that brings it.
"""

Do = Callable[[Any, Observer], Any]


def at_once(do: Do) -> Jobs:
    """Done while the caller waits."""
    from pixellab.adapters.jobs.in_process import InProcessJobs

    return InProcessJobs(do)


def later(lab: PixelLab) -> Queue:
    """Handed to a broker where one is configured; else done by threads of this process, which
    nobody waits for. Raises Misconfigured for a missing driver."""
    if lab.settings.broker is not None:
        return with_broker(lab.settings, lambda: lab.repository)
    from pixellab.adapters.jobs.queued import QueuedJobs

    threads = lab.settings.job_workers
    return QueuedJobs(lab.do, threads=threads, niceness=JOB_NICENESS)


def with_broker(settings: Settings, repository: Callable[[], ImageRepository]) -> BrokerJobs:
    """The configured broker, which is first asked when it is used."""
    from pixellab.adapters.jobs.broker.broker_jobs import BrokerJobs

    def note(job: object, queue: str) -> None:
        if isinstance(job, Job):
            repository().put_in_queue(
                job.image_id, job.sequence, queue, now=utc_now(), overrule=job.overrule
            )

    return BrokerJobs(broker(settings), note, headers=tracing(settings).headers)


def taking(lab: PixelLab, queues: list[str], observe: Observer) -> TakeJobs:
    """Takes jobs from the configured broker, and does each as its kind is done."""
    from pixellab.adapters.jobs.broker.broker_jobs import LOST_AFTER
    from pixellab.adapters.jobs.broker.take_jobs import TakeJobs

    def passed(queue: str, moment: datetime) -> None:
        lab.repository.leave_queue(queue, moment - LOST_AFTER)

    around = tracing(lab.settings).doing
    return TakeJobs(broker(lab.settings), queues, lab.do, observe, around=around, passed=passed)


def broker(settings: Settings) -> Broker:
    """Raises Misconfigured where what speaks with it is not installed."""
    url = settings.broker or ""
    module, extra = DRIVERS[urlsplit(url).scheme]
    with installed("kombu", extra, "PIXELLAB_BROKER_URL"):
        from pixellab.adapters.jobs.broker.connection import Broker
    require(module, extra, "PIXELLAB_BROKER_URL")
    keys = settings.aws_keys
    # kombu takes no session token, but boto3 finds one by itself, and the keys that go with it.
    lasting = keys["session_token"] is None
    return Broker(
        url=url,
        region=settings.aws_region,
        access_key_id=keys["access_key_id"] if lasting else None,
        secret_access_key=keys["secret_access_key"] if lasting else None,
    )
