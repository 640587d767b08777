"""What ``pixellab reconcile`` answers."""

from __future__ import annotations

from pixellab.entrypoints.answers.parts.answer import Answer


class ReconcileAnswer(Answer):
    """What reconciling settled."""

    finished: int
    failed: int
    deleted: int
    left: int
