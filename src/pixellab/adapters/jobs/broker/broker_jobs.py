"""Jobs that are handed to a message broker, for workers anywhere."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import kombu

from pixellab.adapters.jobs.broker.connection import TIMEOUT, Broker, queue_name, queue_names
from pixellab.adapters.jobs.broker.messages import PUBLISHED, write_message
from pixellab.domain.errors import PixelLabError, StoreUnavailable
from pixellab.domain.findings import Finding, fine, problem
from pixellab.domain.ports import ItemJob, Job, Lane, Observer, Queue, Resource

PAUSE = 5.0
"""Seconds for which a broker that failed is left alone, so that nobody waits for it in turn."""
LOST_AFTER = timedelta(minutes=1)
"""How long after it was handed over a job counts as lost that nobody began, and that waits in no
queue; longer than beginning it takes."""
LOST_IN_LINE = timedelta(hours=6)
"""The same, while there are others in line, among which it may be. Workers know sooner: they tell
which queues are empty, and what was taken from them last."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class BrokerJobs(Queue):
    """Hands jobs over to workers by way of a broker, and waits for none.

    What the broker does not take at once is left in its record, where ``Reconcile`` finds it: who
    asked for it is not told. Safe to use from several threads.
    """

    def __init__(
        self,
        broker: Broker,
        note: Callable[[Any, str], None],
        *,
        headers: Callable[[], Mapping[str, str]] = dict,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``note`` puts on record to which queue a job was handed over; ``headers`` go with its
        message; ``clock`` gives seconds."""
        self._broker = broker
        self._note = note
        self._headers = headers
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: kombu.Connection | None = None
        self._silent_until = float("-inf")
        self._failure = ""
        self._told = False

    def loads(self) -> dict[Resource | None, int]:
        """How many jobs of catalogues wait in the broker, for each kind of workers."""
        depths = self.depths()
        if depths is None:
            return {}
        return {resource: depths[queue_name(resource, Lane.BATCH)] for resource in Resource}

    def hand_over(self, job: Job | ItemJob, observe: Observer) -> None:
        queue = queue_name(job.resource, job.lane)
        message = write_message(job)
        headers = {**self._headers(), PUBLISHED: datetime.now(UTC).isoformat()}

        def publish(connection: kombu.Connection) -> bool:
            connection.Producer(auto_declare=False).publish(
                message,
                routing_key=queue,
                serializer="json",
                delivery_mode="persistent",
                headers=headers,
                timeout=TIMEOUT,
                confirm_timeout=TIMEOUT,
            )
            return True

        if self._asked(publish):
            # Not noted, it is handed over once more, which does no harm.
            with suppress(PixelLabError):
                self._note(job, queue)
        else:
            self._tell()

    def depths(self) -> dict[str, int] | None:
        """How many messages wait in each queue; None where the broker does not answer."""

        def count(connection: kombu.Connection) -> dict[str, int]:
            channel = connection.default_channel
            # Not passively: to Redis a queue that is empty is not there.
            return {
                name: self._broker.queue(name)(channel).queue_declare().message_count
                for name in queue_names()
            }

        return self._asked(count)

    def lost_after(self) -> timedelta:
        """How long after it was handed over a job that nobody began counts as lost."""
        depths = self.depths()
        return LOST_IN_LINE if depths is None or any(depths.values()) else LOST_AFTER

    def check(self) -> None:
        """Return if the broker answers. Raises StoreUnavailable."""
        if self.depths() is None:
            raise StoreUnavailable("The broker of jobs does not answer.")

    def diagnose(self) -> list[Finding]:
        """Whether it can be reached, and what waits there."""
        depths = self.depths()
        if depths is None:
            return [
                problem(
                    "broker",
                    f"{self._broker.place} does not answer; what is accepted waits in its records",
                    "Start it, or correct PIXELLAB_BROKER_URL.",
                )
            ]
        return [fine("broker", f"{self._broker.place}, {sum(depths.values())} jobs waiting")]

    def close(self) -> None:
        """Let go of the connection; safe to repeat."""
        with self._lock:
            self._disconnect()

    def _asked(self, ask: Callable[[kombu.Connection], T]) -> T | None:
        """The broker's answer, or None where it gives none, or gave none just before."""
        with self._lock:
            if self._clock() < self._silent_until:
                return None
            try:
                answer = self._answer(ask)
            # A broker may fail in the words of four libraries, and none of them may reach the
            # client whose photo has been accepted.
            except Exception as error:
                self._disconnect()
                self._silent_until = self._clock() + PAUSE
                self._failure = type(error).__name__
                return None
            self._told = False
            return answer

    def _tell(self) -> None:
        """Once, until it answers again; who asks how much waits there is answered, and told so."""
        with self._lock:
            told, self._told = self._told, True
        if not told:
            log.warning(
                "The broker does not answer (%s). Jobs wait in their records until it does.",
                self._failure,
            )

    def _answer(self, ask: Callable[[kombu.Connection], T]) -> T:
        if self._connection is not None:
            with suppress(Exception):  # A connection that nobody used for long may be dead.
                return ask(self._connection)
            self._disconnect()
        self._connection = self._broker.connect()
        return ask(self._connection)

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(Exception):
                self._connection.release()
            self._connection = None
