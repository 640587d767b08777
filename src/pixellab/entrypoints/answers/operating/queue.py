"""How much is waiting to be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pixellab.domain.ports import Backlog
from pixellab.entrypoints.answers.parts.answer import Answer


class QueuedAnswer(Answer):
    """What was handed to one queue of the broker."""

    queue: str
    """The class of work (\"cpu\", or \"cloud\" for what waits for a service) and how soon it is
    wanted (\"interactive\", \"batch\"), behind \"pixellab-\"."""
    waiting: int
    """Enhancements on record that nobody has begun."""
    oldest_seconds: float | None
    messages: int | None
    """How many the broker holds, lines of batches and repeated ones among them; null where it does
    not answer."""


class QueueAnswer(Answer):
    """Enhancements that are on record and not done."""

    waiting: int
    """Nobody has begun them, or whoever did is gone."""
    at_work: int
    oldest_seconds: float | None
    """For how long the first of those that wait has been on record."""
    workers: int
    """Processes that are at work on something, servers among them."""
    parked: int
    """Given up after they had killed their process again and again; they can be tried once more."""
    broker: Literal["none", "ok", "unavailable"]
    queues: list[QueuedAnswer]
    """Of the broker, the most urgent first; empty where there is none."""

    @classmethod
    def of(cls, backlog: Backlog, now: datetime, depths: Mapping[str, int] | None) -> QueueAnswer:
        """``depths`` as ``Queue.depths`` tells."""

        def seconds(since: datetime | None) -> float | None:
            return None if since is None else max((now - since).total_seconds(), 0.0)

        names = dict.fromkeys((*(depths or ()), *backlog.queues))
        found = {name: backlog.queues.get(name) for name in names}
        return cls(
            waiting=backlog.waiting,
            at_work=backlog.at_work,
            oldest_seconds=seconds(backlog.oldest),
            workers=backlog.workers,
            parked=backlog.parked,
            broker="unavailable" if depths is None else "ok" if depths else "none",
            queues=[
                QueuedAnswer(
                    queue=name,
                    waiting=waiting.count if waiting else 0,
                    oldest_seconds=seconds(waiting.oldest if waiting else None),
                    messages=depths.get(name, 0) if depths else None,
                )
                for name, waiting in found.items()
            ],
        )


class RetriedAnswer(Answer):
    """What was given up and is tried once more."""

    handed_over: int
