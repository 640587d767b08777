"""Whether a JPEG's pixels are all there. Decoders fill up what is missing and keep silent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.adapters.imaging.decode.jpeg_segments import (
    END,
    FRAMES,
    RESTARTS,
    SCAN,
    Segment,
    segments,
)
from pixellab.domain.errors import UndecodableImage

Pixels = NDArray[np.uint8]

START_OF_IMAGE, END_OF_IMAGE = b"\xff\xd8\xff", b"\xff\xd9"
ARITHMETIC = 0xC8
"""Frames from here on are not Huffman-coded (ITU-T T.81, table B.1)."""
PROGRESSIVE = (0xC2, 0xC6)
BLOCK = 8
COEFFICIENTS = BLOCK * BLOCK
FILLED = (127, 128)
"""The level, or its complement for inks, of the blocks that libjpeg fills in (jdhuff.c)."""
MORE_DATA = b"".join([bytes(range(1, 200)), *(b"\xff%c" % n + b"\x5a\xc3" * 9 for n in RESTARTS)])
"""Coded data that a decoder which has had all that it needs leaves unread; one that waits for a
restart finds each there is."""
PASSES_MISSING = "The JPEG file ends before its last pass; fine detail may be missing."


def with_its_end(content: bytes) -> bytes:
    """``content`` with the marker that ends an image, which hurried writers forget."""
    if content.endswith(END_OF_IMAGE) or any(each.marker == END for each in segments(content)):
        return content
    return content.removesuffix(END_OF_IMAGE[:1]) + END_OF_IMAGE


def refuse_too_few_bytes(content: bytes) -> None:
    """Raise UndecodableImage where the file cannot hold the blocks that its header promises.

    A Huffman code has one bit at least, and a block has two of them, or one in a pass of its own.
    """
    frame = next((each for each in segments(content) if each.marker in FRAMES), None)
    if frame is None or frame.marker > ARITHMETIC:
        return
    shape = _Frame.of(frame)
    least_bits = shape.blocks * (1 if frame.marker in PROGRESSIVE else 2)
    if 8 * len(content) < least_bits:
        raise UndecodableImage(
            f"The JPEG file is damaged or incomplete: {len(content)} bytes cannot hold its "
            f"{shape.width} x {shape.height} pixels."
        )


def refuse_incomplete(content: bytes, pixels: Pixels, decode: Callable[[bytes], Pixels]) -> None:
    """Raise UndecodableImage where coded data end before the picture does.

    ``pixels`` are what ``decode`` makes of ``content``, uint8 (height, width[, channels]). It is
    decoded again, with more data at its end: a whole picture does not change by them.
    """
    end = next((each.start for each in segments(content) if each.marker == END), len(content))
    # A 0xFF at the end is data only before a zero; else it makes a marker with what follows.
    stuffed = b"\0" if content[:end].endswith(b"\xff") else b""
    longer = decode(content[:end] + stuffed + MORE_DATA + content[end:])
    if np.array_equal(longer, pixels):
        return
    raise UndecodableImage(f"The JPEG file is damaged or incomplete: {_how_much(content, pixels)}.")


def _how_much(content: bytes, pixels: Pixels) -> str:
    if rows := _rows_filled(pixels):
        return f"about {rows / pixels.shape[0]:.0%} of the picture is missing"
    passes = sum(each.marker == SCAN for each in segments(content))
    if passes > 1:
        return f"it breaks off in its pass {passes}, so that detail is missing"
    return "the end of its last row is missing"


def has_second_image(content: bytes) -> bool:
    """Whether another JPEG lies behind the end of the first, as in the Multi-Picture Format."""
    end = next((each.end for each in segments(content) if each.marker == END), len(content))
    return START_OF_IMAGE in content[end:]


def passes_missing(content: bytes) -> str | None:
    """A warning where the scans there are do not bring every coefficient in full."""
    lacking: dict[int, list[bool]] = {}
    for each in segments(content):
        if each.marker in FRAMES:
            lacking = {name: [True] * COEFFICIENTS for name in _Frame.of(each).names}
        elif each.marker == SCAN and each.data:
            count = each.data[0]
            first, last, shift = each.data[1 + 2 * count : 4 + 2 * count]
            for name in each.data[1 : 1 + 2 * count : 2]:
                if not shift & 0x0F:
                    lacking[name][first : last + 1] = [False] * (last + 1 - first)
    return PASSES_MISSING if any(any(each) for each in lacking.values()) else None


@frozen
class _Frame:
    """What a frame's header says (ITU-T T.81, B.2.2)."""

    width: int
    height: int
    names: bytes
    samplings: bytes
    """Of each component, horizontal and vertical in a nibble each."""

    @classmethod
    def of(cls, segment: Segment) -> _Frame:
        data = segment.data
        height, width = (int.from_bytes(data[at : at + 2], "big") for at in (1, 3))
        parts = data[6 : 6 + 3 * data[5]]
        return cls(width, height, names=parts[::3], samplings=parts[1::3])

    @property
    def blocks(self) -> int:
        across, down = [s >> 4 for s in self.samplings], [s & 0x0F for s in self.samplings]
        return sum(
            _blocks(self.width * x, max(across)) * _blocks(self.height * y, max(down))
            for x, y in zip(across, down, strict=True)
        )


def _blocks(samples: int, shared: int) -> int:
    """Blocks in a row or column of ``samples`` / ``shared``."""
    return -(-samples // (BLOCK * max(1, shared)))


def _is_filled(pixels: Pixels) -> bool:
    return bool(np.isin(pixels, FILLED).all())


def _rows_filled(pixels: Pixels) -> int:
    others = np.flatnonzero([not _is_filled(row) for row in pixels])
    return int(pixels.shape[0] - 1 - (others[-1] if others.size else -1))
