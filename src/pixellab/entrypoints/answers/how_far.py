"""How far an upload or an enhancement has come."""

from __future__ import annotations

from pixellab.domain.images import Enhancement, ProcessingStatus, ProductImage
from pixellab.entrypoints.answers.parts.answer import Answer


class ReachedStepAnswer(Answer):
    """A step that was reached."""

    step: str
    seconds: float
    """After the first step."""


class ProgressAnswer(Answer):
    """How far an upload or an enhancement has come."""

    image_id: str | None
    """Null until the record is reserved."""
    enhancement_sequence: int | None
    step: str
    """receiving, waiting (for a worker), received, reserved, original_stored, queued (where nobody
    waits for it), assessing, enhancing, storing, completed or failed. Of what another process does,
    or did, only the record is known: waiting, working, completed or failed."""
    enhancement_mode: str | None
    backend: str | None
    """Who enhances, or did."""
    share_done: float | None
    """0 to 1; null where it is not known."""
    seconds_left: float | None
    """By what photos of this mode and backend took lately; null where it is not known."""
    steps: list[ReachedStepAnswer]
    """Those that were reached, in their order; empty where only the record is known."""
    failure: str | None
    """Why it failed, in one sentence."""

    @property
    def is_over(self) -> bool:
        return self.step in ("completed", "failed")

    @classmethod
    def of_record(cls, image: ProductImage, latest: Enhancement) -> ProgressAnswer:
        """What the record tells of the image's latest enhancement."""
        step: str = latest.status
        if latest.status is ProcessingStatus.PROCESSING:
            step = "working" if latest.attempts else "waiting"
        return cls(
            image_id=image.id,
            enhancement_sequence=latest.sequence,
            step=step,
            enhancement_mode=latest.task.mode,
            backend=latest.backend,
            share_done=1.0 if step in ("completed", "failed") else None,
            seconds_left=0.0 if step in ("completed", "failed") else None,
            steps=[],
            failure=latest.failure,
        )
