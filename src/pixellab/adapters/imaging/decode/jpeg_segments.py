"""A JPEG's markers, in their order (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from pixellab.domain.errors import UndecodableImage

END, SCAN = 0xD9, 0xDA
RESTARTS = range(0xD0, 0xD8)
COMMENT = 0xFE
APPLICATION = range(0xE0, 0xF0)
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The markers that begin a frame: all of their row but tables and what is reserved (table B.1)."""
MAX_SEGMENTS = 4_000
"""More than any camera or editor writes: metadata of 50 MB are 800, and scans at most some 100."""
NEXT_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
"""What is no stuffed byte, no fill byte and no restart (B.1.1)."""


@frozen
class Segment:
    """One marker and what belongs to it; coded data that follow a scan's header do not."""

    marker: int
    start: int
    end: int
    data: bytes


def segments(content: bytes) -> Iterator[Segment]:
    """From the first marker after the start to the end of the image, which is the last one.

    Raises UndecodableImage beyond MAX_SEGMENTS, which would only keep a reader busy.
    """
    place, count = 2, 0
    while found := NEXT_MARKER.search(content, place):
        marker, place, count = content[found.end() - 1], found.end(), count + 1
        if count > MAX_SEGMENTS:
            raise UndecodableImage(
                f"The JPEG file has too many segments; {MAX_SEGMENTS} are allowed."
            )
        if marker == END:
            yield Segment(marker, found.start(), place, b"")
            return
        end = place + int.from_bytes(content[place : place + 2], "big")
        yield Segment(marker, found.start(), end, content[place + 2 : end])
        place = end
