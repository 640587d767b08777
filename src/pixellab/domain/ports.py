"""What the use cases need from the outside world.

Each docstring is the port's contract; ``pixellab.testing`` holds it as test classes that every
adapter passes. All ports are synchronous and safe to call from several threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

from attrs import field, frozen

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.findings import Finding
from pixellab.domain.images import Enhancement, ProductImage, Status, StoredObject
from pixellab.domain.pictures import (
    EncodedImage,
    EncodeSpec,
    Enhanced,
    Mode,
    Picture,
    QualityReport,
    Task,
)

MAX_LIMIT = 200
MAX_OFFSET = 1_000_000_000

Clock = Callable[[], datetime]
"""Now, in UTC, with tzinfo."""

MonotonicClock = Callable[[], float]
"""Seconds since some moment, untouched by whoever sets the clock: for durations."""

NewId = Callable[[], str]
"""A new random UUID as text."""


class ObjectStore(Protocol):
    """Keeps bytes under keys. A key is written once and whole, or not at all."""

    name: str
    """What people call it: ``S3``, ``filesystem``, ``memory``."""

    def put(self, key: str, data: BinaryIO, *, media_type: str, filename: str) -> StoredObject:
        """Store what ``data`` holds from its current position on.

        When it returns, the object is durable. ``filename`` is the name a download gets. On any
        failure nothing is left under the key, unless the store went away before it could say how
        it ended; then the object is there whole or not at all, and ``delete`` settles it.

        Raises ObjectExists if the key is taken, StoreUnavailable if the store cannot take it
        (down, full, read-only), ValueError for a key that is empty, absolute, or leaves the store.
        """

    def open(self, key: str) -> BinaryIO:
        """A seekable reader of the whole object, to be closed by the caller.

        Raises ObjectMissing, StoreUnavailable, ValueError as ``put``.
        """

    def delete(self, key: str) -> None:
        """Remove the object; a key that holds none is no error. Raises StoreUnavailable."""

    def locate(self, key: str) -> tuple[str, str]:
        """The (uri, url) the key has or would have; asks nobody, never fails for a valid key.

        Both last, and may be stored.
        """

    def link(self, key: str) -> str:
        """The URL to hand out now: ``locate``'s, or one that is signed and expires.

        Raises StoreUnavailable where a URL cannot be signed, ValueError as ``put``.
        """
        return self.locate(key)[1]

    def keys(self) -> Iterator[str]:
        """Every key, in no particular order. Raises StoreUnavailable."""

    def check(self) -> None:
        """Return if the store can be reached, and, where asking costs nothing, written to.

        Raises StoreUnavailable if not.
        """

    def diagnose(self) -> list[Finding]:
        """What works and what does not, tried in earnest on an object that is then removed.

        For whoever runs PixelLab: may take a while, and cost something. What is wrong is a finding
        with advice, not an error.
        """

    def close(self) -> None:
        """Let go of connections; safe to repeat."""


@frozen(kw_only=True)
class ImageQuery:
    """Which images to list, newest first (``created_at``, then ``id``, both descending)."""

    limit: int = 50
    """1 to 200."""
    offset: int = 0
    """0 to a thousand million."""
    after: tuple[datetime, str] | None = None
    """(created_at, id) of the last image already seen, which a cursor stands for. Not together
    with ``offset``: that raises InvalidRequest."""
    status: Status | None = None

    def __attrs_post_init__(self) -> None:
        for name, value, least, most in (
            ("limit", self.limit, 1, MAX_LIMIT),
            ("offset", self.offset, 0, MAX_OFFSET),
        ):
            if not least <= value <= most:
                raise InvalidRequest(name, f"{name} is {value}; allowed are {least} to {most}.")
        if self.after is not None and self.offset:
            raise InvalidRequest("offset", "offset must be left out where a cursor is given.")


@frozen(kw_only=True)
class ImagePage:
    """One page of a listing."""

    images: tuple[ProductImage, ...]
    total: int
    """How many images the filter matches in all."""
    next_after: tuple[datetime, str] | None
    """Where the next page starts, or None on the last one."""


class ImageRepository(Protocol):
    """Keeps the records of images and their enhancements.

    Each method is one transaction. Any may raise StoreUnavailable, having changed nothing. Times
    are UTC with tzinfo and survive to the microsecond. An image that was marked for deletion is
    unknown to every method but ``deleted`` and ``forget``.
    """

    def add(self, image: ProductImage, enhancement: Enhancement) -> None:
        """Insert both rows.

        Raises SkuTaken, KeyTaken (``key_digits``), or IdempotencyConflict (the key exists), each
        having inserted nothing. Of several, IdempotencyConflict comes first, then SkuTaken.
        """

    def add_enhancement(self, image_id: str, make: Callable[[int], Enhancement]) -> Enhancement:
        """Insert and return ``make(sequence)`` with the image's next sequence number.

        Numbers run 1, 2, 3, ... without a gap or a repeat however many callers there are.
        Raises UnknownImage.
        """

    def claim(
        self,
        image_id: str,
        sequence: int,
        *,
        now: datetime,
        until: datetime,
        owner: str | None = None,
    ) -> Enhancement:
        """Start an attempt: count it and lease the enhancement to ``owner`` until ``until``.

        A failed enhancement returns to processing (its image to PENDING unless it has a result).
        Raises UnknownImage (also for a sequence the image does not have); InProgress if another
        lease runs past ``now``, unless work never began (no attempt yet) and the original is kept.
        A completed enhancement is returned as it is, nothing changed.
        """

    def keep_original(self, image_id: str, original: StoredObject, *, now: datetime) -> None:
        """Record that the original is stored, as ``original``. Raises UnknownImage."""

    def finish(self, enhancement: Enhancement) -> ProductImage:
        """Write a completed or failed enhancement and its image (``ProductImage.after``).

        Both rows change in one transaction and the lease ends. Returns the image. Raises ClaimLost,
        having changed nothing, if ``enhancement.attempts`` is no longer the row's count, the row is
        not processing, or the image is gone.
        """

    def get(self, image_id: str) -> ProductImage:
        """Raises UnknownImage."""

    def history(self, image_id: str) -> tuple[Enhancement, ...]:
        """All enhancements of the image by sequence. Raises UnknownImage."""

    def find(self, idempotency_key: str) -> ProductImage | None:
        """The image uploaded under this idempotency key, or None."""

    def page(self, query: ImageQuery) -> ImagePage:
        """One page. The cost of a page by ``after`` does not grow with its depth."""

    def unfinished(
        self, now: datetime, limit: int, after: tuple[datetime, str] | None = None
    ) -> tuple[Enhancement, ...]:
        """Enhancements in processing with no lease past ``now``, oldest first.

        Ordered by (created_at, id); ``after`` is that pair of the last one already seen.
        """

    def mark_deleted(self, image_id: str, *, now: datetime) -> None:
        """Hide the image from everyone. Repeating it is no error.

        Raises UnknownImage if there never was such an image or it was forgotten; InProgress if one
        of its enhancements has a lease past ``now``.
        """

    def deleted(
        self, limit: int, image_id: str | None = None
    ) -> tuple[tuple[ProductImage, tuple[Enhancement, ...]], ...]:
        """Images marked as deleted, or just that one, with their enhancements."""

    def forget(self, image_id: str) -> None:
        """Remove the rows of an image marked as deleted; no error if they are gone.

        Frees its ``sku_id``, ``key_digits`` and idempotency key.
        """

    def check(self) -> None:
        """Return if the database can be reached and has the current schema."""

    def diagnose(self) -> list[Finding]:
        """What works and what does not, tried in every way that changes no record.

        For whoever runs PixelLab. What is wrong is a finding with advice, not an error.
        """

    def close(self) -> None:
        """Let go of connections; safe to repeat."""


class Imaging(Protocol):
    """Bytes to pixels, pixels to bytes, and how good a picture is."""

    def open(self, data: BinaryIO, *, own: bool = False) -> Picture:
        """Decode from the current position; size and pixel limits are checked before decoding.

        The limits are for what strangers send; a file that ``encode`` made is ``own``.
        Raises FileTooLarge, UnsupportedImage, UndecodableImage.
        """

    def assess(self, picture: Picture) -> QualityReport:
        """Measure technical quality."""

    def encode(self, picture: Picture, spec: EncodeSpec) -> EncodedImage:
        """Make a file; the same picture and spec give the same bytes.

        With ``max_bytes``: the best file that small, or, where the format cannot go so far, the
        smallest it could make, with ``target_met`` False and the reason.
        """

    def diagnose(self) -> list[Finding]:
        """Which formats can be read and written here; advice where one cannot."""


class Enhancer(Protocol):
    """Makes a picture better in the modes it knows."""

    name: str
    """The backend's name in upper case: LOCAL, GEMINI, BEDROCK, a plug-in's own."""
    modes: frozenset[Mode]

    def check(self, width: int, height: int, task: Task) -> None:
        """Raise BackendRefused if a picture of that size is certain to be refused.

        Asked before anything is stored. An enhancer that cannot tell leaves this as it is.
        """
        return

    def enhance(
        self, picture: Picture, task: Task, report: QualityReport | None = None
    ) -> Enhanced:
        """Do ``task.mode``. The same input gives the same answer where ``name`` is LOCAL.

        ``report`` is what ``Imaging.assess`` says of ``picture``, for those that would else measure
        the same again; a caller need not have one, and an enhancer need not look at it.

        Raises BackendRefused (a mode or picture it will not do), BackendFailed,
        BackendUnavailable, BackendTimeout.
        """

    def diagnose(self) -> list[Finding]:
        """What the backend needs, and whether it is there; enhances nothing.

        For whoever runs PixelLab. What is wrong is a finding with advice, not an error. A backend
        that needs nothing leaves this as it is.
        """
        return []


class Enhancers(Protocol):
    """The backends there are, and which one serves a mode by default."""

    def choose(self, task: Task, backend: str | None) -> Enhancer:
        """The named backend, or the routed one if None.

        Raises InvalidRequest for an unknown backend or profile, BackendUnavailable for a backend
        that is not configured, BackendRefused if it does not do the mode.
        """

    def names(self) -> tuple[str, ...]:
        """Names of the backends that can be chosen."""

    def diagnose(self) -> list[Finding]:
        """Which backends there are, what each finds of itself, and which modes have none."""


class Stage(StrEnum):
    """The moments of an upload, in the order in which they come."""

    RECEIVED = "received"
    RESERVED = "reserved"
    ORIGINAL_STORED = "original_stored"
    ASSESSED = "assessed"
    ENHANCED = "enhanced"
    RESULT_STORED = "result_stored"
    COMPLETED = "completed"
    FAILED = "failed"


@frozen(kw_only=True)
class Event:
    """Something a use case did, told as it happens."""

    stage: Stage
    image_id: str
    fields: Mapping[str, object] = field(factory=dict)
    """Plain facts for a log line or a progress display, such as ``key`` and ``store``."""


class Observer(Protocol):
    """Is told each Event as it happens; must not raise."""

    def __call__(self, event: Event, /) -> None: ...
