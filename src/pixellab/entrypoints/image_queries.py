"""Which images, or messages to receivers, to list, as users write it: in an address, in options."""

from __future__ import annotations

from datetime import UTC, datetime

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.ports import DeliveryQuery, ImageQuery
from pixellab.domain.webhooks import DeliveryStatus
from pixellab.entrypoints.answers import read_cursor

MOMENT = r"^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2}))?$"
"""A date, or a moment of RFC 3339."""


def image_query(
    *,
    limit: int,
    offset: int,
    cursor: str | None,
    status: str | None,
    mode: str | None,
    backend: str | None,
    since: str | None,
    before: str | None,
    search: str | None,
) -> ImageQuery:
    """The query that these texts stand for, names in any letter case. Raises InvalidRequest."""
    return ImageQuery(
        limit=limit,
        offset=offset,
        after=None if cursor is None else read_cursor(cursor),
        status=status,
        mode=mode,
        backend=None if backend is None else backend.strip().upper(),
        since=None if since is None else read_moment("from", since),
        before=None if before is None else read_moment("to", before),
        search=search,
    )


def read_moment(name: str, text: str) -> datetime:
    """A date, which is its midnight in UTC, or a moment of RFC 3339; in UTC.

    Raises InvalidRequest for the field ``name``.
    """
    try:
        moment = datetime.fromisoformat(text.strip().upper())
        if len(text.strip()) == len("2026-01-31"):
            return moment.replace(tzinfo=UTC)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(
            name,
            f"{name} is {text[:40]!r}; allowed are a date such as 2026-01-31, or a moment such as "
            "2026-01-31T12:00:00Z.",
        ) from None


def delivery_query(*, limit: int, cursor: str | None, state: str | None) -> DeliveryQuery:
    """The same for messages to receivers."""
    return DeliveryQuery(
        limit=limit,
        after=read_cursor(cursor) if cursor is not None else None,
        status=None if state is None else _delivery_status(state),
    )


def _delivery_status(text: str) -> DeliveryStatus:
    try:
        return DeliveryStatus(text.strip().lower())
    except ValueError:
        allowed = ", ".join(DeliveryStatus)
        raise InvalidRequest("state", f"state is {text[:40]!r}; allowed are {allowed}.") from None
