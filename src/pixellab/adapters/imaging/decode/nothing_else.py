"""Whether a file holds its pixels and nothing that would be dropped if it were written anew.

Only what is known to be harmless passes: a segment or chunk that nobody knows may hold a place, a
name, or a thumbnail of what was cut away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PIL.ImageFile import ImageFile

from pixellab.adapters.imaging.decode.colour_profiles import is_srgb
from pixellab.adapters.imaging.decode.container_boxes import (
    boxes,
    item_properties,
    item_types,
    uses_all_its_data,
)
from pixellab.adapters.imaging.decode.jpeg_segments import (
    APPLICATION,
    COMMENT,
    END,
    SCAN,
    Segment,
    segments,
)
from pixellab.adapters.imaging.decode.png_chunks import chunks

MODES = {
    "JPEG": ("RGB", "L"),
    "PNG": ("RGB", "RGBA", "L", "LA", "P", "1"),
    "WEBP": ("RGB", "RGBA"),
    "AVIF": ("RGB", "RGBA", "L"),
}
"""Of Pillow; what is not here, CMYK first, is shown otherwise than it is decoded."""
APP0, ICC, ADOBE = 0xE0, 0xE2, 0xEE
HARMLESS = {APP0: b"JFIF\0", ICC: b"ICC_PROFILE\0", ADOBE: b"Adobe"}
"""What application segments may begin with: density, colour profile, colour transform."""
CHUNKS = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"sRGB", b"iCCP", b"pHYs", b"sBIT", b"tRNS")
) | {
    b"cICP",
    b"gAMA",
    b"cHRM",
}
"""Of PNG (ISO/IEC 15948, 11): the picture itself, its colours, its density."""
RIFF_CHUNKS = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"))
"""Of WEBP (RFC 9649, 2.7): the picture itself, its alpha, its profile."""
BOXES = frozenset((b"ftyp", b"meta", b"mdat"))
ITEM_TYPES = frozenset((b"av01", b"grid"))
ITEM_PROPERTIES = frozenset((b"ispe", b"pixi", b"av1C", b"colr", b"auxC", b"pasp"))
"""Of AVIF: coded pictures, and what describes them, but does not turn them (MIAF, 7.3.6)."""


def holds_nothing_else(image: ImageFile, content: bytes) -> bool:
    """Of a JPEG, PNG, WEBP or AVIF ``image`` and its whole file; False for every other format."""
    kind, icc = str(image.format), image.info.get("icc_profile")
    if image.mode not in MODES.get(kind, ()):
        return False
    if icc and not is_srgb(icc, "L" if image.mode in ("L", "LA", "1") else "RGB"):
        return False
    return BARE[kind](content)


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


def _is_bare_webp(content: bytes) -> bool:
    place = 12
    while place + 8 <= len(content):
        name, length = content[place : place + 4], content[place + 4 : place + 8]
        if name not in RIFF_CHUNKS:
            return False
        size = int.from_bytes(length, "little")
        place += 8 + size + size % 2
    return place == len(content)


def _is_bare_avif(content: bytes) -> bool:
    return (
        BOXES.issuperset(each.name for each in boxes(content))
        and ITEM_TYPES.issuperset(item_types(content))
        and ITEM_PROPERTIES.issuperset(each.name for each in item_properties(content))
        and uses_all_its_data(content)
    )


BARE: Mapping[str, Callable[[bytes], bool]] = {
    "JPEG": _is_bare_jpeg,
    "PNG": _is_bare_png,
    "WEBP": _is_bare_webp,
    "AVIF": _is_bare_avif,
}
