"""Whether a file holds its pixels and nothing that would be dropped if it were written anew.

Only what is known to be harmless passes: a segment or chunk that nobody knows may hold a place, a
name, or a thumbnail of what was cut away.
"""

from __future__ import annotations

from PIL.ImageFile import ImageFile

from pixellab.adapters.imaging.decode.colour_profiles import is_srgb
from pixellab.adapters.imaging.decode.jpeg_segments import (
    APPLICATION,
    COMMENT,
    END,
    SCAN,
    Segment,
    segments,
)
from pixellab.adapters.imaging.decode.png_chunks import chunks

MODES = ("RGB", "L")
"""Pixels that are decoded as they are: 8 bits, no alpha, no CMYK."""
APP0, ICC, ADOBE = 0xE0, 0xE2, 0xEE
HARMLESS = {APP0: b"JFIF\0", ICC: b"ICC_PROFILE\0", ADOBE: b"Adobe"}
"""What application segments may begin with: density, colour profile, colour transform."""
CHUNKS = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"sRGB", b"iCCP", b"pHYs", b"sBIT")) | {
    b"cICP",
    b"gAMA",
    b"cHRM",
}
"""Of PNG (ISO/IEC 15948, 11): the picture itself, its colours, its density."""


def holds_nothing_else(image: ImageFile, content: bytes) -> bool:
    """Of a JPEG or PNG ``image`` and its whole file; False for every other format."""
    icc = image.info.get("icc_profile")
    if image.mode not in MODES or (icc and not is_srgb(icc, image.mode)):
        return False
    if image.format == "JPEG":
        return _is_bare_jpeg(content)
    return image.format == "PNG" and _is_bare_png(content)


def _is_bare_jpeg(content: bytes) -> bool:
    """Tables, harmless segments and scans in a row, and nothing after the end."""
    place, scanned = 2, False
    for each in segments(content):
        if each.start != place and not scanned:
            return False
        place = each.end
        if each.marker == END:
            return scanned and place == len(content)
        if each.marker == SCAN:
            scanned = True
        if each.marker == COMMENT:
            return False
        if each.marker in APPLICATION and (scanned or not _is_harmless(each)):
            return False
    return False


def _is_harmless(segment: Segment) -> bool:
    known = HARMLESS.get(segment.marker)
    if known is None or not segment.data.startswith(known):
        return False
    # JFIF 1.02 may carry a thumbnail.
    return segment.marker != APP0 or segment.data[12:14] == b"\0\0"


def _is_bare_png(content: bytes) -> bool:
    names = [name for name, _ in chunks(content)]
    return bool(names) and names[-1] == b"IEND" and CHUNKS.issuperset(names)
