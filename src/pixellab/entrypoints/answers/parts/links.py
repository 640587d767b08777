"""Warnings about the URLs in an answer."""

from __future__ import annotations

from pixellab.domain.images import StoredObject

UNSIGNED = "The URLs could not be signed just now, so they may not open; ask for the image later."


def unsigned(*objects: StoredObject | None) -> list[str]:
    """The warning, if any of them could be linked only by an unsigned URL."""
    return [UNSIGNED] if any(each and each.unsigned for each in objects) else []
