"""The header Prefer (RFC 7240), of which ``respond-async`` is understood."""

from __future__ import annotations

RESPOND_ASYNC = "respond-async"
PREFER_ABOUT = (
    f"{RESPOND_ASYNC}: the answer is 202 once the photo and its record are kept; "
    "the enhancement is done later. Other preferences are ignored."
)


def prefers_async(prefer: str | None) -> bool:
    """Whether the client would rather not wait, by the header's value."""
    # A preference may have a value and parameters: respond-async; x=y.
    names = (each.split(";")[0].split("=")[0] for each in (prefer or "").split(","))
    return any(name.strip().lower() == RESPOND_ASYNC for name in names)
