"""What others' servers are told, and how the telling goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pixellab.domain.images import Enhancement, ProductImage, kilobytes, reduction_percent
from pixellab.domain.ports import DeliveryPage
from pixellab.domain.webhooks import Delivery
from pixellab.entrypoints.answers.parts.answer import Answer, dump
from pixellab.entrypoints.answers.parts.cursors import write_cursor


class WebhookImageAnswer(Answer):
    """The data of image.completed and image.failed: the image, and the enhancement that ended."""

    image_id: str
    sku_id: str
    original_filename: str
    status: str
    """The image's: FAILED only where it has no result, of an earlier enhancement either."""
    enhancement_sequence: int
    enhancement_mode: str
    backend: str
    processing_status: str
    failure: str | None
    """Why it failed."""
    original_url: str | None
    enhanced_url: str | None
    """Where addresses have to be signed, ask for the image: these are not."""
    thumbnail_url: str | None
    original_size_kb: float
    enhanced_size_kb: float | None
    size_reduction_percent: float | None
    quality_before: float | None
    quality_after: float | None
    faithfulness: float | None
    processing_time_ms: int | None
    warnings: list[str]

    @classmethod
    def of(cls, image: ProductImage, ended: Enhancement) -> WebhookImageAnswer:
        enhanced, before = ended.enhanced, ended.original_size_bytes
        return cls(
            image_id=image.id,
            sku_id=image.sku_id,
            original_filename=image.filename,
            status=image.status,
            enhancement_sequence=ended.sequence,
            enhancement_mode=ended.task.mode,
            backend=ended.backend,
            processing_status=ended.status,
            failure=ended.failure,
            original_url=image.original.url if image.original_kept else None,
            enhanced_url=enhanced.url if enhanced else None,
            thumbnail_url=ended.thumbnail_url,
            original_size_kb=kilobytes(before),
            enhanced_size_kb=kilobytes(enhanced.size_bytes) if enhanced else None,
            size_reduction_percent=(
                reduction_percent(before, enhanced.size_bytes) if enhanced else None
            ),
            quality_before=ended.original_quality_score,
            quality_after=ended.enhanced_quality_score,
            faithfulness=ended.faithfulness,
            processing_time_ms=ended.processing_time_ms,
            warnings=list(ended.warnings),
        )


def describe_image(image: ProductImage, ended: Enhancement) -> Mapping[str, Any]:
    """The same as plain JSON values."""
    return dump(WebhookImageAnswer.of(image, ended))


class DeliveryAnswer(Answer):
    """A message, and how sending it goes."""

    id: str
    """Its webhook-id."""
    event: str
    """image.completed, image.failed or batch.completed."""
    about: str
    """The id of the image or the batch."""
    url: str | None
    """The receiver that the request named, without its query; None: that of the settings."""
    state: str
    """waiting, delivered, failed (given up), or stopped (the receiver wants no more)."""
    attempts: int
    last_status: int | None
    """The HTTP status of the receiver's latest answer."""
    last_error: str | None
    created_at: datetime
    next_attempt_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryAnswer:
        waits = delivery.finished_at is None
        return cls(
            id=delivery.id,
            event=delivery.event,
            about=delivery.about,
            url=delivery.url and delivery.url.partition("?")[0],
            state=delivery.status,
            attempts=delivery.attempts,
            last_status=delivery.last_status,
            last_error=delivery.last_error,
            created_at=delivery.created_at,
            next_attempt_at=delivery.due_at if waits else None,
            finished_at=delivery.finished_at,
        )


class DeliveryListAnswer(Answer):
    """A page of messages, newest first."""

    deliveries: list[DeliveryAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, page: DeliveryPage) -> DeliveryListAnswer:
        return cls(
            deliveries=[DeliveryAnswer.of(each) for each in page.deliveries],
            next_cursor=write_cursor(page.next_after) if page.next_after else None,
        )
