"""Handing a reserved enhancement to somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from pixellab.domain.images import Enhancement, ProductImage
from pixellab.domain.ports.events import Observer


class Lane(StrEnum):
    """How soon a job is wanted: what one person asked for goes before what a catalogue holds."""

    INTERACTIVE = "interactive"
    BATCH = "batch"


class Resource(StrEnum):
    """What a job needs most: this machine's processors, or to wait for a service elsewhere."""

    CPU = "cpu"
    CLOUD = "cloud"


@frozen(kw_only=True)
class Job:
    """Names a reserved enhancement. All else is in its record, which whoever does it reads."""

    image_id: str
    enhancement_id: str
    """Also names the job: handed over twice, it is still the same one."""
    sequence: int
    settling: bool = False
    """Nobody waits for it: what a store does not allow now is left for later, and what has died
    too often is given up."""
    overrule: datetime | None = None
    """Leases up to then count as run out, for those who held them are gone. UTC, with tzinfo."""
    lane: Lane = Lane.INTERACTIVE
    resource: Resource = Resource.CPU

    @property
    def name(self) -> str:
        return self.enhancement_id


@frozen(kw_only=True)
class ItemJob:
    """Names a line of a batch: a photo that is to be fetched, accepted and enhanced."""

    batch_id: str
    number: int
    lane: Lane = Lane.BATCH
    resource: Resource = Resource.CPU

    @property
    def name(self) -> str:
        """Tells it from all other jobs."""
        return f"{self.batch_id}/{self.number}"


@frozen(kw_only=True)
class Outcome:
    """An enhancement that was done, and its image."""

    image: ProductImage
    enhancement: Enhancement
    replayed: bool = False
    """Whether it had been done before."""


class Jobs(Protocol):
    """Hands reserved enhancements, and lines of batches, to whoever does them, here or elsewhere.

    They are done with ``Process.do`` and ``DoItem``, whose claims decide: a job that is handed
    over twice is done once, and one that another is at work on, or that has failed, is left as it
    is.
    """

    def hand_over(self, job: Job | ItemJob, observe: Observer) -> Outcome | None:
        """What came of the job, or None if nobody waits for that here.

        After None the record tells how it went on, and a job that nobody begins, because it was
        lost or nobody could be reached, is handed over again by ``Reconcile``. Where it is waited
        for, ``observe`` is told each Event, and this raises what the work raises: UnknownImage,
        InProgress, a Backend... error, StoreUnavailable.
        """


class Queue(Jobs, Protocol):
    """Jobs that nobody waits for: ``hand_over`` answers None."""

    def loads(self) -> Mapping[Resource | None, int]:
        """How many jobs that may wait, those of ``Lane.BATCH``, are in line.

        By resource where each has a line of its own, else of all together, by None. Empty where
        nobody can tell, and none is to be added.
        """

    def depths(self) -> Mapping[str, int] | None:
        """How many messages wait in each queue of a broker, by its name; None where the broker does
        not answer. Empty where there is none."""

    def lost_after(self) -> timedelta:
        """How long after it was handed over something that nobody began counts as lost."""

    def check(self) -> None:
        """Return if jobs can be handed over now. Raises StoreUnavailable."""

    def close(self) -> None:
        """Finish or leave to others what is at work, and let go of connections; safe to repeat."""
