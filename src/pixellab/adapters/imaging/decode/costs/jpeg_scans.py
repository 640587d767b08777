"""What a JPEG has a decoder do: its scans, of which each may pass over all pixels."""

from __future__ import annotations

from pixellab.adapters.imaging.decode.costs.metadata_size import refuse_much_metadata
from pixellab.adapters.imaging.decode.jpeg_segments import (
    APPLICATION,
    COMMENT,
    FRAMES,
    SCAN,
    Segment,
    segments,
)
from pixellab.domain.errors import UndecodableImage

MEGA = 1_000_000
LEAST_SCANS, MOST_SCANS = 20, 100
"""Encoders write 10 scans of a progressive picture, optimizers up to 20; libtiff stops at 100."""
SCANNED_PIXELS = 2_400 * MEGA
"""Of all scans together: 40 of 60 megapixels. An empty scan takes libjpeg-turbo 0.1 ns a pixel."""
MAX_JUNK = 65_536
"""Bytes between the segments before the first scan, which Pillow reads one by one; there should be
none."""


def refuse_costly_jpeg(content: bytes) -> None:
    """Raises UndecodableImage, FileTooLarge."""
    scans = metadata = junk = pixels = 0
    place = 2
    for each in segments(content):
        if each.marker in APPLICATION or each.marker == COMMENT:
            metadata += len(each.data)
        elif each.marker in FRAMES:
            pixels = max(pixels, _pixels(each))
        if not scans:
            junk += each.start - place
        scans += each.marker == SCAN
        place = each.end
    refuse_much_metadata(metadata)
    allowed = max(LEAST_SCANS, min(MOST_SCANS, SCANNED_PIXELS // max(1, pixels)))
    if scans > allowed:
        raise UndecodableImage(
            f"The JPEG file has {scans} scans of {pixels / MEGA:.1f} megapixels; "
            f"allowed are {allowed}."
        )
    if junk > MAX_JUNK:
        raise UndecodableImage(
            f"The JPEG file has {junk} bytes between its segments; allowed are {MAX_JUNK}."
        )


def _pixels(frame: Segment) -> int:
    height, width = (int.from_bytes(frame.data[at : at + 2], "big") for at in (1, 3))
    return height * width
