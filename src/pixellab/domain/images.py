"""The records: an uploaded image, each enhancement of it, and the objects they point to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from attrs import evolve, field, frozen

from pixellab.domain.formats import FILE_TYPES, Format
from pixellab.domain.letters import without_accents
from pixellab.domain.pictures import BYTES_PER_KB
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import BackendCall, Model, Rule, Step

MAX_NAME_BYTES = 100
MAX_ATTEMPTS = 3
"""After so many attempts an enhancement that kills its process is given up."""


class Status(StrEnum):
    """Where an image stands."""

    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class ProcessingStatus(StrEnum):
    """Where one enhancement stands."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@frozen(kw_only=True)
class StoredObject:
    """An object that a store keeps."""

    key: str
    uri: str
    """``s3://bucket/key`` or the store's own equivalent; never a path on this machine."""
    url: str
    """Where it opens with GET and HEAD."""
    size_bytes: int
    sha256: str
    """Hexadecimal, of the bytes."""
    media_type: str
    unsigned: bool = False
    """Whether ``url`` needed a signature and got none, so that it may not open now."""


@frozen(kw_only=True)
class Enhancement:
    """One enhancement of an image: a row of ``enhancement_history``."""

    id: str
    image_id: str
    sequence: int
    backend: str
    """Who serves it; until someone has, the first of ``chain``."""
    chain: tuple[str, ...]
    """The backends to ask in turn."""
    task: Task
    key: str
    """Where its result is kept, reserved before there is one."""
    status: ProcessingStatus
    created_at: datetime
    """UTC, with tzinfo."""
    calls: tuple[BackendCall, ...] = ()
    """The backends that were asked, in all attempts, first one first."""
    payer: str | None = None
    """Who pays for it, as the ledger calls them; None where nobody in particular asks."""
    attempts: int = 0
    """How often work on it was started; counted before the work."""
    lease_until: datetime | None = None
    """Until when the attempt that is at work keeps others off."""
    lease_owner: str | None = None
    """The process whose attempt that is, as ``Process.owner`` names it."""
    enhanced: StoredObject | None = None
    enhanced_width: int | None = None
    enhanced_height: int | None = None
    enhanced_format: str | None = None
    original_size_bytes: int
    original_quality_score: float | None = None
    enhanced_quality_score: float | None = None
    faithfulness: float | None = None
    """Of the result to the original, 0 to 100; None in records of versions without it."""
    quality_metadata: Mapping[str, Any] = field(factory=dict)
    size_metadata: Mapping[str, Any] = field(factory=dict)
    processing_time_ms: int | None = None
    model_version: str | None = None
    models: tuple[Model, ...] = ()
    """The networks of this machine that had a part in it; empty in records of versions that did
    not write them down."""
    versions: Mapping[str, str] = field(factory=dict)
    """Of PixelLab and of the libraries that it was made with, by distribution."""
    response_id: str | None = None
    steps: tuple[Step, ...] = ()
    rules: tuple[Rule, ...] = ()
    warnings: tuple[str, ...] = ()
    target_met: bool | None = None
    failure: str | None = None
    """Why it failed, in one sentence that may be shown to anyone."""
    finished_at: datetime | None = None
    thumbnail_key: str | None = None
    """Where its thumbnail is kept, reserved before there is one; None in records of versions that
    made none."""
    thumbnail_url: str | None = None
    """Where the thumbnail opens, once it is stored."""
    webhook_url: str | None = field(default=None, repr=False)
    """Who is told of its end, beside the receiver of the settings; the address may be a secret."""

    @property
    def attempt_key(self) -> str:
        """A UUID that stands for the attempt at work, the same however often it is asked for."""
        return str(uuid5(UUID(self.id), str(self.attempts)))

    @property
    def improvement_percent(self) -> float | None:
        """Points of quality gained, as a percentage of the score before; one decimal."""
        before, after = self.original_quality_score, self.enhanced_quality_score
        return None if before is None or after is None else improvement_percent(before, after)


@frozen(kw_only=True)
class ProductImage:
    """An uploaded image: a row of ``product_images``."""

    id: str
    sku_id: str
    key_digits: str
    """The 8 hex digits, unique among all images, that begin the file names of its objects."""
    filename: str
    """The sanitized name it was uploaded under."""
    status: Status
    backend: str
    mode: Mode
    """Backend and mode of the latest completed enhancement, or of the first one until then."""
    original: StoredObject
    """Reserved before it is stored; ``original_kept`` says whether it is there."""
    original_kept: bool = False
    original_width: int
    original_height: int
    original_format: str
    enhanced: StoredObject | None = None
    """Result of the latest completed enhancement."""
    enhanced_sequence: int = 0
    enhanced_width: int | None = None
    enhanced_height: int | None = None
    enhanced_format: str | None = None
    quality_before: float | None = None
    quality_after: float | None = None
    faithfulness: float | None = None
    processing_time_ms: int | None = None
    processed_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    idempotency_key: str | None = None
    """As ``owned_key`` makes it of the client's."""
    fingerprint: str | None = None
    """Stands for the file and the fields of the request, to tell whether a repeated idempotency
    key comes with the same."""
    original_thumbnail_key: str | None = None
    """Where a thumbnail of the original is kept if there is no result; reserved, or None, as an
    enhancement's."""
    thumbnail_key: str | None = None
    thumbnail_url: str | None = None
    """The thumbnail that stands for the image: of its result, or of the original where there is
    none. Both are None until it is stored."""
    source_url: str | None = None
    """Where the photo was fetched from, without the address's query; None where it was sent."""

    def after(self, done: Enhancement) -> ProductImage:
        """The image as it stands once ``done`` has finished, well or badly.

        A result replaces that of an earlier sequence, never of a later one; a failure leaves an
        image that already has a result COMPLETED.
        """
        assert done.finished_at is not None
        if done.status is ProcessingStatus.COMPLETED:
            if done.sequence < self.enhanced_sequence:
                return self
            return self.showing(done, done.finished_at)
        status = Status.COMPLETED if self.enhanced else Status.FAILED
        return evolve(self, status=status, updated_at=done.finished_at)

    def showing(self, done: Enhancement, now: datetime) -> ProductImage:
        """The image once the result of ``done`` is its current one."""
        return evolve(
            self,
            status=Status.COMPLETED,
            backend=done.backend,
            mode=done.task.mode,
            enhanced=done.enhanced,
            enhanced_sequence=done.sequence,
            enhanced_width=done.enhanced_width,
            enhanced_height=done.enhanced_height,
            enhanced_format=done.enhanced_format,
            quality_before=done.original_quality_score,
            quality_after=done.enhanced_quality_score,
            faithfulness=done.faithfulness,
            processing_time_ms=done.processing_time_ms,
            processed_at=done.finished_at,
            updated_at=now,
            thumbnail_key=done.thumbnail_key if done.thumbnail_url else None,
            thumbnail_url=done.thumbnail_url,
        )

    def with_thumbnail(self, sequence: int, key: str, url: str) -> ProductImage:
        """The image once the thumbnail of this enhancement (0: of the original) is stored.

        It stands for the image if it shows what the image has: its result, or else the original.
        """
        if sequence != self.enhanced_sequence:
            return self
        return evolve(self, thumbnail_key=key, thumbnail_url=url)


def kilobytes(size_bytes: int) -> float:
    """Bytes as KB of 1000 bytes, one decimal."""
    return round(size_bytes / BYTES_PER_KB, 1)


def improvement_percent(before: float, after: float) -> float:
    """Points of quality gained, as a percentage of the score before; one decimal."""
    return round((after - before) / max(before, 1.0) * 100, 1)


def reduction_percent(before_bytes: int, after_bytes: int) -> float:
    """How much smaller the result is, in percent of the original; negative where it grew."""
    return round((before_bytes - after_bytes) / before_bytes * 100, 1)


def sanitize_filename(name: str | None) -> str:
    """The stem of an object's file name: no folder, no extension, nothing that needs escaping.

    Letters are written ``without_accents``; whatever is then not an ASCII letter, digit, dot, dash
    or underscore becomes an underscore. Never empty, at most 100 bytes.
    """
    base = re.split(r"[/\\]", name or "")[-1]
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", base)
    ascii_only = without_accents(stem).encode("ascii", "ignore").decode()
    clean = re.sub(r"[^A-Za-z0-9._-]+", "_", ascii_only).strip("._-")
    return clean[:MAX_NAME_BYTES].rstrip("._-") or "image"


def filename_for(name: str | None, image_format: str) -> str:
    """The sanitized file name with the extension of the bytes behind it.

    An extension that already fits (``.jpeg`` for JPEG) is kept.
    """
    extensions = FILE_TYPES[image_format].extensions
    given = (name or "").rsplit(".", 1)[-1].lower()
    extension = given if given in extensions else extensions[0]
    return f"{sanitize_filename(name)}.{extension}"


def original_key(folder: str, key_digits: str, filename: str) -> str:
    """Where the original is kept."""
    return f"{folder}/{key_digits}_{filename}"


def enhanced_key(
    folder: str, key_digits: str, sequence: int, filename: str, output_format: Format
) -> str:
    """Where the result of the ``sequence``-th enhancement is kept."""
    number = "" if sequence == 1 else f"{sequence}_"
    return f"{folder}/{key_digits}_{number}{filename_for(filename, output_format)}"


def thumbnail_key(key_digits: str, sequence: int, filename: str) -> str:
    """Where the thumbnail of the ``sequence``-th enhancement is kept; 0 is the original's."""
    number = "" if sequence == 1 else f"{sequence}_"
    return f"uploads/thumbnails/{key_digits}_{number}{filename_for(filename, Format.WEBP)}"
