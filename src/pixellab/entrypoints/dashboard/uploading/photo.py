"""One photo that was handed over, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import uuid4

from attrs import define, field, frozen


class State(StrEnum):
    WAITING = "waiting"
    WORKING = "working"
    CANCELLING = "being cancelled"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = {State.DONE, State.FAILED, State.CANCELLED}


@frozen
class Try:
    """One way in which a photo was enhanced: the form's fields, and the API's answer."""

    fields: Mapping[str, Any]
    answer: dict[str, Any]


@define(kw_only=True, eq=False)
class Photo:
    """A file on its way through the API."""

    name: str
    key: str = field(factory=lambda: str(uuid4()))
    """Names it to the API before it has an id."""
    state: State = State.WAITING
    content: bytes | None = field(default=None, repr=False)
    """The file, until it has been sent."""
    digest: bytes = field(init=False, repr=False)
    """SHA-256 of the file, by which one that is handed over again is known."""
    fields: Mapping[str, Any] = field(factory=dict)
    """The form's fields that it is sent with."""
    enhanced_again: str | None = None
    """The id of the image that is being enhanced once more; None while a file is sent."""
    tries: list[Try] = field(factory=list)
    """What was made of it, the latest last."""
    chosen: int | None = None
    """Which of ``tries`` the visitor wants; None for the latest."""
    problem: str | None = None
    """Why it failed, or what else became of it, in a sentence."""
    can_resend: bool = False
    """Whether it failed for a reason that may pass, so that its file is still held."""
    began: float | None = None
    """``time.monotonic`` when its turn came."""
    seconds: float | None = None

    @digest.default
    def _digest(self) -> bytes:
        return hashlib.sha256(self.content or b"").digest()

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def result(self) -> Try | None:
        """The one of its tries that counts; None before there is any."""
        if not self.tries:
            return None
        return self.tries[-1 if self.chosen is None else self.chosen]

    def is_same_file(self, other: Photo) -> bool:
        return (self.name, self.digest) == (other.name, other.digest)

    def wait_again(self) -> None:
        """Stand in the queue once more."""
        self.state, self.problem, self.can_resend = State.WAITING, None, False
        self.began = self.seconds = None
