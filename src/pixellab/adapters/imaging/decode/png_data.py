"""Whether a PNG's pixels are all there. Pillow leaves those black whose rows are missing."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from PIL.ImageFile import ImageFile

from pixellab.adapters.imaging.decode.png_chunks import chunks
from pixellab.domain.errors import UndecodableImage

HEADER = 16
"""Where width, height, bits, colour type, and the way of interlacing stand, in any PNG."""
INTERLACED = HEADER + 12
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By colour type (ISO/IEC 15948, table 11.1)."""
PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""Left, top, and the steps across and down of each pass of an interlaced picture (8.2)."""
PIECE = 1 << 20


def refuse_missing_rows(content: bytes, image: ImageFile) -> None:
    """Raise UndecodableImage where the coded data end before the picture does.

    ``image`` is ``content`` decoded. The data are only counted where its last row is empty, or
    where it is interlaced, so that the last pass may lie between the others.
    """
    last = image.crop((0, image.height - 1, image.width, image.height))
    if last.getbbox(alpha_only=False) and not content[INTERLACED]:
        return
    needed = _bytes_needed(content)
    there = sum(_inflated(content))
    if there < needed:
        raise UndecodableImage(
            "The PNG file is damaged or incomplete: about "
            f"{1 - there / needed:.0%} of the picture is missing."
        )


def _bytes_needed(content: bytes) -> int:
    width, height, depth, colours, _, _, interlaced = struct.unpack_from(
        ">IIBBBBB", content, HEADER
    )
    passes = PASSES if interlaced else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * depth * SAMPLES[colours] // 8))
    return total


def _inflated(content: bytes) -> Iterator[int]:
    """The number of bytes, piece by piece."""
    stream = zlib.decompressobj()
    for name, body in chunks(content):
        data = body if name == b"IDAT" else b""
        while data and not stream.eof:
            yield len(stream.decompress(data, PIECE))
            data = stream.unconsumed_tail
    yield len(stream.flush())
