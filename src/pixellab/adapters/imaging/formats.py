"""The formats that are read and written, each one record; what they share is ``imaging``'s.

Their extensions and media types are in ``pixellab.domain.formats``, since keys are made of them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pixellab.adapters.imaging.codecs.avif import write_avif
from pixellab.adapters.imaging.codecs.format_record import Extra, ImageFormat, Qualities, Writing
from pixellab.adapters.imaging.codecs.jpeg import write_jpeg
from pixellab.adapters.imaging.codecs.png import write_png
from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.codecs.signatures import HEAD, begins_with, is_avif, is_bmp, is_heif
from pixellab.adapters.imaging.codecs.webp import write_webp
from pixellab.domain.errors import UnsupportedImage
from pixellab.domain.formats import Format

Pixels = NDArray[np.uint8]


def _heif(data: BinaryIO) -> ImageFile:
    from pi_heif import HeifImageFile

    image: ImageFile = HeifImageFile(data)
    return image


_ALL = (
    ImageFormat(
        name="JPEG",
        begins=begins_with(rb"\xff\xd8\xff"),
        reader=JpegImageFile,
        codec="jpg",
        writing=Writing(
            encode=write_jpeg,
            max_side=65500,  # libjpeg's limit
            qualities=Qualities(
                faithful=92,
                # Below, the pixels may have been improved since the source was written.
                least_faithful=80,
                # About where, at equal bytes, photos enlarged again were most like the original
                # (SSIM, SSIMULACRA 2); those of other formats are set by analogy.
                floor=65,
                smallest=(60, 96),
                likely=89,
                likeness_slope=1.2,
                size_slope=0.032,
            ),
        ),
    ),
    ImageFormat(
        name="PNG",
        begins=begins_with(rb"\x89PNG\r\n\x1a\n"),
        reader=PngImageFile,
        codec="zlib",
        writing=Writing(encode=write_png, max_side=2**31 - 1, qualities=None),
    ),
    ImageFormat(
        name="WEBP",
        begins=begins_with(rb"RIFF....WEBP"),
        reader=WebPImageFile,
        codec="webp",
        writing=Writing(
            encode=write_webp,
            max_side=16383,
            qualities=Qualities(
                faithful=94,
                floor=60,
                smallest=(55, 98),
                likely=90,
                likeness_slope=1.1,
                size_slope=0.03,
            ),
        ),
    ),
    ImageFormat(
        name="AVIF",
        begins=is_avif,
        reader=AvifImageFile,
        codec="avif",
        writing=Writing(
            encode=write_avif,
            max_side=32768,  # the limit of libavif's decoder
            qualities=Qualities(
                faithful=86,
                floor=45,
                smallest=(45, 94),
                likely=80,
                likeness_slope=0.5,
                size_slope=0.04,
            ),
        ),
    ),
    ImageFormat(
        name="TIFF",
        # Not Canon's raw files, which begin as a TIFF does.
        begins=begins_with(rb"(II\*\0|MM\0\*|II\+\0|MM\0\+)(?!....CR)"),
        reader=TiffImageFile,
    ),
    ImageFormat(name="BMP", begins=is_bmp, reader=BmpImageFile),
    ImageFormat(name="GIF", begins=begins_with(rb"GIF8[79]a"), reader=GifImageFile),
    ImageFormat(
        name="HEIF",
        title="HEIC",
        begins=is_heif,
        reader=_heif,
        extra=Extra(name="heif", module="pi_heif"),
    ),
)
FORMATS: Mapping[str, ImageFormat] = {each.name: each for each in _ALL}
_plain = [each.title for each in _ALL if each.extra is None]
ALWAYS_ACCEPTED = f"{', '.join(_plain[:-1])} and {_plain[-1]}"
NOT_READ = re.compile("unknown pixel mode|unknown data organization|^unsupported", re.IGNORECASE)
"""What Pillow says of pixels that it has no mode for, such as inks with alpha."""
ACCEPTED = ", ".join(_plain) + "".join(
    f" and, with the {each.extra.name} extra, {each.title}" for each in _ALL if each.extra
)


def format_of(content: bytes) -> ImageFormat:
    """What the file's first bytes name. Raises UnsupportedImage where that is not accepted."""
    head = content[:HEAD]
    for each in _ALL:
        if each.begins(head):
            return each
    problem = "not a picture that is accepted" if content else "empty"
    raise UnsupportedImage(f"The file is {problem}; accepted are {ACCEPTED}.")


def open_file(content: bytes, kind: ImageFormat) -> ImageFile:
    """The file, not decoded yet. Raises UnsupportedImage without its extra, or as Pillow."""
    if kind.extra and not kind.is_usable:
        raise UnsupportedImage(
            f"{kind.title} pictures are not accepted by this installation, which lacks the "
            f"{kind.extra.name} extra; accepted are {ALWAYS_ACCEPTED}."
        )
    try:
        return kind.reader(io.BytesIO(content))
    except (SyntaxError, OSError) as error:
        if NOT_READ.search(str(error)):
            raise UnsupportedImage(
                f"{kind.title} pictures with this kind of pixels are not accepted; "
                "8 bits a channel, RGB or grey, are."
            ) from error
        raise


def writing(output: Format) -> Writing:
    """How files of ``output`` are made."""
    found = FORMATS[output].writing
    assert found is not None
    return found


def write(pixels: Pixels, settings: Settings) -> bytes:
    """A whole file with its sRGB profile and the metadata that are kept.

    ``pixels`` are uint8 (height, width, 3 or 4) RGB or straight RGBA; JPEG takes RGB only.
    """
    return writing(settings.format).encode(pixels, settings)
