"""What enhancing a photo answers, whether it is kept in stores or in a file."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from pixellab.domain.images import kilobytes, reduction_percent
from pixellab.domain.pictures import Picture
from pixellab.domain.ports import ObjectStore
from pixellab.domain.requests import Task
from pixellab.domain.use_cases import Links, Outcome, Result
from pixellab.entrypoints.answers.parts.answer import Answer
from pixellab.entrypoints.answers.parts.calls import (
    BackendCallAnswer,
    CostAnswer,
    FidelityAnswer,
    calls_of,
    fidelity_of,
)
from pixellab.entrypoints.answers.parts.links import unsigned
from pixellab.entrypoints.answers.parts.steps_and_rules import RuleAnswer, StepAnswer


class EnhancedAnswer(Answer):
    """What enhancing a photo answers, wherever the photo is kept."""

    success: bool = True
    filename: str
    original_size_kb: float
    enhanced_size_kb: float
    size_reduction_percent: float
    quality_before: float
    quality_after: float
    faithfulness: float | None
    """How well the product of the photo was kept, 0 to 100; None in records of earlier versions."""
    processing_time_ms: int
    enhancement_mode: str
    backend: str
    output_format: str
    original_format: str
    original_width: int
    original_height: int
    enhanced_width: int
    enhanced_height: int
    target_size_kb: int | None
    target_met: bool | None
    quality_metadata: dict[str, Any]
    """The parts of both scores, each 0 to 100, as original_ and enhanced_ and the part's name, and
    of the faithfulness as faithful_."""
    backend_calls: list[BackendCallAnswer]
    cost: CostAnswer | None
    """None where nothing has to be paid."""
    fidelity: FidelityAnswer | None
    """Of the picture that was kept, where a model drew it."""
    steps: list[StepAnswer]
    rules: list[RuleAnswer]
    warnings: list[str]


class UploadAnswer(EnhancedAnswer):
    """A photo that was uploaded, or enhanced again."""

    image_id: str
    database_id: str
    original_url: str
    enhanced_url: str
    thumbnail_url: str | None
    """WEBP of at most 320 pixels; None where none could be made."""
    sku_id: str
    enhancement_sequence: int
    status: str

    @classmethod
    def of(cls, outcome: Outcome, store: ObjectStore) -> UploadAnswer:
        """Asks the store for today's URLs, which may take a while."""
        links = Links(store)
        image, done = outcome.image, links.of_enhancement(outcome.enhancement)
        original = links(image.original)
        assert done.enhanced is not None
        return cls(
            image_id=image.id,
            database_id=image.id,
            original_url=original.url,
            enhanced_url=done.enhanced.url,
            thumbnail_url=done.thumbnail_url,
            original_size_kb=kilobytes(image.original.size_bytes),
            enhanced_size_kb=kilobytes(done.enhanced.size_bytes),
            size_reduction_percent=reduction_percent(
                image.original.size_bytes, done.enhanced.size_bytes
            ),
            quality_before=done.original_quality_score or 0.0,
            quality_after=done.enhanced_quality_score or 0.0,
            faithfulness=done.faithfulness,
            processing_time_ms=done.processing_time_ms or 0,
            enhancement_mode=done.task.mode,
            backend=done.backend,
            sku_id=image.sku_id,
            filename=image.filename,
            enhancement_sequence=done.sequence,
            status=image.status,
            output_format=done.task.output_format,
            original_format=image.original_format,
            original_width=image.original_width,
            original_height=image.original_height,
            enhanced_width=done.enhanced_width or 0,
            enhanced_height=done.enhanced_height or 0,
            target_size_kb=done.task.target_size_kb,
            target_met=done.target_met,
            quality_metadata=dict(done.quality_metadata),
            backend_calls=calls_of(done.calls),
            cost=CostAnswer.of(done.calls),
            fidelity=fidelity_of(done.calls),
            steps=[StepAnswer.of(step) for step in done.steps],
            rules=[RuleAnswer.of(rule) for rule in done.rules],
            warnings=[*done.warnings, *unsigned(original, done.enhanced)],
        )


class FileAnswer(EnhancedAnswer):
    """A file that was enhanced without any store."""

    original_path: str
    enhanced_path: str

    @classmethod
    def of(
        cls,
        result: Result,
        task: Task,
        *,
        original_path: str,
        original_bytes: int,
        photo: Picture,
        enhanced_path: str,
        processing_time_ms: int,
    ) -> FileAnswer:
        """``photo`` is the original, decoded."""
        encoded = result.encoded
        return cls(
            filename=PurePath(original_path).name,
            original_path=original_path,
            enhanced_path=enhanced_path,
            original_size_kb=kilobytes(original_bytes),
            enhanced_size_kb=kilobytes(encoded.size_bytes),
            size_reduction_percent=reduction_percent(original_bytes, encoded.size_bytes),
            quality_before=result.before.score,
            quality_after=result.after.score,
            faithfulness=result.faithfulness.score,
            processing_time_ms=processing_time_ms,
            enhancement_mode=task.mode,
            backend=result.enhanced.backend,
            output_format=encoded.format,
            original_format=photo.format,
            original_width=photo.width,
            original_height=photo.height,
            enhanced_width=encoded.width,
            enhanced_height=encoded.height,
            target_size_kb=task.target_size_kb,
            target_met=encoded.target_met if task.target_size_kb else None,
            quality_metadata={
                **result.quality_metadata,
                "original_measurements": dict(result.before.measurements),
                "enhanced_measurements": dict(result.after.measurements),
            },
            backend_calls=calls_of(result.calls),
            cost=CostAnswer.of(result.calls),
            fidelity=fidelity_of(result.calls),
            steps=[StepAnswer.of(step) for step in result.enhanced.steps],
            rules=[RuleAnswer.of(rule) for rule in result.rules],
            warnings=list(result.warnings),
        )
