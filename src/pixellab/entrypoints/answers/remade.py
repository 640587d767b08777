"""A result that was made again."""

from __future__ import annotations

from pixellab.domain.use_cases import Remade
from pixellab.entrypoints.answers.parts.answer import Answer


class ReplayAnswer(Answer):
    """A result that was made again, beside the one that is kept."""

    image_id: str
    enhancement_sequence: int
    same: bool
    """Whether the file is the kept one, byte by byte."""
    enhanced_sha256: str | None
    """Of the kept file."""
    replayed_sha256: str
    """Of the file that was made now, which is not kept."""
    faithfulness: float
    """Of the picture made now to the kept one, 0 to 100."""
    differences: list[str]
    """What is not as it was then: versions, files of networks, signatures."""

    @classmethod
    def of(cls, remade: Remade) -> ReplayAnswer:
        done = remade.enhancement
        return cls(
            image_id=done.image_id,
            enhancement_sequence=done.sequence,
            same=remade.is_same,
            enhanced_sha256=done.enhanced.sha256 if done.enhanced else None,
            replayed_sha256=remade.sha256,
            faithfulness=remade.faithfulness,
            differences=list(remade.differences),
        )
