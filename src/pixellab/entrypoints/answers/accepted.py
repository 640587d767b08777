"""What is to be done later."""

from __future__ import annotations

from pixellab.domain.images import Status
from pixellab.domain.ports import ObjectStore
from pixellab.domain.use_cases import Links, Outcome
from pixellab.entrypoints.answers.parts.answer import Answer
from pixellab.entrypoints.answers.parts.links import unsigned


class AcceptedAnswer(Answer):
    """An enhancement that is on record, with its original kept, and not done yet."""

    success: bool = True
    image_id: str
    original_url: str
    sku_id: str
    status: str
    """PENDING: what was asked for is not done."""
    enhancement_sequence: int
    processing_status: str
    """The enhancement's: processing."""
    enhancement_mode: str
    backend: str
    """Who is asked first."""
    warnings: list[str]

    @classmethod
    def of(cls, outcome: Outcome, store: ObjectStore) -> AcceptedAnswer:
        image, reserved = outcome.image, outcome.enhancement
        original = Links(store)(image.original)
        return cls(
            image_id=image.id,
            original_url=original.url,
            sku_id=image.sku_id,
            status=Status.PENDING,
            enhancement_sequence=reserved.sequence,
            processing_status=reserved.status,
            enhancement_mode=reserved.task.mode,
            backend=reserved.backend,
            warnings=[*reserved.task.ignored, *unsigned(original)],
        )
