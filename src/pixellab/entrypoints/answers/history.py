"""An image's enhancements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pixellab.domain.images import Enhancement, ProductImage
from pixellab.domain.request_fields import request_fields
from pixellab.domain.requests import Task
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


class ModelAnswer(Answer):
    """A network, by the file that it is in."""

    name: str
    sha256: str


class EnhancementAnswer(Answer):
    """One enhancement of an image."""

    id: str
    enhancement_sequence: int
    enhancement_mode: str
    backend: str
    request: dict[str, Any]
    """The fields that were asked for, by name, where they differ from their defaults."""
    quality_metadata: dict[str, Any]
    size_metadata: dict[str, Any]
    original_quality_score: float | None
    enhanced_quality_score: float | None
    faithfulness: float | None
    """How well the product of the photo was kept, 0 to 100."""
    enhanced_https_url: str | None
    thumbnail_url: str | None
    enhanced_width: int | None
    enhanced_height: int | None
    enhanced_format: str | None
    processing_time_ms: int | None
    processing_status: str
    failure: str | None
    target_size_kb: int | None
    target_met: bool | None
    backend_calls: list[BackendCallAnswer]
    cost: CostAnswer | None
    """None where nothing has to be paid."""
    fidelity: FidelityAnswer | None
    """Of the picture that was kept, where a model drew it."""
    steps: list[StepAnswer]
    rules: list[RuleAnswer]
    warnings: list[str]
    model_version: str | None
    models: list[ModelAnswer]
    """The networks of this machine that had a part in it, and the SHA-256 of their files."""
    versions: dict[str, str]
    """Of PixelLab and of the libraries that it was made with."""
    enhanced_sha256: str | None
    response_id: str | None
    created_at: datetime

    @classmethod
    def of(cls, done: Enhancement) -> EnhancementAnswer:
        return cls(
            id=done.id,
            enhancement_sequence=done.sequence,
            enhancement_mode=done.task.mode,
            backend=done.backend,
            request=_asked_for(done.task),
            quality_metadata=dict(done.quality_metadata),
            size_metadata=dict(done.size_metadata),
            original_quality_score=done.original_quality_score,
            enhanced_quality_score=done.enhanced_quality_score,
            faithfulness=done.faithfulness,
            enhanced_https_url=done.enhanced.url if done.enhanced else None,
            thumbnail_url=done.thumbnail_url,
            enhanced_width=done.enhanced_width,
            enhanced_height=done.enhanced_height,
            enhanced_format=done.enhanced_format,
            processing_time_ms=done.processing_time_ms,
            processing_status=done.status,
            failure=done.failure,
            target_size_kb=done.task.target_size_kb,
            target_met=done.target_met,
            backend_calls=calls_of(done.calls),
            cost=CostAnswer.of(done.calls),
            fidelity=fidelity_of(done.calls),
            steps=[StepAnswer.of(step) for step in done.steps],
            rules=[RuleAnswer.of(rule) for rule in done.rules],
            warnings=[*done.warnings, *unsigned(done.enhanced)],
            model_version=done.model_version,
            models=[ModelAnswer(name=each.name, sha256=each.sha256) for each in done.models],
            versions=dict(done.versions),
            enhanced_sha256=done.enhanced.sha256 if done.enhanced else None,
            response_id=done.response_id,
            created_at=done.created_at,
        )


class HistoryAnswer(Answer):
    """All enhancements of an image, first one first."""

    image_id: str
    filename: str
    original_https_url: str | None
    original_sha256: str | None
    enhanced_sequence: int
    """Of the enhancement whose result is the current one; 0 where there is none."""
    enhancements: list[EnhancementAnswer]
    warnings: list[str]

    @classmethod
    def of(cls, image: ProductImage, history: tuple[Enhancement, ...]) -> HistoryAnswer:
        return cls(
            image_id=image.id,
            filename=image.filename,
            original_https_url=image.original.url if image.original_kept else None,
            original_sha256=image.original.sha256 if image.original_kept else None,
            enhanced_sequence=image.enhanced_sequence,
            enhancements=[EnhancementAnswer.of(done) for done in history],
            warnings=unsigned(image.original),
        )


def _asked_for(task: Task) -> dict[str, Any]:
    usual = {name: each.default for name, each in request_fields(Task).items()}
    return {name: value for name in usual if (value := getattr(task, name)) != usual[name]}
