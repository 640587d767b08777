"""Messages to others' servers about what has happened, as Standard Webhooks has them.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from attrs import evolve, field, frozen

from pixellab.domain.batches import BatchProgress
from pixellab.domain.images import Enhancement, ProcessingStatus, ProductImage

IMAGE_COMPLETED = "image.completed"
IMAGE_FAILED = "image.failed"
BATCH_COMPLETED = "batch.completed"

# The schedule of Standard Webhooks, cut to a day.
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 23_100)
)
"""After each attempt that failed, until the next; after the last of these it is given up."""
JITTER = 0.1
"""A pause is longer by at most this share, so that what failed together is not repeated so."""
SENDING = timedelta(minutes=1)
"""How long an attempt keeps others off; longer than sending may take."""
KEPT = timedelta(days=30)
"""How long messages that are over are kept, to be looked at and sent again."""


class DeliveryStatus(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    """To be sent, or sent again."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up after the last attempt."""
    STOPPED = "stopped"
    """Its receiver has answered 410 to this or an earlier one: it wants no more."""


PARKED = (DeliveryStatus.FAILED, DeliveryStatus.STOPPED)
"""What is not sent any more, though it has not been delivered."""


@frozen(kw_only=True)
class Delivery:
    """One message for one receiver: a row of ``webhook_deliveries``."""

    id: str
    """A UUID, and the ``webhook-id``: the same in every attempt."""
    event: str
    """Such as ``image.completed``."""
    about: str
    """The id of the image or the batch that it is about."""
    url: str | None = field(repr=False)
    """Where it goes; None: where the settings say when it is sent."""
    endpoint: str
    """Hexadecimal SHA-256 of the receiver's address."""
    receiver: str
    """The receiver's host; empty for the one of the settings."""
    body: str = field(repr=False)
    """JSON, the same in every attempt."""
    created_at: datetime
    """UTC, with tzinfo."""
    status: DeliveryStatus = DeliveryStatus.WAITING
    attempts: int = 0
    """How often sending was begun; counted before it is sent."""
    due_at: datetime
    """While it waits: when it is sent next. An attempt at work moves this past its own end, so that
    the message of a process that dies is sent by another."""
    last_status: int | None = None
    """The HTTP status of the latest answer; None where none came."""
    last_error: str | None = None
    """Why the latest attempt failed, in a sentence."""
    finished_at: datetime | None = None


@frozen(kw_only=True)
class Reply:
    """What came of one attempt."""

    status: int | None = None
    error: str | None = None
    """None where the receiver has taken the message."""
    retry_after: float = 0.0
    """Seconds that the receiver asks for."""


Announce = Callable[[ProductImage, Enhancement], Iterable[Delivery]]
"""The messages to write in the transaction that finishes an enhancement."""


AnnounceBatch = Callable[[BatchProgress], Iterable[Delivery]]
"""The messages to write in the transaction that ends a batch."""


def nothing(_image: ProductImage, _enhancement: Enhancement) -> Iterable[Delivery]:
    """What is announced where nobody is to be told."""
    return ()


def nothing_of_batches(_ended: BatchProgress) -> Iterable[Delivery]:
    """The same, of batches."""
    return ()


def after(delivery: Delivery, reply: Reply, now: datetime) -> Delivery:
    """The message once an attempt has ended so."""
    told = evolve(delivery, last_status=reply.status, last_error=reply.error)
    if reply.error is None:
        return evolve(told, status=DeliveryStatus.DELIVERED, finished_at=now)
    if reply.status == 410:
        return evolve(told, status=DeliveryStatus.STOPPED, finished_at=now)
    if delivery.attempts > len(PAUSES):
        return evolve(told, status=DeliveryStatus.FAILED, finished_at=now)
    pause = PAUSES[delivery.attempts - 1] * random.uniform(1, 1 + JITTER)  # noqa: S311
    asked = min(timedelta(seconds=reply.retry_after), PAUSES[-1])
    return evolve(told, due_at=now + max(pause, asked))


def once_more(delivery: Delivery, now: datetime) -> Delivery:
    """The message as if it were new, at the request of a user."""
    return evolve(delivery, status=DeliveryStatus.WAITING, attempts=0, due_at=now, finished_at=None)


@frozen(kw_only=True)
class Announcer:
    """Makes the messages: one for the receiver of the settings, one for that of the request."""

    default: str | None = field(repr=False)
    """The address of the settings; None where there is none."""
    describe: Callable[[ProductImage, Enhancement], Mapping[str, object]]
    """The ``data`` of a message about an image, as JSON has it."""
    describe_batch: Callable[[BatchProgress], Mapping[str, object]]
    """The ``data`` of a message about a batch."""

    def __call__(self, image: ProductImage, ended: Enhancement) -> tuple[Delivery, ...]:
        """Those about an enhancement that has ended. Made twice, they are the same ones."""
        assert ended.finished_at is not None
        completed = ended.status is ProcessingStatus.COMPLETED
        return self.of(
            IMAGE_COMPLETED if completed else IMAGE_FAILED,
            image.id,
            self.describe(image, ended),
            now=ended.finished_at,
            once=ended.attempt_key,
            url=ended.webhook_url,
        )

    def of_batch(self, ended: BatchProgress) -> tuple[Delivery, ...]:
        """Those about a batch that has ended. One that was tried again ends again."""
        batch = ended.batch
        assert batch.finished_at is not None
        return self.of(
            BATCH_COMPLETED,
            batch.id,
            self.describe_batch(ended),
            now=batch.finished_at,
            once=str(uuid5(UUID(batch.id), batch.finished_at.isoformat())),
            url=batch.webhook_url,
        )

    def of(
        self,
        event: str,
        about: str,
        data: Mapping[str, object],
        *,
        now: datetime,
        once: str,
        url: str | None = None,
    ) -> tuple[Delivery, ...]:
        """The messages about what has happened to the image or batch ``about``.

        ``once`` is a UUID of what happened, from which the ids follow. ``url`` is that of the
        request.
        """
        message = {"type": event, "timestamp": now.isoformat(), "data": data}
        body = json.dumps(message, separators=(",", ":"))
        wanted = {self.default: None, url: url} if url != self.default else {url: None}
        return tuple(
            Delivery(
                id=str(uuid5(UUID(once), endpoint_of(address))),
                event=event,
                about=about,
                url=kept,
                endpoint=endpoint_of(address),
                receiver="" if kept is None else urlsplit(kept).hostname or "",
                body=body,
                created_at=now,
                due_at=now,
            )
            for address, kept in wanted.items()
            if address is not None
        )


def endpoint_of(address: str) -> str:
    """What stands for a receiver's address where that is not to be read."""
    return hashlib.sha256(address.encode()).hexdigest()
