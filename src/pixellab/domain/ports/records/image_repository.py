"""Where the records of images are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Protocol

from attrs import field, frozen
from attrs.converters import optional

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.findings import Finding
from pixellab.domain.images import Enhancement, ProductImage, Status, StoredObject
from pixellab.domain.request_fields import parse_choice
from pixellab.domain.requests import Mode
from pixellab.domain.search_words import searched_words
from pixellab.domain.statistics import Statistics

MAX_LIMIT = 200
MAX_OFFSET = 1_000_000_000
MAX_SEARCH = 100
"""Characters."""


def _status(text: str) -> Status:
    return parse_choice(Status, "status", text)


def _mode(text: str) -> Mode:
    return Mode.parse(text)


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
    status: Status | None = field(default=None, converter=optional(_status))
    mode: Mode | None = field(default=None, converter=optional(_mode))
    """That of the latest completed enhancement, or of the first one until then."""
    backend: str | None = None
    """Who did that, or is asked to."""
    since: datetime | None = None
    """Uploaded at this moment or later; UTC, with tzinfo."""
    before: datetime | None = None
    """Uploaded earlier than this moment."""
    search: str | None = None
    """Words, each of which begins a word of the file name or of the ``sku_id``, in any letter case;
    a word is a run of letters and digits. 1 to 100 characters."""

    @property
    def words(self) -> tuple[str, ...]:
        """The words of ``search``, the longest first."""
        return searched_words(self.search or "")

    def __attrs_post_init__(self) -> None:
        for name, value, least, most in (
            ("limit", self.limit, 1, MAX_LIMIT),
            ("offset", self.offset, 0, MAX_OFFSET),
        ):
            if not least <= value <= most:
                raise InvalidRequest(name, f"{name} is {value}; allowed are {least} to {most}.")
        if self.after is not None and self.offset:
            raise InvalidRequest("offset", "offset must be left out where a cursor is given.")
        if self.since is not None and self.before is not None and self.since >= self.before:
            raise InvalidRequest("to", "to must be later than from.")
        if self.search is not None and not (len(self.search) <= MAX_SEARCH and self.words):
            raise InvalidRequest(
                "q", f"q must be 1 to {MAX_SEARCH} characters with a letter or a digit among them."
            )


@frozen(kw_only=True)
class ImagePage:
    """One page of a listing."""

    images: tuple[ProductImage, ...]
    total: int
    """How many images the filter matches in all, or, where not ``total_is_exact``, at least."""
    next_after: tuple[datetime, str] | None
    """Where the next page starts, or None on the last one."""
    total_is_exact: bool = True
    """False where there are too many to count: never without a filter or by ``status`` alone."""


@frozen(kw_only=True)
class Waiting:
    """What was handed over to a queue, and nobody has begun."""

    count: int
    oldest: datetime
    """When the first of them was reserved."""


@frozen(kw_only=True)
class Backlog:
    """What is to be done."""

    waiting: int
    """Enhancements in processing with no lease past now that counts: anyone may begin them."""
    at_work: int
    """The others."""
    oldest: datetime | None
    """When the first of those that wait was reserved."""
    queues: Mapping[str, Waiting] = field(factory=dict)
    """Those that wait, by the queue to which they were handed over last; the others are in none."""
    workers: int = 0
    """Processes that are at work on something."""
    parked: int = 0
    """Enhancements that failed after more than ``MAX_ATTEMPTS``, and wait for somebody to look."""


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
        retry: bool = True,
    ) -> Enhancement:
        """Start an attempt: count it and lease the enhancement to ``owner`` until ``until``.

        A failed enhancement returns to processing (its image to PENDING unless it has a result).
        Raises UnknownImage (also for a sequence the image does not have); InProgress if another
        lease runs past ``now``, unless work never began (no attempt yet) and the original is kept.
        A completed enhancement is returned as it is, nothing changed; without ``retry`` so is a
        failed one.
        """

    def keep_original(self, image_id: str, original: StoredObject, *, now: datetime) -> None:
        """Record that the original is stored, as ``original``. Raises UnknownImage."""

    def note(self, enhancement: Enhancement) -> None:
        """Write what an attempt at work has to keep on record before it goes on.

        Its calls, its backend and key, which follow from who serves, and its lease. Raises
        ClaimLost as ``finish``.
        """

    def finish(self, enhancement: Enhancement) -> ProductImage:
        """Write a completed or failed enhancement and its image (``ProductImage.after``).

        Both rows change in one transaction and the lease ends. Returns the image. Raises ClaimLost,
        having changed nothing, if ``enhancement.attempts`` is no longer the row's count, the row is
        not processing, or the image is gone.
        """

    def revert(self, image_id: str, sequence: int, *, now: datetime) -> ProductImage:
        """Make the result of this enhancement the image's current one (``ProductImage.showing``).

        Returns the image. Raises UnknownImage, also for a sequence that the image does not have,
        and NoResult where it is not completed.
        """

    def reserve_thumbnail(self, image_id: str, sequence: int, key: str) -> str:
        """The key reserved for the thumbnail of an enhancement, or (0) of the original.

        It is ``key`` where none was reserved with the row: in records of versions that made no
        thumbnails. Raises UnknownImage, also for a sequence that the image does not have.
        """

    def keep_thumbnail(self, image_id: str, sequence: int, url: str) -> None:
        """Record that the thumbnail is stored under the reserved key, and opens at ``url``.

        The image then shows it if ``ProductImage.with_thumbnail`` says so. Raises UnknownImage as
        ``reserve_thumbnail``.
        """

    def get(self, image_id: str) -> ProductImage:
        """Raises UnknownImage."""

    def history(self, image_id: str) -> tuple[Enhancement, ...]:
        """All enhancements of the image by sequence. Raises UnknownImage."""

    def find(self, idempotency_key: str) -> ProductImage | None:
        """The image that has this ``idempotency_key``, or None."""

    def called(self, name: str) -> tuple[str, ...]:
        """The ids of the images whose ``key_digits`` or ``sku_id`` this is: none, one or two."""

    def page(self, query: ImageQuery) -> ImagePage:
        """One page. The cost of a page by ``after`` does not grow with its depth."""

    def statistics(self, since: date) -> Statistics:
        """What was done in all, and on each day from ``since`` on that anything was done.

        Counted as it was done: also for images that have been deleted since.
        """

    def unfinished(
        self,
        now: datetime,
        limit: int,
        after: tuple[datetime, str] | None = None,
        *,
        lost: datetime | None = None,
    ) -> tuple[Enhancement, ...]:
        """Enhancements in processing with no lease past ``now``, oldest first.

        Ordered by (created_at, id); ``after`` is that pair of the last one already seen. With
        ``lost``, without those that have no lease and were handed over to a queue after that.
        """

    def put_in_queue(
        self,
        image_id: str,
        sequence: int,
        queue: str,
        *,
        now: datetime,
        overrule: datetime | None = None,
    ) -> None:
        """Record that the enhancement was handed over to ``queue``, at most 64 characters, ``now``.

        A lease up to ``overrule`` ends; under any other lease, and where it is not in processing or
        there is none such, nothing changes.
        """

    def leave_queue(self, queue: str, before: datetime) -> int:
        """Record that what was handed over to ``queue`` before then is not in it any more.

        Of enhancements in processing that nobody has begun; how many they were. They are
        ``unfinished`` from then on, whatever ``lost`` is.
        """

    def parked(self, limit: int) -> tuple[Enhancement, ...]:
        """Enhancements that failed after more than ``MAX_ATTEMPTS``, oldest first."""

    def open_work(self, most: int) -> int:
        """How many enhancements are in processing, counted up to ``most``."""

    def backlog(self, now: datetime, may_be_alive: Callable[[str | None], bool]) -> Backlog:
        """What is in processing, and who has begun it, all counted.

        ``may_be_alive`` is asked of the owner of each lease; that of a dead one counts as run out.
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

    def check_writing(self) -> None:
        """Return if a change would be taken now; makes none.

        Raises StoreReadOnly, or StoreUnavailable where it is locked or cannot be reached.
        """

    def diagnose(self) -> list[Finding]:
        """What works and what does not, tried in every way that changes no record.

        For whoever runs PixelLab. What is wrong is a finding with advice, not an error.
        """

    def close(self) -> None:
        """Let go of connections; safe to repeat."""
