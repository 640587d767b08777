"""What a record says of an enhancement that is done."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from pixellab.domain.images import (
    Enhancement,
    ProcessingStatus,
    ProductImage,
    StoredObject,
    kilobytes,
    reduction_percent,
)
from pixellab.domain.use_cases.asking.interrupted import ended
from pixellab.domain.use_cases.enhance import Result


def completed(
    image: ProductImage,
    enhancement: Enhancement,
    result: Result,
    stored: StoredObject,
    seconds: float,
    now: datetime,
) -> Enhancement:
    before, after, enhanced = result.before, result.after, result.enhanced
    original_bytes = image.original.size_bytes
    return evolve(
        enhancement,
        status=ProcessingStatus.COMPLETED,
        calls=ended(enhancement.calls),
        lease_until=None,
        enhanced=stored,
        enhanced_width=result.encoded.width,
        enhanced_height=result.encoded.height,
        enhanced_format=str(result.encoded.format),
        original_quality_score=before.score,
        enhanced_quality_score=after.score,
        faithfulness=result.faithfulness.score,
        quality_metadata=result.quality_metadata,
        size_metadata={
            "original_size_kb": kilobytes(original_bytes),
            "enhanced_size_kb": kilobytes(stored.size_bytes),
            "reduction_percent": reduction_percent(original_bytes, stored.size_bytes),
        },
        processing_time_ms=round(seconds * 1000),
        model_version=enhanced.model_version,
        models=enhanced.models,
        versions=result.versions,
        response_id=enhanced.response_id,
        steps=enhanced.steps,
        rules=result.rules,
        warnings=result.warnings,
        target_met=result.encoded.target_met if enhancement.task.target_size_kb else None,
        finished_at=now,
    )
