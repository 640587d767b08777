"""What ``pixellab thumbnails`` answers."""

from __future__ import annotations

from pixellab.entrypoints.answers.parts.answer import Answer


class ThumbnailsAnswer(Answer):
    """How many images got a thumbnail, and how many of those without one could get none."""

    made: int
    failed: int
