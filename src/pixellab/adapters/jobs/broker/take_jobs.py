"""Taking jobs from a message broker, one at a time, and doing them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime
from typing import Any

import kombu

from pixellab.adapters.background_threads import return_memory
from pixellab.adapters.jobs.broker.connection import Broker
from pixellab.adapters.jobs.broker.messages import UnknownMessage, published_at, read_message
from pixellab.domain.errors import PixelLabError, StoreUnavailable
from pixellab.domain.ports import ItemJob, Job, Observer

IDLE_SECONDS: Mapping[str, float] = {"amqp": 0.2, "redis": 0.2, "sqs": 5.0}
"""Between two looks into empty queues; Amazon takes money for each."""
PASS_SECONDS = 30.0
"""Between two times that it is told how far a queue has come; the records are read for it."""
BROKEN_SECONDS = 2.0
"""Before a broker that failed is asked again."""

log = logging.getLogger(__name__)


class TakeJobs:
    """Takes the most urgent job there is, does it, acknowledges it, and looks for the next.

    A message is acknowledged once its job has ended, well or badly: if this process dies before,
    the broker gives it to somebody else, who finds in the record what is left to do. Nothing is
    taken in advance, so nothing waits here while another worker is idle.
    """

    def __init__(
        self,
        broker: Broker,
        queues: Sequence[str],
        do: Callable[[Any, Observer], object],
        observe: Observer,
        *,
        around: Callable[[Mapping[str, Any], Any], AbstractContextManager[object]] | None = None,
        passed: Callable[[str, datetime], object] = lambda *_: None,
        idle: float | None = None,
    ) -> None:
        """``queues`` are those to take from, the most urgent first. ``around`` is entered while a
        job is done, with the headers of its message. ``passed`` is told now and then that what was
        handed to a queue before a moment has been taken from it: it was found empty, or something
        was taken that came later. ``idle`` seconds pass between two looks into empty queues, or as
        many as suit the kind of broker."""
        self._broker = broker
        self._queues = queues
        self._do = do
        self._observe = observe
        self._idle = IDLE_SECONDS[broker.kind] if idle is None else idle
        self._passed = passed
        self._pass_at: dict[str, float] = {}
        self._around = around or (lambda *_: nullcontext())

    def run(self, stopped: threading.Event) -> None:
        """Until ``stopped`` is set; what is at work then is finished. Outlives the broker."""
        is_known = False
        while not stopped.is_set():
            try:
                with self._broker.connect() as connection:
                    is_known = False
                    self._take_from(connection, stopped)
            # As in BrokerJobs, from four libraries.
            except Exception as error:
                if not is_known:
                    log.warning("The broker is lost (%s); trying again.", type(error).__name__)
                is_known = True
                stopped.wait(BROKEN_SECONDS)

    def _take_from(self, connection: kombu.Connection, stopped: threading.Event) -> None:
        channel = connection.default_channel
        if restore := getattr(getattr(channel, "qos", None), "restore_visible", None):
            restore()  # Redis has nobody else who gives back what killed workers had taken.
        queues = {name: self._broker.queue(name)(channel) for name in self._queues}
        while not stopped.is_set():
            message = self._next(queues)
            if message is None:
                stopped.wait(self._idle)
            elif self._is_done(message, stopped):
                message.ack()
            else:
                message.requeue()

    def _next(self, queues: Mapping[str, kombu.Queue]) -> kombu.Message | None:
        """The most urgent one; None where there is none."""
        for name, queue in queues.items():
            asked_at = datetime.now(UTC)
            message = queue.get(accept=["json"])
            if message is not None:
                self._pass(name, published_at(message.headers))
                return message
            if self._broker.kind != "sqs":  # it answers for some of its servers alone
                self._pass(name, asked_at)
        return None

    def _pass(self, queue: str, moment: datetime | None) -> None:
        now = time.monotonic()
        if moment is None or now < self._pass_at.get(queue, now):
            return
        self._pass_at[queue] = now + PASS_SECONDS
        with suppress(PixelLabError):  # it is told again
            self._passed(queue, moment)

    def _is_done(self, message: kombu.Message, stopped: threading.Event) -> bool:
        """Whether there is nothing left to do; else somebody else has to try."""
        try:
            job = read_message(message.decode())
        except (UnknownMessage, ValueError, TypeError, kombu.exceptions.KombuError) as error:
            # Given back, it would come again at once, and for ever. Its record is as it was, and is
            # handed over again, by somebody who perhaps writes what this version reads.
            log.warning("A message was left to its record: %s", error)
            return True
        with self._around(message.headers or {}, job):
            while not self._ended(job):
                # Given back while a store is away, all that waits would go round in circles.
                if stopped.wait(BROKEN_SECONDS):
                    return False
        return_memory()
        return True

    def _ended(self, job: Job | ItemJob) -> bool:
        """Whether it came to an end, well or badly; False while a store is away."""
        try:
            self._do(job, self._observe)
        except StoreUnavailable:
            return False
        except PixelLabError:
            pass  # It is on record, and the observer was told, unless another is at work on it.
        except Exception:
            log.exception("A job failed unforeseen: %s", job)
        return True
