"""What can go wrong, in PixelLab's own words.

Every message is one sentence for the person who sent the request: what was wrong and what is
allowed. No path, no stack trace, no vendor's text; the cause is chained with ``from`` for the log.
How an error is shown (an HTTP status, an exit code) is the entry points' business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixellab.domain.results import Fidelity, Usage


class PixelLabError(Exception):
    """Anything that PixelLab refuses or fails to do."""

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        """Seconds after which the same request may succeed, or None if it will not."""
        self.image_id: str | None = None
        """The image whose record was reserved before this happened, if one was."""
        self.lacks: str | None = None
        """What is not set up here, and would be needed: a field of requests, or a backend."""


class InvalidRequest(PixelLabError):
    """A field of the request is malformed, out of range, or not taken here."""

    def __init__(self, field: str, message: str, *, lacks: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.lacks = lacks
        self.errors: tuple[InvalidRequest, ...] = (self,)
        """Each field at fault."""


class InvalidFields(InvalidRequest):
    """Several fields of a request are wrong."""

    def __init__(self, errors: Sequence[InvalidRequest]) -> None:
        super().__init__(errors[0].field, " ".join(error.message for error in errors))
        self.errors = tuple(errors)


class FileTooLarge(PixelLabError):
    """The file has more bytes, or the picture more pixels, than the configured limit."""


class UnsupportedImage(PixelLabError):
    """The bytes are not an image of a format that is accepted."""


class UndecodableImage(PixelLabError):
    """The bytes claim to be an accepted image, but cannot be decoded in full."""


class NotFetched(PixelLabError):
    """The address that was given instead of a photo gives none."""


class UnknownImage(PixelLabError):
    """No image has this id."""


class UnknownUpload(PixelLabError):
    """No upload straight to the store has this id."""


class UnknownPreset(PixelLabError):
    """No preset has this name."""


class PresetConfigured(PixelLabError):
    """The configuration's file has this preset, so it is not to be changed here."""


class NoDirectUploads(PixelLabError):
    """The object store takes no files from others."""


class UnknownDelivery(PixelLabError):
    """No delivery of a webhook has this id."""


class UnknownBatch(PixelLabError):
    """No batch has this id."""


class SkuTaken(PixelLabError):
    """Another image already has this ``sku_id``."""


class IdempotencyConflict(PixelLabError):
    """The idempotency key was used before, with another file or other fields."""


class InProgress(PixelLabError):
    """The image is being worked on; the same request can be made again later."""


class OriginalNotKept(PixelLabError):
    """The image's original was never stored, so it cannot be enhanced again."""


class NoResult(PixelLabError):
    """The enhancement failed, so it has no result."""


class BackendError(PixelLabError):
    """A backend made no picture. Raise one of the kinds below, not this one."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: int | None = None,
        usage: Usage | None = None,
        model_version: str | None = None,
        response_id: str | None = None,
        fidelity: Fidelity | None = None,
        lacks: str | None = None,
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.lacks = lacks
        self.usage = usage
        """What the backend used all the same, if it has to be paid."""
        self.model_version = model_version
        self.response_id = response_id
        self.fidelity = fidelity
        """Why its picture was discarded, where it was held against the photo."""


class BackendRefused(BackendError):
    """The backend does not do this mode, or will not take this picture."""


class BackendFailed(BackendError):
    """The backend took the picture and failed."""


class ProductChanged(BackendFailed):
    """The backend's picture shows another product than the photo, so it was discarded."""


class BackendUnavailable(BackendError):
    """The backend is not configured or cannot be reached."""


class BackendTimeout(BackendError):
    """The backend did not answer in time."""


class OverBudget(BackendError):
    """The backend would cost more than one request may, or nobody knows what; nothing was sent."""


class BudgetSpent(OverBudget):
    """The backend would cost more than is left of what may be spent today; nothing was sent."""


class QueueFull(PixelLabError):
    """More is waiting to be done than may wait."""


class StoreUnavailable(PixelLabError):
    """The object store or the database cannot be reached, is locked, full or read-only."""


class StoreReadOnly(StoreUnavailable):
    """The object store or the database can be read, but takes no changes."""


class NotSigned(PixelLabError):
    """The result could not be given content credentials, which are configured."""


class ObjectMissing(PixelLabError):
    """No object has this key."""


class ObjectExists(PixelLabError):
    """The key is taken; a key is written once."""


class KeyTaken(PixelLabError):
    """The eight digits that would begin this image's keys belong to another image."""


class ClaimLost(PixelLabError):
    """Another attempt took this enhancement over, or the image was deleted meanwhile."""


class Misconfigured(PixelLabError):
    """A setting has a value that is not allowed."""
