"""Small files that keep a decoder busy."""

from __future__ import annotations

import struct


def slow_bmp() -> bytes:
    """24 megapixels in runs of a single pixel (BI_RLE8), which nothing counts beforehand.

    Pillow decodes some 5 million of them in a second on a processor of 2026.
    """
    side = 7000
    row = b"\1\0" * side + b"\0\0"
    data, begins = row * (side // 2) + b"\0\1", 54 + 4 * 256
    head = struct.pack("<2sIII", b"BM", begins + len(data), 0, begins)
    info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(data), 0, 0, 256, 0)
    return head + info + bytes(4 * 256) + data
