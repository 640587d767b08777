"""Messages to others' servers, in memory: for trials and for tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from threading import Lock

from attrs import evolve

from pixellab.domain.errors import UnknownDelivery
from pixellab.domain.ports import Deliveries, DeliveryCounts, DeliveryPage, DeliveryQuery
from pixellab.domain.webhooks import PARKED, Delivery, DeliveryStatus, once_more


class InMemoryDeliveries(Deliveries):
    """Keeps them in a dictionary, which ends with the process."""

    def __init__(self) -> None:
        self._kept: dict[str, Delivery] = {}
        self._stopped: set[str] = set()
        self._lock = Lock()

    def add(self, deliveries: Iterable[Delivery]) -> None:
        with self._lock:
            for each in deliveries:
                if each.endpoint in self._stopped:
                    each = evolve(each, status=DeliveryStatus.STOPPED, finished_at=each.created_at)
                self._kept.setdefault(each.id, each)

    def claim(
        self,
        *,
        now: datetime,
        until: datetime,
        limit: int,
        busy: Collection[str] = (),
    ) -> tuple[Delivery, ...]:
        with self._lock:
            waiting = [
                delivery
                for delivery in self._kept.values()
                if delivery.status is DeliveryStatus.WAITING and delivery.due_at <= now
            ]
            taken = {*busy}
            claimed: list[Delivery] = []
            for delivery in sorted(waiting, key=lambda known: (known.due_at, known.id)):
                if len(claimed) == limit or delivery.receiver in taken:
                    continue
                taken.add(delivery.receiver)
                begun = evolve(delivery, attempts=delivery.attempts + 1, due_at=until)
                self._kept[begun.id] = begun
                claimed.append(begun)
            return tuple(claimed)

    def settle(self, delivery: Delivery) -> None:
        with self._lock:
            current = self._kept.get(delivery.id)
            if current is None or current.status is not DeliveryStatus.WAITING:
                return
            if current.attempts != delivery.attempts:
                return
            self._kept[delivery.id] = delivery
            if delivery.status is DeliveryStatus.STOPPED:
                self._stop(delivery)

    def restart(self, delivery_id: str, *, now: datetime) -> Delivery:
        with self._lock:
            if delivery_id not in self._kept:
                raise UnknownDelivery("No delivery has this id.")
            again = self._kept[delivery_id] = once_more(self._kept[delivery_id], now)
            self._stopped.discard(again.endpoint)
            return again

    def page(self, query: DeliveryQuery) -> DeliveryPage:
        with self._lock:
            found = sorted(self._kept.values(), key=_position, reverse=True)
        rest = [
            each
            for each in found
            if query.status in (None, each.status)
            if query.after is None or _position(each) < query.after
        ]
        page = tuple(rest[: query.limit])
        more = len(rest) > query.limit
        return DeliveryPage(deliveries=page, next_after=_position(page[-1]) if more else None)

    def counts(self, now: datetime, most: int) -> DeliveryCounts:
        with self._lock:
            kept = [*self._kept.values()]
        due = [each for each in kept if each.status is DeliveryStatus.WAITING]
        return DeliveryCounts(
            due=min(most, sum(each.due_at <= now for each in due)),
            parked=min(most, sum(each.status in PARKED for each in kept)),
        )

    def forget(self, before: datetime, limit: int) -> int:
        with self._lock:
            old = [
                each.id
                for each in self._kept.values()
                if each.created_at < before and each.status is not DeliveryStatus.WAITING
            ]
            for delivery_id in old[:limit]:
                del self._kept[delivery_id]
            return len(old[:limit])

    def close(self) -> None:
        """There is nothing to let go of."""

    def _stop(self, told: Delivery) -> None:
        self._stopped.add(told.endpoint)
        for each in self._kept.values():
            if each.endpoint == told.endpoint and each.status is DeliveryStatus.WAITING:
                self._kept[each.id] = evolve(
                    each, status=DeliveryStatus.STOPPED, finished_at=told.finished_at
                )


def _position(delivery: Delivery) -> tuple[datetime, str]:
    return delivery.created_at, delivery.id
