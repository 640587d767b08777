"""What a PNG has a decoder do beside its pixels: its chunks, and the texts that are packed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from pixellab.adapters.imaging.decode.costs.metadata_size import MAX_METADATA, refuse_much_metadata
from pixellab.adapters.imaging.decode.png_chunks import chunks
from pixellab.domain.errors import UndecodableImage

MAX_CHUNKS, LEAST_BYTES = 50_000, 1_000
"""So many chunks, or as many as have so many bytes each: libpng writes 8 KB of pixels in a chunk.
Pillow takes 2.4 microseconds for one."""
PIXELS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"fcTL", b"fdAT", b"IEND"))
NULLS_BEFORE_DATA: Mapping[bytes, int] = {b"zTXt": 1, b"iCCP": 1, b"iTXt": 4}
"""Of chunks that may be packed: how many zero bytes end the texts before the data (ISO/IEC 15948,
11.3.3.3 and 11.3.4)."""


def refuse_costly_png(content: bytes) -> None:
    """Raises UndecodableImage, FileTooLarge."""
    allowed = max(MAX_CHUNKS, len(content) // LEAST_BYTES)
    metadata = 0
    for count, (name, body) in enumerate(chunks(content), 1):
        if count > allowed:
            raise UndecodableImage(f"The PNG file has too many chunks; allowed are {allowed}.")
        if name not in PIXELS:
            metadata += len(body) + _unpacked(name, body)
            refuse_much_metadata(metadata)


def _unpacked(name: bytes, body: bytes) -> int:
    """Bytes that the chunk becomes, counted only as far as they matter."""
    if name not in NULLS_BEFORE_DATA:
        return 0
    data = body.split(b"\0", NULLS_BEFORE_DATA[name])[-1]
    # The method is a zero byte, too. zTXt and iCCP have it right before the data; of iTXt it was
    # counted.
    packed = data if name == b"iTXt" else data[1:]
    try:
        return len(zlib.decompressobj().decompress(packed, MAX_METADATA + 1))
    except zlib.error:
        return 0
