"""Handing a reserved enhancement to somebody else."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from attrs import frozen

from pixellab.domain.images import Enhancement, ProductImage
from pixellab.domain.ports.events import Observer


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

    @property
    def name(self) -> str:
        return self.enhancement_id


@frozen(kw_only=True)
class ItemJob:
    """Names a line of a batch: a photo that is to be fetched, accepted and enhanced."""

    batch_id: str
    number: int

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
