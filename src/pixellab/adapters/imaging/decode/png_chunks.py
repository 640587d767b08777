"""A PNG's chunks, in their order (ISO/IEC 15948, 5.3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
BROKEN = b""
"""The name where bytes follow the last chunk, or one is cut short."""


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each, to the end of the file."""
    place = len(SIGNATURE)
    while place < len(content):
        if place + 12 > len(content):
            yield BROKEN, b""
            return
        length, name = struct.unpack(">I4s", content[place : place + 8])
        yield name, content[place + 8 : place + 8 + length]
        place += 12 + length
        if name == b"IEND":
            if place != len(content):
                yield BROKEN, b""
            return
