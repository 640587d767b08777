"""Whose an idempotency key is, and whether a request that repeats it is the same request.

A client may retry after this program was upgraded, so only what differs from the defaults is
compared: a field that a later version adds changes no fingerprint until it is used.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from attrs import evolve

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.requests import Task
from pixellab.domain.requests.written_values import TRANSPARENT

if TYPE_CHECKING:
    from pixellab.domain.use_cases.uploading.upload import Upload

VERSION = "2:"
OWN = "\N{INFORMATION SEPARATOR ONE}"
"""Begins the keys that PixelLab makes for itself. No client may send what cannot be printed."""
MAX_IDEMPOTENCY_KEY = 255
"""Characters."""
KEY_ALLOWED = f"1 to {MAX_IDEMPOTENCY_KEY} printable characters of ASCII"
LENGTH = 64
"""Characters that the records have room for."""
FIRST_TASK = (
    "mode",
    "output_format",
    "target_size_kb",
    "scale",
    "profile",
    "background",
    "keep_shadow",
)
"""The fields of a task, in their order, when version 1 was written."""


def check_printable(field: str, text: str | None, longest: int) -> None:
    """Raise InvalidRequest for a text that is empty, longer, or cannot be printed."""
    if text is None:
        return
    if not isinstance(text, str) or not (0 < len(text) <= longest and text.isprintable()):
        raise InvalidRequest(field, f"{field} must be 1 to {longest} printable characters long.")


def check_key(key: str | None) -> None:
    """Raise InvalidRequest for an idempotency key that a header could not carry as it is."""
    if key is None:
        return
    fits = isinstance(key, str) and 0 < len(key) <= MAX_IDEMPOTENCY_KEY
    if not (fits and key.isascii() and key.isprintable()):
        raise InvalidRequest("idempotency_key", f"idempotency_key must be {KEY_ALLOWED}.")


def recorded_key(key: str | None, payer: str | None, own: str | None) -> str | None:
    """What a record keeps: of the key that PixelLab made (``own``), else of the client's."""
    if own is not None:
        return own_key(own)
    return None if key is None else owned_key(key, payer)


def owned_key(key: str, payer: str | None) -> str:
    """What a record keeps of an idempotency key, which belongs to the API key that sent it.

    ``payer`` names that one, None where none is asked for. Both together may be longer than a
    record has room for, so it has the SHA-256 of ``key``.
    """
    key = key.strip(" ")
    return f"{payer}:{hashlib.sha256(_bytes(key)).hexdigest()}" if payer else key


def own_key(key: str) -> str:
    """What a record keeps of a key that PixelLab made, and which is no client's."""
    return OWN + key


def fingerprint_of(upload: Upload, sha256: str) -> str:
    """64 characters that stand for the file, whose SHA-256 is given, and all that is asked."""
    asked = {
        "file": sha256,
        "filename": upload.filename or None,
        "backend": upload.backend and upload.backend.strip().upper(),
        "sku_id": upload.sku_id,
        "task": _beyond_the_defaults(upload.task),
    }
    if upload.webhook_url is not None:
        asked["webhook_url"] = upload.webhook_url
    canonical = json.dumps(asked, sort_keys=True)
    return (VERSION + hashlib.sha256(canonical.encode()).hexdigest())[:LENGTH]


def is_repeated(upload: Upload, sha256: str, known: str | None) -> bool:
    """Whether ``known``, of this or an earlier version, is the fingerprint of this request."""
    if known is not None and known.startswith(VERSION):
        return fingerprint_of(upload, sha256) == known
    return _first_fingerprint(upload, sha256) == known


def _beyond_the_defaults(task: Task) -> dict[str, Any]:
    behind = TRANSPARENT if task.behind is None else "#{:02x}{:02x}{:02x}".format(*task.behind)
    asked = evolve(task, profile=task.profile.strip().lower(), background=behind)
    defaults = type(task)().orders
    return {name: value for name, value in asked.orders.items() if value != defaults[name]}


def _first_fingerprint(upload: Upload, sha256: str) -> str | None:
    """Version 1: the text that Python made of the request, letter by letter as it was sent."""
    if not _beyond_the_defaults(upload.task).keys() <= {*FIRST_TASK}:
        return None
    task = ", ".join(f"{name}={getattr(upload.task, name)!r}" for name in FIRST_TASK)
    others = f"{upload.backend!r}, {upload.sku_id!r}"
    text = f"({sha256!r}, {upload.filename!r}, Task({task}), {others})"
    return hashlib.sha256(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
