"""The JSON that users get: the same from HTTP, from the command line's ``--json`` and in OpenAPI.

This is where the contract's two meanings of ``enhancement_mode`` meet: in JSON it is the mode, and
``backend`` is the backend.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from attrs import asdict
from pydantic import BaseModel, ConfigDict, Field

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.images import (
    Enhancement,
    ProductImage,
    StoredObject,
    kilobytes,
    reduction_percent,
)
from pixellab.domain.pictures import QualityReport
from pixellab.domain.ports import ImagePage, ImageQuery, ObjectStore
from pixellab.domain.results import BackendCall, Rule, Step, Usage, cost_of
from pixellab.domain.use_cases import Links, Outcome, Result

UNSIGNED = "The URLs could not be signed just now, so they may not open; ask for the image later."


Money = Decimal | Literal["unknown"]
"""An exact amount, in JSON as text; a price that is not known is never 0."""


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class StepAnswer(Answer):
    """One thing that was done, or left undone, and why."""

    name: str
    applied: bool
    why: str
    figures: dict[str, float] = Field(default_factory=dict)

    @classmethod
    def of(cls, step: Step) -> StepAnswer:
        return cls(name=step.name, applied=step.applied, why=step.why, figures=dict(step.figures))


class RuleAnswer(Answer):
    """One rule of a marketplace, held against the result."""

    # In JSON it is "pass", which Python keeps for itself; OpenAPI knows names from the alias only.
    model_config = ConfigDict(
        frozen=True,
        populate_by_name=True,
        alias_generator=lambda name: "pass" if name == "passed" else name,
    )

    name: str
    required: str
    measured: str
    passed: bool
    official: bool

    @classmethod
    def of(cls, rule: Rule) -> RuleAnswer:
        return cls(
            name=rule.name,
            required=rule.required,
            measured=rule.measured,
            passed=rule.passed,
            official=rule.official,
        )


class UsageAnswer(Answer):
    """What a paid backend used, and what it asks for that."""

    requests: int
    input_tokens: int | None
    output_tokens: int | None
    images: int | None
    amount: Money
    currency: str
    priced_on: date | None
    """The date of the price list."""

    @classmethod
    def of(cls, usage: Usage) -> UsageAnswer:
        return cls(**asdict(usage) | {"amount": _money(usage.amount)})


class BackendCallAnswer(Answer):
    """One backend that was asked, and how that ended."""

    backend: str
    outcome: str
    why: str | None
    usage: UsageAnswer | None
    """None where nothing has to be paid."""
    model_version: str | None
    response_id: str | None

    @classmethod
    def of(cls, call: BackendCall) -> BackendCallAnswer:
        return cls(
            backend=call.backend,
            outcome=call.outcome,
            why=call.why,
            usage=UsageAnswer.of(call.usage) if call.usage else None,
            model_version=call.model_version,
            response_id=call.response_id,
        )


class CostAnswer(Answer):
    """What all calls cost together."""

    amount: Money
    currency: str

    @classmethod
    def of(cls, calls: Iterable[BackendCall]) -> CostAnswer | None:
        cost = cost_of(calls)
        return None if cost is None else cls(amount=_money(cost.amount), currency=cost.currency)


class QualityAnswer(Answer):
    """Technical quality; every figure 0 to 100, 100 meaning no defect."""

    score: float
    blur: float
    noise: float
    exposure: float
    contrast: float
    colour_cast: float
    blockiness: float
    measurements: dict[str, float]

    @classmethod
    def of(cls, report: QualityReport) -> QualityAnswer:
        return cls(score=report.score, **report.parts, measurements=dict(report.measurements))


class UploadAnswer(Answer):
    """A photo that was uploaded, or enhanced again."""

    success: bool = True
    image_id: str
    database_id: str
    original_url: str
    enhanced_url: str
    original_size_kb: float
    enhanced_size_kb: float
    size_reduction_percent: float
    quality_before: float
    quality_after: float
    processing_time_ms: int
    enhancement_mode: str
    backend: str
    sku_id: str
    filename: str
    enhancement_sequence: int
    status: str
    output_format: str
    original_width: int
    original_height: int
    enhanced_width: int
    enhanced_height: int
    target_size_kb: int | None
    target_met: bool | None
    quality_metadata: dict[str, Any]
    backend_calls: list[BackendCallAnswer]
    cost: CostAnswer | None
    """None where nothing has to be paid."""
    steps: list[StepAnswer]
    rules: list[RuleAnswer]
    warnings: list[str]

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
            original_size_kb=kilobytes(image.original.size_bytes),
            enhanced_size_kb=kilobytes(done.enhanced.size_bytes),
            size_reduction_percent=reduction_percent(
                image.original.size_bytes, done.enhanced.size_bytes
            ),
            quality_before=done.original_quality_score or 0.0,
            quality_after=done.enhanced_quality_score or 0.0,
            processing_time_ms=done.processing_time_ms or 0,
            enhancement_mode=done.task.mode,
            backend=done.backend,
            sku_id=image.sku_id,
            filename=image.filename,
            enhancement_sequence=done.sequence,
            status=image.status,
            output_format=done.task.output_format,
            original_width=image.original_width,
            original_height=image.original_height,
            enhanced_width=done.enhanced_width or 0,
            enhanced_height=done.enhanced_height or 0,
            target_size_kb=done.task.target_size_kb,
            target_met=done.target_met,
            quality_metadata=dict(done.quality_metadata),
            backend_calls=_calls(done.calls),
            cost=CostAnswer.of(done.calls),
            steps=[StepAnswer.of(step) for step in done.steps],
            rules=[RuleAnswer.of(rule) for rule in done.rules],
            warnings=[*done.warnings, *_unsigned(original, done.enhanced)],
        )


class FileAnswer(Answer):
    """A file that was enhanced without any store."""

    success: bool = True
    original_path: str
    enhanced_path: str
    original_size_kb: float
    enhanced_size_kb: float
    size_reduction_percent: float
    quality_before: QualityAnswer
    quality_after: QualityAnswer
    processing_time_ms: int
    enhancement_mode: str
    backend: str
    output_format: str
    enhanced_width: int
    enhanced_height: int
    target_met: bool | None
    backend_calls: list[BackendCallAnswer]
    cost: CostAnswer | None
    """None where nothing has to be paid."""
    steps: list[StepAnswer]
    rules: list[RuleAnswer]
    warnings: list[str]

    @classmethod
    def of(
        cls,
        result: Result,
        *,
        mode: str,
        original_path: str,
        original_bytes: int,
        enhanced_path: str,
        processing_time_ms: int,
    ) -> FileAnswer:
        encoded = result.encoded
        return cls(
            original_path=original_path,
            enhanced_path=enhanced_path,
            original_size_kb=kilobytes(original_bytes),
            enhanced_size_kb=kilobytes(encoded.size_bytes),
            size_reduction_percent=reduction_percent(original_bytes, encoded.size_bytes),
            quality_before=QualityAnswer.of(result.before),
            quality_after=QualityAnswer.of(result.after),
            processing_time_ms=processing_time_ms,
            enhancement_mode=mode,
            backend=result.enhanced.backend,
            output_format=encoded.format,
            enhanced_width=encoded.width,
            enhanced_height=encoded.height,
            target_met=encoded.target_met,
            backend_calls=_calls(result.calls),
            cost=CostAnswer.of(result.calls),
            steps=[StepAnswer.of(step) for step in result.enhanced.steps],
            rules=[RuleAnswer.of(rule) for rule in result.rules],
            warnings=list(result.warnings),
        )


class ImageAnswer(Answer):
    """An image as listings show it."""

    id: str
    sku_id: str
    image_url: str | None
    """None until the original is stored."""
    enhanced_image_url: str | None
    original_filename: str
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
            original_filename=image.filename,
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
            status=image.status,
            enhancement_mode=image.mode,
            backend=image.backend,
            processing_time_ms=image.processing_time_ms,
            processed_at=image.processed_at,
            created_at=image.created_at,
            updated_at=image.updated_at,
            warnings=_unsigned(image.original, enhanced),
        )


class ImageListAnswer(Answer):
    """A page of images, newest first."""

    total: int
    limit: int
    offset: int
    images: list[ImageAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, page: ImagePage, query: ImageQuery) -> ImageListAnswer:
        return cls(
            total=page.total,
            limit=query.limit,
            offset=query.offset,
            images=[ImageAnswer.of(image) for image in page.images],
            next_cursor=write_cursor(page.next_after) if page.next_after else None,
        )


class EnhancementAnswer(Answer):
    """One enhancement of an image."""

    id: str
    enhancement_sequence: int
    enhancement_mode: str
    backend: str
    quality_metadata: dict[str, Any]
    size_metadata: dict[str, Any]
    original_quality_score: float | None
    enhanced_quality_score: float | None
    enhanced_https_url: str | None
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
    steps: list[StepAnswer]
    rules: list[RuleAnswer]
    warnings: list[str]
    model_version: str | None
    response_id: str | None
    created_at: datetime

    @classmethod
    def of(cls, done: Enhancement) -> EnhancementAnswer:
        return cls(
            id=done.id,
            enhancement_sequence=done.sequence,
            enhancement_mode=done.task.mode,
            backend=done.backend,
            quality_metadata=dict(done.quality_metadata),
            size_metadata=dict(done.size_metadata),
            original_quality_score=done.original_quality_score,
            enhanced_quality_score=done.enhanced_quality_score,
            enhanced_https_url=done.enhanced.url if done.enhanced else None,
            enhanced_width=done.enhanced_width,
            enhanced_height=done.enhanced_height,
            enhanced_format=done.enhanced_format,
            processing_time_ms=done.processing_time_ms,
            processing_status=done.status,
            failure=done.failure,
            target_size_kb=done.task.target_size_kb,
            target_met=done.target_met,
            backend_calls=_calls(done.calls),
            cost=CostAnswer.of(done.calls),
            steps=[StepAnswer.of(step) for step in done.steps],
            rules=[RuleAnswer.of(rule) for rule in done.rules],
            warnings=[*done.warnings, *_unsigned(done.enhanced)],
            model_version=done.model_version,
            response_id=done.response_id,
            created_at=done.created_at,
        )


class HistoryAnswer(Answer):
    """All enhancements of an image, first one first."""

    image_id: str
    filename: str
    original_https_url: str | None
    enhancements: list[EnhancementAnswer]
    warnings: list[str]

    @classmethod
    def of(cls, image: ProductImage, history: tuple[Enhancement, ...]) -> HistoryAnswer:
        return cls(
            image_id=image.id,
            filename=image.filename,
            original_https_url=image.original.url if image.original_kept else None,
            enhancements=[EnhancementAnswer.of(done) for done in history],
            warnings=_unsigned(image.original),
        )


class ReconcileAnswer(Answer):
    """What reconciling settled."""

    finished: int
    failed: int
    deleted: int
    left: int


def _money(amount: Decimal | None) -> Money:
    return "unknown" if amount is None else amount


def _calls(calls: Iterable[BackendCall]) -> list[BackendCallAnswer]:
    return [BackendCallAnswer.of(call) for call in calls]


def _unsigned(*objects: StoredObject | None) -> list[str]:
    return [UNSIGNED] if any(each and each.unsigned for each in objects) else []


def dump(answer: Answer) -> Mapping[str, Any]:
    """The answer as plain JSON values."""
    return answer.model_dump(mode="json", by_alias=True)


def write_cursor(after: tuple[datetime, str]) -> str:
    """The opaque text of a place in the listing."""
    text = json.dumps([after[0].isoformat(), after[1]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """The place a cursor stands for; InvalidRequest for text that no answer contained."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        when, image_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        created = datetime.fromisoformat(when)
        if created.tzinfo is None:
            raise ValueError("no time zone")
        return created.astimezone(UTC), str(uuid.UUID(image_id))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise InvalidRequest(
            "cursor", "cursor is not one that an answer gave as next_cursor."
        ) from None
