"""What a TIFF has a decoder do: its strips or tiles, of which each is read by itself."""

from __future__ import annotations

import struct

from pixellab.domain.errors import UndecodableImage

STRIPS, TILES = 273, 324
"""The tags whose number of values is that of the pieces (TIFF 6.0, sections 8 and 15)."""
MAX_PIECES = 65_536
"""Strips of one row up to that height, or tiles of 32 x 32 up to 60 megapixels. Pillow takes 3 to 8
microseconds for one."""


def refuse_many_pieces(content: bytes) -> None:
    """Raises UndecodableImage."""
    pieces = max(_counts(content), default=0)
    if pieces > MAX_PIECES:
        raise UndecodableImage(
            f"The TIFF file has {pieces} strips or tiles; allowed are {MAX_PIECES}."
        )


def _counts(content: bytes) -> list[int]:
    """How many values STRIPS and TILES have in the first directory, as far as it can be read."""
    order = "<" if content[:2] == b"II" else ">"
    big = content[2:4] in (b"\x2b\0", b"\0\x2b")
    offset, number, entry = ("Q", "Q", "HHQQ") if big else ("I", "H", "HHII")
    try:
        begins = struct.unpack_from(order + offset, content, 8 if big else 4)[0]
        entries = struct.unpack_from(order + number, content, begins)[0]
        begins += struct.calcsize(order + number)
        size = struct.calcsize(order + entry)
        rows = content[begins : begins + size * entries]
        whole = rows[: len(rows) // size * size]
        found = struct.iter_unpack(order + entry, whole)
        return [count for tag, _, count, _ in found if tag in (STRIPS, TILES)]
    except (struct.error, OverflowError):
        return []
