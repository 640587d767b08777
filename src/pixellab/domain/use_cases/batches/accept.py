"""Taking a batch in: all its lines are on record before the answer."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from typing import Any

from attrs import field, frozen

from pixellab.domain.batches import MAX_LINES, Batch, BatchState, Line
from pixellab.domain.errors import IdempotencyConflict, InProgress, InvalidRequest, QueueFull
from pixellab.domain.ports import Batches, BatchRecords, Clock, Enhancers, NewId
from pixellab.domain.requests import MAX_BATCH_NAME, Task
from pixellab.domain.use_cases.batches.manifest import too_many
from pixellab.domain.use_cases.keeping.reservations import perhaps
from pixellab.domain.use_cases.uploading.fingerprint import (
    check_key,
    check_printable,
    recorded_key,
)
from pixellab.domain.use_cases.uploading.upload import refuse_webhook

PORTION = 1000
"""Lines written in one transaction: most of its time is the disk's, for any number of lines."""
LONGEST_PAUSE = 0.1
"""Seconds. Between two portions others have their turn, for as long as the one before took."""
ACCEPTING = timedelta(minutes=10)
"""How long whoever writes down the lines keeps others off, and so the longest that it may take."""
TRY_LATER = 60


@frozen(kw_only=True)
class NewBatch:
    """What is asked for."""

    name: str | None = None
    task: Task = Task()
    backend: str | None = None
    payer: str | None = None
    idempotency_key: str | None = None
    own_key: str | None = None
    """As an Upload's."""
    webhook_url: str | None = field(default=None, repr=False)
    """Who is told once nothing of it is left to do."""

    def __attrs_post_init__(self) -> None:
        check_printable("name", self.name, MAX_BATCH_NAME)
        check_key(self.idempotency_key)

    @property
    def owned_key(self) -> str | None:
        """The idempotency key as the record keeps it."""
        return recorded_key(self.idempotency_key, self.payer, self.own_key)


@frozen(kw_only=True)
class AcceptedBatch:
    """A batch on record."""

    batch: Batch
    replayed: bool = False
    """Whether it was there before."""


@frozen(kw_only=True)
class AcceptBatch:
    """Write a batch and its lines down, in portions; nothing is left of one that is refused."""

    batches: Batches
    enhancers: Enhancers
    clock: Clock
    new_id: NewId
    owner: str | None = None
    may_be_alive: Callable[[str | None], bool] = perhaps
    check_webhook: Callable[[str], None] = refuse_webhook
    """Raises InvalidRequest for an address that may not be told anything."""
    pause: Callable[[float], object] = time.sleep
    """Waits for so many seconds."""
    limit: int
    """How many lines may be left in all batches together."""

    def __call__(self, asked: NewBatch, lines: Iterable[Line], content: str) -> AcceptedBatch:
        """The batch, whose lines from then on are handed out.

        ``content`` tells these lines from others: with the same idempotency key the same content
        gives the same batch again. Raises InvalidRequest for a backend that is not there, for a
        receiver that may not be told, for no line, too many, and what reading ``lines`` raises;
        QueueFull, IdempotencyConflict, InProgress.
        """
        if asked.webhook_url is not None:
            self.check_webhook(asked.webhook_url)
        self.enhancers.choose(asked.task, asked.backend)
        fingerprint = _fingerprint(asked, content)
        if earlier := self._earlier(asked, fingerprint):
            return AcceptedBatch(batch=earlier, replayed=True)
        if self.batches.waiting_lines() >= self.limit:
            raise QueueFull(
                f"{self.limit:,} lines of batches are waiting to be done, and no more may; "
                "try again later.",
                retry_after=TRY_LATER,
            )
        now = self.clock()
        batch = Batch(
            id=self.new_id(),
            name=asked.name,
            task=asked.task,
            backend=asked.backend,
            payer=asked.payer,
            created_at=now,
            idempotency_key=asked.owned_key,
            fingerprint=fingerprint,
            webhook_url=asked.webhook_url,
            lease_until=now + ACCEPTING,
            lease_owner=self.owner,
        )
        try:
            self.batches.add(batch)
        except IdempotencyConflict:
            # The same key arrived twice at once; the other request was first.
            if earlier := self._earlier(asked, fingerprint):
                return AcceptedBatch(batch=earlier, replayed=True)
            raise
        try:
            self._write(batch.id, lines)
            return AcceptedBatch(batch=self.batches.begin(batch.id))
        except BaseException:
            forget(self.batches, batch.id)
            raise

    def _write(self, batch_id: str, lines: Iterable[Line]) -> None:
        count, left, began = 0, iter(lines), time.monotonic()
        while portion := list(islice(left, PORTION)):
            count += len(portion)
            if count > MAX_LINES:
                raise too_many("manifest")
            self.batches.add_lines(batch_id, portion)
            # A lock that is taken again at once would be nobody else's: of Python, and of SQLite.
            self.pause(min(time.monotonic() - began, LONGEST_PAUSE))
            began = time.monotonic()
        if not count:
            raise InvalidRequest("manifest", "No photo is named, so there is nothing to do.")

    def _earlier(self, asked: NewBatch, fingerprint: str) -> Batch | None:
        key = asked.owned_key
        found = key and self.batches.find(key)
        if not found:
            return None
        if found.state is BatchState.ACCEPTING:
            if not is_abandoned(found, self.clock, self.may_be_alive):
                raise InProgress(
                    "The batch is still being accepted; try again later.", retry_after=5
                )
            forget(self.batches, found.id)
            return None
        if found.fingerprint != fingerprint:
            raise IdempotencyConflict(
                "This Idempotency-Key was used before with another manifest or other fields; "
                "send a new key."
            )
        return found


def is_abandoned(batch: Batch, clock: Clock, may_be_alive: Callable[[str | None], bool]) -> bool:
    """Whether nobody writes down its lines any more."""
    until = batch.lease_until
    return until is None or until <= clock() or not may_be_alive(batch.lease_owner)


def forget(batches: BatchRecords, batch_id: str) -> None:
    """Remove a batch that was never whole."""
    while not batches.forget(batch_id, PORTION):
        pass


def _fingerprint(asked: NewBatch, content: str) -> str:
    usual = Task().orders
    task = {name: value for name, value in asked.task.orders.items() if value != usual[name]}
    described: dict[str, Any] = {
        "content": content,
        "name": asked.name,
        "backend": asked.backend and asked.backend.strip().upper(),
        "task": task,
    }
    if asked.webhook_url is not None:
        described["webhook_url"] = asked.webhook_url
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
