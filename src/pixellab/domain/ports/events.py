"""What use cases tell while they work."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen


class Milestone(StrEnum):
    """The moments of an upload, in the order in which they come."""

    RECEIVED = "received"
    RESERVED = "reserved"
    ORIGINAL_STORED = "original_stored"
    QUEUED = "queued"
    """Only where nobody waits for the enhancement: all that it needs is kept."""
    ASSESSED = "assessed"
    BACKEND_CALLED = "backend_called"
    """Once for each backend that was asked, whether it served or not."""
    ENHANCED = "enhanced"
    RESULT_STORED = "result_stored"
    COMPLETED = "completed"
    FAILED = "failed"


@frozen(kw_only=True)
class Event:
    """Something a use case did, told as it happens."""

    milestone: Milestone
    image_id: str
    fields: Mapping[str, object] = field(factory=dict)
    """Plain facts for a log line or a progress display, such as ``key`` and ``store``."""


class Observer(Protocol):
    """Is told each Event as it happens; must not raise."""

    def __call__(self, event: Event, /) -> None: ...
