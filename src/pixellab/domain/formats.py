"""The formats there are, and what their files are called."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from attrs import frozen

from pixellab.domain.request_fields import parse_choice


class Format(StrEnum):
    """A format that PixelLab writes."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    AVIF = "AVIF"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The format named by ``text`` in any letter case (JPG is JPEG), or InvalidRequest."""
        return parse_choice(cls, "output_format", "JPEG" if text.strip().upper() == "JPG" else text)

    @property
    def keeps_alpha(self) -> bool:
        return self is not Format.JPEG


@frozen
class FileType:
    """What files of a format are called."""

    name: str
    """Pillow's name of the format."""
    media_type: str
    extensions: tuple[str, ...]
    """Without the dot; the first is the one that results and keys have."""


_FILE_TYPES = (
    FileType("JPEG", "image/jpeg", ("jpg", "jpeg", "jpe")),
    FileType("PNG", "image/png", ("png",)),
    FileType("WEBP", "image/webp", ("webp",)),
    FileType("AVIF", "image/avif", ("avif",)),
    FileType("TIFF", "image/tiff", ("tif", "tiff")),
    FileType("BMP", "image/bmp", ("bmp",)),
    FileType("GIF", "image/gif", ("gif",)),
    FileType("HEIF", "image/heic", ("heic", "heif")),
)
FILE_TYPES: Mapping[str, FileType] = {each.name: each for each in _FILE_TYPES}
"""Of every format that is read or written; ``adapters/imaging/formats`` reads and writes them."""
EXTENSIONS: Mapping[str, str] = {each.name: each.extensions[0] for each in _FILE_TYPES}
MEDIA_TYPES: Mapping[str, str] = {each.name: each.media_type for each in _FILE_TYPES}
FORMAT_OF_EXTENSION: Mapping[str, str] = {
    extension: each.name for each in _FILE_TYPES for extension in each.extensions
}
"""The format that each extension, without the dot and in lower case, stands for."""
