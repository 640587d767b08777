"""What an AVIF or HEIC has a decoder do: its items, of which each may be a picture of its own."""

from __future__ import annotations

from pixellab.adapters.imaging.decode.container_boxes import items_told
from pixellab.domain.errors import UndecodableImage

MAX_ITEMS = 2_000
"""Tiles of 256 x 256 up to 60 megapixels, twice, for there may be alpha. Phones write tiles of
512 x 512."""


def refuse_many_items(title: str, content: bytes) -> None:
    """Raises UndecodableImage."""
    items = items_told(content)
    if items > MAX_ITEMS:
        raise UndecodableImage(
            f"The {title} file has {items} parts, such as tiles; allowed are {MAX_ITEMS}."
        )
