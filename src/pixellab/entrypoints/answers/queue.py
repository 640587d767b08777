"""How much is waiting to be done."""

from __future__ import annotations

from datetime import datetime

from pixellab.domain.ports import Backlog
from pixellab.entrypoints.answers.parts.answer import Answer


class QueueAnswer(Answer):
    """Enhancements that are on record and not done."""

    waiting: int
    """Nobody has begun them, or whoever did is gone."""
    at_work: int
    oldest_seconds: float | None
    """For how long the first of those that wait has been on record."""

    @classmethod
    def of(cls, backlog: Backlog, now: datetime) -> QueueAnswer:
        oldest = backlog.oldest
        return cls(
            waiting=backlog.waiting,
            at_work=backlog.at_work,
            oldest_seconds=None if oldest is None else max((now - oldest).total_seconds(), 0.0),
        )
