"""Whether a file holds its pixels and nothing that would be dropped if it were written anew.

Only what is known to be harmless passes: a segment or chunk that nobody knows may hold a place, a
name, or a thumbnail of what was cut away.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from PIL.ImageFile import ImageFile

from pixellab.adapters.imaging.decode.colour_profiles import is_srgb

MODES = ("RGB", "L")
"""Pixels that are decoded as they are: 8 bits, no alpha, no CMYK."""
END, SCAN = 0xD9, 0xDA
NEXT_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
"""In a scan of JPEG: what is no stuffed byte, no fill byte and no restart (ITU-T T.81, B.1.1)."""
APP0, ICC, ADOBE = 0xE0, 0xE2, 0xEE
APPLICATION = range(0xE0, 0xF0)
COMMENT = 0xFE
HARMLESS = {APP0: b"JFIF\0", ICC: b"ICC_PROFILE\0", ADOBE: b"Adobe"}
"""What application segments may begin with: density, colour profile, colour transform."""
CHUNKS = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"sRGB", b"iCCP", b"pHYs", b"sBIT"))
"""Of PNG (ISO/IEC 15948, 11): the picture itself, its profile, its density."""
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def holds_nothing_else(image: ImageFile, content: bytes) -> bool:
    """Of a JPEG or PNG ``image`` and its whole file; False for every other format."""
    icc = image.info.get("icc_profile")
    if image.mode not in MODES or (icc and not is_srgb(icc, image.mode)):
        return False
    if image.format == "JPEG":
        return _is_bare_jpeg(content)
    return image.format == "PNG" and _is_bare_png(content)


def _is_bare_jpeg(content: bytes) -> bool:
    """Nothing before the first scan but tables and harmless segments, and nothing after the end."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        data = content[place + 4 : place + 2 + length]
        if marker == COMMENT:
            return False
        if marker in APPLICATION and not data.startswith(HARMLESS.get(marker, b"\0" * 99)):
            return False
        if marker == APP0 and data[12:14] != b"\0\0":  # JFIF 1.02 may carry a thumbnail.
            return False
        if marker == SCAN:
            return _ends(content, place + 2 + length)
        place += 2 + length
    return False


def _ends(content: bytes, place: int) -> bool:
    """Whether scans, and tables between them, are all there is up to the end of the file."""
    while found := NEXT_MARKER.search(content, place):
        place, marker = found.end(), content[found.end() - 1]
        if marker == END:
            return place == len(content)
        if marker == COMMENT or marker in APPLICATION:
            return False
        place += int.from_bytes(content[place : place + 2], "big")
    return False


def _is_bare_png(content: bytes) -> bool:
    names = list(_chunks(content))
    return bool(names) and names[-1] == b"IEND" and CHUNKS.issuperset(names)


def _chunks(content: bytes) -> Iterator[bytes]:
    """The names of all chunks; an empty one where bytes follow the last, or one is cut short."""
    place = len(PNG_SIGNATURE)
    while place < len(content):
        if place + 12 > len(content):
            yield b""
            return
        length, name = struct.unpack(">I4s", content[place : place + 8])
        yield name
        place += 12 + length
        if name == b"IEND":
            if place != len(content):
                yield b""
            return
