"""A place in the listing as the opaque text that clients get and send back."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import UTC, datetime

from pixellab.domain.errors import InvalidRequest


def write_cursor(after: tuple[datetime, str]) -> str:
    """The opaque text of a place in the listing."""
    text = json.dumps([after[0].isoformat(), after[1]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """The place a cursor stands for; InvalidRequest for text that no answer contained."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        when, image_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        created = datetime.fromisoformat(when)
        if created.tzinfo is None:
            raise ValueError("no time zone")
        return created.astimezone(UTC), str(uuid.UUID(image_id))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise InvalidRequest(
            "cursor", "cursor is not one that an answer gave as next_cursor."
        ) from None
