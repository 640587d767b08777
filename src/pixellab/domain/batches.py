"""Batches: many photos that are asked for at once, each a line of its batch."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from pixellab.domain.images import ProductImage
from pixellab.domain.requests import Task
from pixellab.domain.results import Cost

MAX_LINES = 100_000
MAX_SOURCE = 1024
"""Characters of an address or a key."""
STORE = "store:"
"""Begins a source that is an object of the store; others are addresses."""


class BatchState(StrEnum):
    """Where a batch stands."""

    ACCEPTING = "accepting"
    """Its lines are still being written down; none is begun."""
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"
    """What had been begun is finished, nothing else begun."""


class ItemState(StrEnum):
    """Where a line stands."""

    ARRIVING = "arriving"
    """Its photo is on its way into the store. To users it waits."""
    WAITING = "waiting"
    HELD = "held"
    """Handed over, or put off for a while, until its lease ends. To users it waits."""
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def shown(self) -> ItemState:
        """What users see of it."""
        return ItemState.WAITING if self in (ItemState.ARRIVING, ItemState.HELD) else self


SHOWN_STATES = tuple(each for each in ItemState if each is each.shown)
"""Those that users see, and may ask for."""


@frozen(kw_only=True)
class Line:
    """A line of a manifest, or of what was found under a prefix or in a folder."""

    number: int
    """From 1 on, without gaps."""
    source: str
    """``store:KEY`` or an address; may be anything where there is a failure."""
    sku_id: str | None = None
    failure: str | None = None
    """Why nothing can be done with it, in one sentence."""
    arriving: bool = False
    """Whether its photo has still to be put into the store."""


@frozen(kw_only=True)
class BatchItem:
    """A line on record, and what became of it."""

    batch_id: str
    number: int
    source: str
    sku_id: str | None = None
    state: ItemState = ItemState.WAITING
    image_id: str | None = None
    """The image that it became, once that is known."""
    failure: str | None = None
    attempts: int = 0
    """Counted before the work; 0 for ever where the line itself is bad."""
    retries: int = 0
    """How often a user had it tried again after it had failed."""
    lease_until: datetime | None = None
    lease_owner: str | None = None
    finished_at: datetime | None = None


@frozen(kw_only=True)
class Counts:
    """How many lines of a batch are in which state."""

    waiting: int = 0
    working: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        return self.ended + self.left

    @property
    def left(self) -> int:
        return self.waiting + self.working

    @property
    def ended(self) -> int:
        return self.done + self.failed + self.cancelled


@frozen(kw_only=True)
class Batch:
    """Many photos and the one task for all of them."""

    id: str
    name: str | None = None
    """What its owner calls it."""
    task: Task = field(factory=Task)
    backend: str | None = None
    payer: str | None = None
    """Who pays, as the ledger calls them; each payer gets the same share of the workers."""
    state: BatchState = BatchState.ACCEPTING
    created_at: datetime
    """UTC, with tzinfo."""
    finished_at: datetime | None = None
    """When the last line had ended; retrying takes it back."""
    idempotency_key: str | None = None
    fingerprint: str | None = None
    webhook_url: str | None = field(default=None, repr=False)
    """Who is told once nothing of it is left to do."""
    lease_until: datetime | None = None
    """Until when whoever writes down its lines keeps others off."""
    lease_owner: str | None = None


@frozen(kw_only=True)
class BatchProgress:
    """A batch and how far it has come."""

    batch: Batch
    counts: Counts
    per_minute: float | None = None
    """Lines that ended lately; None where none did, or nothing is left."""
    seconds_left: float | None = None
    costs: tuple[Cost, ...] = ()
    """What the backends asked for so far, a sum for each currency."""


@frozen(kw_only=True)
class ItemResult:
    """A line and the image that it became."""

    item: BatchItem
    image: ProductImage | None = None
