"""How each error is shown: one row per concrete error, which holds for those derived from it, too.

HTTP answers are RFC 9457 problem details with ``type`` ``urn:pixellab:problem:<slug>``; the command
line ends with ``exit_code``. Both are stable: users' scripts depend on them.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from pixellab.domain import errors
from pixellab.entrypoints import refusals

TYPE_PREFIX = "urn:pixellab:problem:"
EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


@frozen
class Problem:
    """How one kind of error is shown."""

    status: int
    slug: str
    title: str
    exit_code: int

    @property
    def type(self) -> str:
        return TYPE_PREFIX + self.slug


INTERNAL = Problem(500, "internal", "Internal error", EXIT_FAILED)

PROBLEMS: dict[type[errors.PixelLabError], Problem] = {
    errors.InvalidRequest: Problem(400, "invalid-request", "Invalid request", EXIT_USAGE),
    refusals.Unauthorized: Problem(401, "unauthorized", "No or wrong API key", 3),
    errors.UnknownImage: Problem(404, "unknown-image", "Unknown image", 4),
    errors.UnknownUpload: Problem(404, "unknown-upload", "Unknown upload", 4),
    errors.UnknownPreset: Problem(404, "unknown-preset", "Unknown preset", 4),
    errors.UnknownBatch: Problem(404, "unknown-batch", "Unknown batch", 4),
    errors.ObjectMissing: Problem(404, "unknown-object", "Unknown object", 4),
    errors.UnknownDelivery: Problem(404, "unknown-delivery", "Unknown delivery", 4),
    refusals.TooSlow: Problem(408, "too-slow", "The request came too slowly", 8),
    errors.SkuTaken: Problem(409, "sku-taken", "sku_id is taken", 5),
    errors.IdempotencyConflict: Problem(409, "idempotency-conflict", "Idempotency-Key was used", 5),
    errors.InProgress: Problem(409, "in-progress", "Still being processed", 5),
    errors.OriginalNotKept: Problem(409, "original-not-kept", "There is no original", 5),
    errors.NoDirectUploads: Problem(409, "no-direct-uploads", "No direct uploads here", 5),
    errors.PresetConfigured: Problem(409, "preset-configured", "Preset of the configuration", 5),
    errors.NoResult: Problem(409, "no-result", "There is no result", 5),
    errors.ClaimLost: Problem(409, "claim-lost", "Taken over by another worker", 5),
    errors.FileTooLarge: Problem(413, "too-large", "File or picture too large", 6),
    errors.UnsupportedImage: Problem(415, "unsupported-image", "Not an image that is accepted", 6),
    errors.UndecodableImage: Problem(422, "undecodable-image", "Image cannot be decoded", 6),
    errors.NotFetched: Problem(422, "not-fetched", "The address gives no photo", 6),
    errors.BackendRefused: Problem(422, "backend-refused", "Refused by the backend", 7),
    errors.OverBudget: Problem(422, "over-budget", "Would cost too much", 7),
    errors.BudgetSpent: Problem(429, "budget-spent", "Would cost too much today", 7),
    errors.QueueFull: Problem(429, "queue-full", "Too much is waiting", 8),
    refusals.RateLimited: Problem(429, "rate-limited", "Too many requests", 8),
    errors.BackendFailed: Problem(502, "backend-failed", "Backend failed", 7),
    errors.ProductChanged: Problem(502, "product-changed", "The backend changed the product", 7),
    errors.BackendUnavailable: Problem(503, "backend-unavailable", "Backend unavailable", 7),
    errors.BackendTimeout: Problem(504, "backend-timeout", "Backend timed out", 7),
    errors.StoreUnavailable: Problem(503, "store-unavailable", "Store unavailable", 9),
    errors.StoreReadOnly: Problem(503, "store-read-only", "Store takes no changes", 9),
    errors.ObjectExists: Problem(503, "object-exists", "Key is taken", 9),
    errors.KeyTaken: Problem(503, "key-taken", "Key is taken", 9),
    errors.NotSigned: Problem(503, "not-signed", "Result could not be signed", 10),
    refusals.Busy: Problem(503, "busy", "All workers are busy", 8),
    errors.Misconfigured: Problem(500, "misconfigured", "Wrong setting", 10),
}


def problem_of(error: BaseException) -> Problem:
    """The row of the error's class or of the nearest class it derives from, else INTERNAL."""
    rows = (PROBLEMS.get(kind) for kind in type(error).__mro__)
    return next(filter(None, rows), INTERNAL)


def problem_details(error: BaseException, instance: str | None = None) -> dict[str, Any]:
    """The RFC 9457 body. An unknown error shows nothing of itself."""
    problem = problem_of(error)
    body: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": (
            error.message
            if isinstance(error, errors.PixelLabError)
            else "An internal error occurred; it has been logged."
        ),
    }
    if instance is not None:
        body["instance"] = instance
    if isinstance(error, errors.PixelLabError) and error.image_id is not None:
        body["image_id"] = error.image_id
    if isinstance(error, errors.InvalidRequest):
        body["errors"] = [{"field": each.field, "message": each.message} for each in error.errors]
    return body


def exit_code_of(failures: list[int], photos: int) -> int:
    """The exit code: a single photo's own, or EXIT_FAILED where some of several failed."""
    if not failures:
        return EXIT_OK
    return failures[0] if photos == 1 else EXIT_FAILED
