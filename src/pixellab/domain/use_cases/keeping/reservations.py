"""Steps that several use cases take, and the terms on which they hold what they work on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import BinaryIO

from attrs import evolve

from pixellab.domain.errors import ClaimLost, InProgress, ObjectExists, PixelLabError
from pixellab.domain.images import (
    Enhancement,
    ProcessingStatus,
    ProductImage,
    StoredObject,
    enhanced_key,
    thumbnail_key,
)
from pixellab.domain.ports import (
    Enhancers,
    Event,
    ImageRepository,
    Job,
    Milestone,
    ObjectStore,
    Observer,
    Resource,
)
from pixellab.domain.requests import Task
from pixellab.domain.use_cases.asking.fallback import waits
from pixellab.domain.use_cases.asking.interrupted import ended

LEASE = timedelta(minutes=10)
"""How long an attempt keeps others off; longer than any request may take."""
HAND_OVER = timedelta(minutes=1)
"""How long a reservation is left to those who made it; longer than handing it over takes, also
where the database keeps each transaction waiting for its locks."""
KEY_DIGITS = 8
MAX_KEY_TRIES = 20
CHUNK = 1 << 20


def silent(event: Event) -> None:
    """The observer for those who do not care."""


def perhaps(_: str | None) -> bool:
    """The answer of those who cannot tell whether the owner of a lease still runs."""
    return True


def event_of(milestone: Milestone, image_id: str, **fields: object) -> Event:
    return Event(milestone=milestone, image_id=image_id, fields=fields)


def reserved_event(image: ProductImage, enhancement: Enhancement) -> Event:
    return event_of(
        Milestone.RESERVED,
        image.id,
        enhancement_id=enhancement.id,
        sequence=enhancement.sequence,
        mode=enhancement.task.mode,
        chain=enhancement.chain,
        pixels=image.original_width * image.original_height,
    )


def digest_of(content: BinaryIO) -> tuple[str, int]:
    """SHA-256 in hexadecimal, and the size in bytes, of the whole content."""
    content.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := content.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def reserve(
    enhancers: Enhancers,
    image: ProductImage,
    sequence: int,
    task: Task,
    chain: tuple[str, ...],
    new_id: str,
    now: datetime,
    payer: str | None = None,
) -> Enhancement:
    """A record of work that nobody has begun, so without a lease."""
    return Enhancement(
        id=new_id,
        image_id=image.id,
        sequence=sequence,
        backend=chain[0],
        chain=chain,
        task=task,
        key=result_key(enhancers, image, sequence, task, chain[0]),
        thumbnail_key=thumbnail_key(image.key_digits, sequence, image.filename),
        status=ProcessingStatus.PROCESSING,
        created_at=now,
        payer=payer,
        original_size_bytes=image.original.size_bytes,
    )


def job_of(
    enhancement: Enhancement,
    *,
    settling: bool = False,
    overrule: datetime | None = None,
    enhancers: Enhancers | None = None,
) -> Job:
    """The job of doing ``enhancement``; ``enhancers`` tell what it needs."""
    return Job(
        image_id=enhancement.image_id,
        enhancement_id=enhancement.id,
        sequence=enhancement.sequence,
        settling=settling,
        overrule=overrule,
        resource=(
            Resource.CPU
            if enhancers is None
            else resource_of(enhancers, enhancement.chain, enhancement.task)
        ),
    )


def resource_of(enhancers: Enhancers, chain: Sequence[str], task: Task) -> Resource:
    """What the job of asking these backends needs most."""
    # A backend that is gone is told of by whoever does the job, in its record.
    with suppress(PixelLabError):
        if waits(enhancers, chain, task):
            return Resource.CLOUD
    return Resource.CPU


def result_key(
    enhancers: Enhancers, image: ProductImage, sequence: int, task: Task, backend: str
) -> str:
    """Where the result is kept if this backend serves."""
    folder = enhancers.folders(backend).enhanced
    return enhanced_key(folder, image.key_digits, sequence, image.filename, task.output_format)


def write(store: ObjectStore, wanted: StoredObject, data: BinaryIO) -> StoredObject:
    filename = wanted.key.rsplit("/", 1)[-1]
    try:
        return store.put(wanted.key, data, media_type=wanted.media_type, filename=filename)
    except ObjectExists as error:
        raise ClaimLost("Another worker wrote this object first.") from error


def taken_over() -> InProgress:
    return InProgress(
        "The image is being processed by another worker; try again later.", retry_after=5
    )


def remove(store: ObjectStore, key: str) -> None:
    """Remove what a failure may have left; where that fails too, a row still names the key."""
    with suppress(PixelLabError):
        store.delete(key)


def fail(
    repository: ImageRepository,
    enhancement: Enhancement,
    error: Exception,
    now: datetime,
    observe: Observer,
) -> None:
    known = isinstance(error, PixelLabError)
    reason = "An internal error occurred."
    if isinstance(error, PixelLabError):
        reason, error.image_id = error.message, enhancement.image_id
    failed = evolve(
        enhancement,
        status=ProcessingStatus.FAILED,
        calls=ended(enhancement.calls),
        lease_until=None,
        failure=reason,
        finished_at=now,
    )
    # Where even this cannot be written, the lease runs out and Reconcile settles the row.
    with suppress(PixelLabError):
        repository.finish(failed)
    observe(
        event_of(
            Milestone.FAILED,
            enhancement.image_id,
            reason=reason,
            error=type(error).__name__,
            known=known,
            mode=enhancement.task.mode,
            backend=enhancement.backend,
        )
    )
