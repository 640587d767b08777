"""Where messages to others' servers wait until they are delivered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

from attrs import frozen

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.webhooks import Delivery, DeliveryStatus

MAX_DELIVERIES = 200
"""On a page."""


@frozen(kw_only=True)
class DeliveryQuery:
    """Which deliveries to list, newest first (``created_at``, then ``id``, both descending)."""

    limit: int = 50
    """1 to 200."""
    after: tuple[datetime, str] | None = None
    """(created_at, id) of the last one already seen."""
    status: DeliveryStatus | None = None

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_DELIVERIES:
            raise InvalidRequest(
                "limit", f"limit is {self.limit}; allowed are 1 to {MAX_DELIVERIES}."
            )


@frozen(kw_only=True)
class DeliveryPage:
    """One page of a listing."""

    deliveries: tuple[Delivery, ...]
    next_after: tuple[datetime, str] | None
    """Where the next page starts, or None on the last one."""


@frozen(kw_only=True)
class DeliveryCounts:
    """How many messages stand where somebody may have to do something."""

    due: int
    """To be sent by now, and not on their way."""
    parked: int
    """Given up, or not wanted by their receiver any more: FAILED and STOPPED ones."""


class Deliveries(Protocol):
    """Keeps deliveries. Those about an image are added by the ImageRepository, in the transaction
    that finishes its enhancement.

    Each method is one transaction. Any may raise StoreUnavailable, having changed nothing. Times
    are UTC with tzinfo and survive to the microsecond.
    """

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Insert those whose ids are new.

        One whose endpoint was stopped is kept as STOPPED.
        """

    def claim(
        self,
        *,
        now: datetime,
        until: datetime,
        limit: int,
        busy: Collection[str] = (),
    ) -> tuple[Delivery, ...]:
        """Begin an attempt of those that wait and are due: count it, and have it due at ``until``.

        At most ``limit``, one of each receiver and none of the ``busy`` ones, so that a slow
        receiver delays no other; who has waited longest comes first. No two callers get the same
        attempt.
        """

    def settle(self, delivery: Delivery) -> None:
        """Write how an attempt ended; does nothing where another attempt has begun since.

        Where it is STOPPED, so are all that wait for the same endpoint, and those to come.
        """

    def restart(self, delivery_id: str, *, now: datetime) -> Delivery:
        """Have a delivery sent again at once (``once_more``), its endpoint no longer being stopped.

        Raises UnknownDelivery.
        """

    def page(self, query: DeliveryQuery) -> DeliveryPage:
        """One page. The cost of a page by ``after`` does not grow with its depth."""

    def counts(self, now: datetime, most: int) -> DeliveryCounts:
        """Each counted up to ``most``, which bounds what it costs."""

    def forget(self, before: datetime, limit: int) -> int:
        """Remove up to ``limit`` that were added earlier and are over; how many that were."""

    def close(self) -> None:
        """Let go of connections; safe to repeat."""
