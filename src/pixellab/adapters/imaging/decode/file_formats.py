"""Which format a file has, by its first bytes, and Pillow's reader of just that format."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import BinaryIO

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL.ImageFile import ImageFile

from pixellab.domain.errors import UnsupportedImage

Reader = Callable[[BinaryIO], ImageFile]

ACCEPTED = "JPEG, PNG, WEBP, AVIF, TIFF, BMP, GIF and, with the heif extra, HEIC"
SIGNATURES = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "WEBP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "GIF": re.compile(rb"GIF8[79]a"),
    # Not Canon's raw files, which begin as a TIFF does.
    "TIFF": re.compile(rb"(II\*\0|MM\0\*|II\+\0|MM\0\+)(?!....CR)", re.DOTALL),
    "BMP": re.compile(rb"BM"),
}
BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
"""Sizes of the information header that follows the 14 bytes of a BMP's file header."""
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})


def sniff(content: bytes) -> str:
    """The format that the first bytes name; the file's name is never asked.

    Raises UnsupportedImage where that is none of the accepted ones.
    """
    head = content[:64]
    for kind, signature in SIGNATURES.items():
        if signature.match(head) and (kind != "BMP" or _bmp_header_size(head) in BMP_HEADER_SIZES):
            return kind
    brands = _brands(head)
    if brands & AVIF_BRANDS:
        return "AVIF"
    if brands & HEIF_BRANDS:
        return "HEIF"
    problem = "not a picture that is accepted" if content else "empty"
    raise UnsupportedImage(f"The file is {problem}; accepted are {ACCEPTED}.")


def _brands(head: bytes) -> set[bytes]:
    """Major and compatible brands of an ISO base media file (ISO/IEC 14496-12, 4.3)."""
    if head[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}


def _bmp_header_size(head: bytes) -> int | None:
    return struct.unpack_from("<I", head, 14)[0] if len(head) >= 18 else None


def reader(kind: str) -> Reader:
    """Pillow's reader of just this format, without Pillow's process-wide limits and guesses."""
    readers: dict[str, Reader] = {
        "JPEG": JpegImagePlugin.JpegImageFile,
        "PNG": PngImagePlugin.PngImageFile,
        "WEBP": WebPImagePlugin.WebPImageFile,
        "AVIF": AvifImagePlugin.AvifImageFile,
        "TIFF": TiffImagePlugin.TiffImageFile,
        "BMP": BmpImagePlugin.BmpImageFile,
        "GIF": GifImagePlugin.GifImageFile,
        "HEIF": _heif,
    }
    return readers[kind]


def _heif(data: BinaryIO) -> ImageFile:
    try:
        from pi_heif import HeifImageFile
    except ImportError as error:
        raise UnsupportedImage(
            "HEIC pictures are not accepted by this installation, which lacks the heif extra; "
            "accepted are JPEG, PNG, WEBP, AVIF, TIFF, BMP and GIF."
        ) from error
    image: ImageFile = HeifImageFile(data)
    return image
