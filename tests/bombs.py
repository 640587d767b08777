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


def scan_bomb(side: int, scans: int) -> bytes:
    """A progressive grey JPEG (ITU-T T.81, B.2) with so many empty passes, and bytes enough."""
    frame = struct.pack(">BHHBBBB", 8, side, side, 1, 1, 0x11, 0)
    tables = _segment(0xDB, bytes([0, *[1] * 64]))
    tables += b"".join(_segment(0xC4, bytes([kind, 1, *[0] * 15, 0])) for kind in (0x00, 0x10))
    scan = _segment(0xDA, bytes([1, 1, 0, 0, 0, 0]))
    data = bytes(side * side // 256)
    return b"\xff\xd8" + tables + _segment(0xC2, frame) + scan * scans + data + b"\xff\xd9"


def jpeg_with(photo: bytes, marker: int, data: bytes, times: int) -> bytes:
    """``photo`` with so many segments behind its start."""
    return photo[:2] + _segment(marker, data) * times + photo[2:]


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data
