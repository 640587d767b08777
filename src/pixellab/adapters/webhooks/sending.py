"""Sending what is due, on threads of this process."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Lock

from pixellab.domain.errors import PixelLabError
from pixellab.domain.ports import Clock, Deliveries
from pixellab.domain.webhooks import KEPT, SENDING, Delivery, DeliveryStatus, Reply, after

THREADS = 32
"""They wait nearly all of their time."""
AT_ONE_RECEIVER = 4
"""Messages on their way to it at once: one that is slow keeps no more threads than these."""
FORGET_EVERY = timedelta(minutes=1)
FORGOTTEN = 10_000
"""Messages that are forgotten at a time."""

log = logging.getLogger(__name__)


class Sending:
    """Sends what waits in ``deliveries``; several processes may do so side by side.

    What a killed process was sending is sent again, by whoever looks after ``SENDING``: so each
    message is sent at least once.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        send: Callable[[Delivery], Reply],
        clock: Clock,
        *,
        knows_default: bool = True,
        threads: int = THREADS,
    ) -> None:
        """A process that does not know the receiver of the settings leaves its messages alone."""
        self._deliveries = deliveries
        self._send = send
        self._clock = clock
        self._left_alone = () if knows_default else ("",)
        self._threads = threads
        self._at_work: Counter[str] = Counter()
        self.sent = 0
        """Messages that this process has delivered."""
        self.failed = 0
        """Attempts of this process that failed, whether they are repeated or not."""
        self._lock = Lock()
        self._closed = False
        self._forget_at = clock()
        self._executor = ThreadPoolExecutor(threads, "pixellab-webhooks")

    @property
    def at_work(self) -> int:
        """Messages on their way."""
        return self._at_work.total()

    def send_due(self) -> int:
        """Begin sending what is due and there is room for; how many messages that is.

        Raises StoreUnavailable.
        """
        self._forget_old()
        total = 0
        for _ in range(AT_ONE_RECEIVER):  # A look takes one of each receiver.
            begun = self._claim()
            total += len(begun)
            for each in begun:
                self._executor.submit(self._deliver, each)
            if not begun:
                break
        return total

    def close(self) -> None:
        """Finish what is on its way, which takes no longer than one message may."""
        with self._lock:
            self._closed = True
        self._executor.shutdown(wait=True)

    def _forget_old(self) -> None:
        now = self._clock()
        if now >= self._forget_at:
            self._forget_at = now + FORGET_EVERY
            self._deliveries.forget(now - KEPT, FORGOTTEN)

    def _claim(self) -> tuple[Delivery, ...]:
        with self._lock:
            if self._closed:
                return ()
            busy = {name for name, count in self._at_work.items() if count >= AT_ONE_RECEIVER}
            room = self._threads - self._at_work.total()
            if room <= 0:
                return ()
            now = self._clock()
            begun = self._deliveries.claim(
                now=now, until=now + SENDING, limit=room, busy={*busy, *self._left_alone}
            )
            self._at_work.update(each.receiver for each in begun)
            return begun

    def _deliver(self, delivery: Delivery) -> None:
        try:
            reply = self._send(delivery)
            ended = after(delivery, reply, self._clock())
            self._deliveries.settle(ended)
            self._count(ended)
            _tell(ended)
        except PixelLabError as error:
            # It is due again once the attempt is over.
            log.warning("A webhook's end could not be recorded: %s", error.message)
        except Exception:
            log.exception("A webhook failed unforeseen: %s", delivery.id)
        finally:
            with self._lock:
                self._at_work[delivery.receiver] -= 1
                if not self._at_work[delivery.receiver]:
                    del self._at_work[delivery.receiver]
            self._go_on()

    def _count(self, ended: Delivery) -> None:
        with self._lock:
            if ended.status is DeliveryStatus.DELIVERED:
                self.sent += 1
            else:
                self.failed += 1

    def _go_on(self) -> None:
        """Begin what may be begun now that a thread is free, without waiting for the next look."""
        with suppress(PixelLabError, RuntimeError):  # RuntimeError: it was closed meanwhile
            self.send_due()


def _tell(ended: Delivery) -> None:
    if ended.status is DeliveryStatus.DELIVERED:
        log.info("[WEBHOOK] Delivered: %s %s", ended.event, ended.id)
        return
    goes_on = "it is sent again" if ended.status is DeliveryStatus.WAITING else ended.status
    log.warning(
        "[WEBHOOK] %s %s, attempt %d: %s (%s)",
        ended.event,
        ended.id,
        ended.attempts,
        ended.last_error,
        goes_on,
    )
