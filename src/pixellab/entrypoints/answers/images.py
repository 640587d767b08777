"""Images as they are read and listed."""

from __future__ import annotations

from datetime import datetime

from pixellab.domain.images import ProductImage, kilobytes, reduction_percent
from pixellab.domain.ports import ImagePage, ImageQuery
from pixellab.entrypoints.answers.parts.answer import Answer
from pixellab.entrypoints.answers.parts.cursors import write_cursor
from pixellab.entrypoints.answers.parts.links import unsigned


class ImageAnswer(Answer):
    """An image as listings show it."""

    id: str
    sku_id: str
    image_url: str | None
    """None until the original is stored."""
    enhanced_image_url: str | None
    thumbnail_url: str | None
    """WEBP of at most 320 pixels; None until it is made, and where that failed."""
    original_filename: str
    source_url: str | None
    """Where the photo was fetched from, without the address's query; None where it was sent."""
    original_size_kb: float
    enhanced_size_kb: float | None
    size_reduction_percent: float | None
    original_width: int
    original_height: int
    original_format: str
    enhanced_width: int | None
    enhanced_height: int | None
    enhanced_format: str | None
    quality_before: float | None
    quality_after: float | None
    faithfulness: float | None
    """How well the result keeps the product, 0 to 100."""
    status: str
    enhancement_mode: str
    backend: str
    processing_time_ms: int | None
    processed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    warnings: list[str]

    @classmethod
    def of(cls, image: ProductImage) -> ImageAnswer:
        enhanced = image.enhanced
        return cls(
            id=image.id,
            sku_id=image.sku_id,
            image_url=image.original.url if image.original_kept else None,
            enhanced_image_url=enhanced.url if enhanced else None,
            thumbnail_url=image.thumbnail_url,
            original_filename=image.filename,
            source_url=image.source_url,
            original_size_kb=kilobytes(image.original.size_bytes),
            enhanced_size_kb=kilobytes(enhanced.size_bytes) if enhanced else None,
            size_reduction_percent=(
                reduction_percent(image.original.size_bytes, enhanced.size_bytes)
                if enhanced
                else None
            ),
            original_width=image.original_width,
            original_height=image.original_height,
            original_format=image.original_format,
            enhanced_width=image.enhanced_width,
            enhanced_height=image.enhanced_height,
            enhanced_format=image.enhanced_format,
            quality_before=image.quality_before,
            quality_after=image.quality_after,
            faithfulness=image.faithfulness,
            status=image.status,
            enhancement_mode=image.mode,
            backend=image.backend,
            processing_time_ms=image.processing_time_ms,
            processed_at=image.processed_at,
            created_at=image.created_at,
            updated_at=image.updated_at,
            warnings=unsigned(image.original, enhanced),
        )


class ImageListAnswer(Answer):
    """A page of images, newest first."""

    total: int
    """How many images the filters let through, or at least so many if not total_is_exact."""
    total_is_exact: bool
    """False where there are too many to count (10,000); by status alone it is always true."""
    limit: int
    offset: int
    images: list[ImageAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, page: ImagePage, query: ImageQuery) -> ImageListAnswer:
        return cls(
            total=page.total,
            total_is_exact=page.total_is_exact,
            limit=query.limit,
            offset=query.offset,
            images=[ImageAnswer.of(image) for image in page.images],
            next_cursor=write_cursor(page.next_after) if page.next_after else None,
        )
