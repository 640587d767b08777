"""Signatures of messages, as Standard Webhooks has them (``v1``: HMAC-SHA256)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"
LEAST, MOST = 24, 64
"""Bytes of a secret."""


def read_secret(text: str) -> bytes:
    """The bytes of ``whsec_`` and base64. Raises ValueError, also for too few or too many."""
    if not text.startswith(PREFIX):
        raise ValueError("without whsec_")
    secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    if not LEAST <= len(secret) <= MOST:
        raise ValueError("too short or too long")
    return secret


def signed_headers(
    message_id: str, timestamp: int, body: bytes, secrets: Iterable[bytes]
) -> dict[str, str]:
    """The headers by which a receiver verifies ``body``; one signature for each secret.

    ``timestamp`` is that of the attempt, in seconds since 1970.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [
        "v1," + base64.b64encode(hmac.digest(each, signed, hashlib.sha256)).decode()
        for each in secrets
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
