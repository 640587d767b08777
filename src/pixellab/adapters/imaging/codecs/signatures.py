"""How files of each format begin; a file's name is never asked."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

HEAD = 64
"""Bytes of a file that are enough to tell."""
BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
"""Sizes of the information header that follows the 14 bytes of a BMP's file header."""
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})


def begins_with(pattern: bytes) -> Callable[[bytes], bool]:
    """Whether a file's head matches the regular expression."""
    signature = re.compile(pattern, re.DOTALL)
    return lambda head: signature.match(head) is not None


def is_bmp(head: bytes) -> bool:
    sized = head[:2] == b"BM" and len(head) >= 18
    return sized and struct.unpack_from("<I", head, 14)[0] in BMP_HEADER_SIZES


def is_avif(head: bytes) -> bool:
    return bool(_brands(head) & AVIF_BRANDS)


def is_heif(head: bytes) -> bool:
    """AVIF files may carry a HEIF brand, too."""
    return bool(_brands(head) & HEIF_BRANDS) and not is_avif(head)


def _brands(head: bytes) -> set[bytes]:
    """Major and compatible brands of an ISO base media file (ISO/IEC 14496-12, 4.3)."""
    if head[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
