"""What commands answer that look after an installation."""

from __future__ import annotations

from pixellab.entrypoints.answers.parts.answer import Answer


class ReconcileAnswer(Answer):
    """What reconciling settled."""

    finished: int
    failed: int
    deleted: int
    left: int


class ThumbnailsAnswer(Answer):
    """How many images got a thumbnail, and how many of those without one could get none."""

    made: int
    failed: int
