"""Bytes to pixels: refuse what is too large or not a picture, then decode it once and in full."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import JpegImagePlugin, PngImagePlugin, TiffImagePlugin
from PIL.Image import DecompressionBombError, DecompressionBombWarning
from PIL.ImageFile import ImageFile

from pixellab.adapters.imaging import metadata
from pixellab.adapters.imaging.codecs.jpeg_tables import quality_of_tables
from pixellab.adapters.imaging.decode.colour_profiles import is_srgb, to_srgb_pixels
from pixellab.adapters.imaging.decode.colour_spaces import in_srgb
from pixellab.adapters.imaging.decode.costs.bounds import refuse_costly
from pixellab.adapters.imaging.decode.declared_colours import declared_colours, gain_map_dropped
from pixellab.adapters.imaging.decode.jpeg_data import (
    passes_missing,
    refuse_incomplete,
    refuse_too_few_bytes,
    with_its_end,
)
from pixellab.adapters.imaging.decode.nothing_else import holds_nothing_else
from pixellab.adapters.imaging.decode.pixel_modes import plain_mode
from pixellab.adapters.imaging.decode.png_data import refuse_missing_rows
from pixellab.adapters.imaging.decode.upright import orientation, upright
from pixellab.adapters.imaging.formats import ACCEPTED, format_of, open_file
from pixellab.domain.errors import FileTooLarge, UndecodableImage, UnsupportedImage
from pixellab.domain.pictures import Picture

Pixels = NDArray[np.uint8]

MEGA = 1_000_000
DNG_VERSION_TAG = 50706
FIRST_ONLY = "The file has several frames or pages; only the first one was used."


def open_picture(data: BinaryIO, *, max_bytes: int, max_pixels: int) -> Picture:
    """Decode the picture that ``data`` holds from its current position on.

    Returns a Picture whose ``pixels`` are uint8 (height, width, 3 or 4), RGB or straight RGBA,
    sRGB, upright, read-only. Of an animation or a file with several pages, the first is decoded and
    a warning says so. Alpha that is opaque everywhere is dropped.

    Raises FileTooLarge (over ``max_bytes``, or over ``max_pixels`` by its header, before anything
    is decoded), UnsupportedImage (not an accepted format), UndecodableImage (damaged or cut short).
    Any shape is accepted within ``max_pixels``, down to 1 x 1 and up to a single row.
    """
    content = _read(data, max_bytes)
    kind = format_of(content)
    try:
        refuse_costly(content, kind.name)
        with open_file(content, kind) as image:
            _check_pixels(image.size, max_pixels)
            _refuse_camera_raw(image)
            if kind.name == "JPEG":
                refuse_too_few_bytes(content)
            return _decode(image, kind.name, content)
    except (FileTooLarge, UnsupportedImage, UndecodableImage):
        raise
    except (DecompressionBombError, DecompressionBombWarning) as error:
        raise FileTooLarge(
            f"The picture has too many pixels; allowed are {max_pixels / MEGA:.0f} megapixels."
        ) from error
    except MemoryError as error:
        raise UndecodableImage(
            f"The {kind.title} file takes more memory to be read than it may."
        ) from error
    except Exception as error:
        raise UndecodableImage(
            f"The {kind.name} file is damaged or incomplete and cannot be decoded."
        ) from error


def _read(data: BinaryIO, max_bytes: int) -> bytes:
    content = data.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise FileTooLarge(f"The file is too large; allowed are {max_bytes / MEGA:g} MB.")
    return content


def _check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise FileTooLarge(
            f"The picture has {width} x {height} = {width * height / MEGA:.1f} megapixels; "
            f"allowed are {max_pixels / MEGA:g}."
        )


def _refuse_camera_raw(image: ImageFile) -> None:
    # A DNG is a TIFF whose first page is only a thumbnail of the photo.
    if isinstance(image, TiffImagePlugin.TiffImageFile) and DNG_VERSION_TAG in image.tag_v2:
        raise UnsupportedImage(f"Camera raw files are not accepted; accepted are {ACCEPTED}.")


def _decode(image: ImageFile, kind: str, content: bytes) -> Picture:
    warnings = []
    if getattr(image, "is_animated", False):
        warnings.append(FIRST_ONLY)
    quality = None
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        quality = quality_of_tables(image.quantization)
        warnings += _told(passes_missing(content))
    else:
        # Before its metadata are read: Pillow decodes a PNG for them, and tells of damage once.
        _load(image)
        if kind == "PNG":
            refuse_missing_rows(content, image)
    icc = image.info.get("icc_profile") or None
    declared = declared_colours(image, content, icc)
    warnings += _told(declared.warning, gain_map_dropped(image, content))
    if declared.colours:
        pixels, profile_warning = to_srgb_pixels(plain_mode(_loaded(image, content), content), None)
        pixels = in_srgb(pixels, declared.colours)
    else:
        pixels, profile_warning = _decode_by_profile(image, content, icc)
    warnings += _told(profile_warning)
    pixels = upright(_without_opaque_alpha(pixels), orientation(image))
    pixels.setflags(write=False)
    return Picture(
        pixels=pixels,
        format=kind,
        metadata=metadata.read(image, content),
        source_quality=quality,
        warnings=tuple(warnings),
        may_be_handed_on=not warnings
        and not declared.colours
        and holds_nothing_else(image, content),
    )


def _load(image: ImageFile) -> None:
    """Decode the picture; in a PNG, what follows its pixels may be damaged."""
    try:
        image.load()
    except Exception:
        # Without its file Pillow was through with it, so it is the pixels that are damaged.
        if not isinstance(image, PngImagePlugin.PngImageFile) or image.fp is None:
            raise
        image.load()  # Does nothing if they are all there, and else fails again.


def _told(*warnings: str | None) -> list[str]:
    return [each for each in warnings if each]


def _decode_by_profile(
    image: ImageFile, content: bytes, icc: bytes | None
) -> tuple[Pixels, str | None]:
    """Pixels in sRGB, and a warning where ``icc`` could not be used.

    An RGB or grey JPEG that is in sRGB already goes through OpenCV: the same pixels as Pillow's,
    without its copies.
    """
    plain = isinstance(image, JpegImagePlugin.JpegImageFile) and image.mode in ("RGB", "L")
    if plain and not (icc and not is_srgb(icc, image.mode)):
        whole = with_its_end(content)
        pixels = _by_opencv(whole)
        if pixels is not None and pixels.shape[:2] == (image.height, image.width):
            refuse_incomplete(whole, pixels, _by_opencv, had_its_end=whole is content)
            return pixels, None
    return to_srgb_pixels(plain_mode(_loaded(image, content), content), icc)


def _loaded(image: ImageFile, content: bytes) -> ImageFile:
    """Decoded by Pillow, which says what is wrong if anything is."""
    if not isinstance(image, JpegImagePlugin.JpegImageFile):
        image.load()
        return image
    whole = with_its_end(content)
    loaded = JpegImagePlugin.JpegImageFile(io.BytesIO(whole))
    loaded.load()
    refuse_incomplete(whole, np.asarray(loaded), _by_pillow, had_its_end=whole is content)
    return loaded


def _by_opencv(content: bytes) -> Pixels | None:
    """A JPEG's pixels as they lie in the file; None where it is damaged."""
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    with suppress(cv2.error):
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
        return None if pixels is None else np.asarray(pixels, np.uint8)
    return None


def _by_pillow(content: bytes) -> Pixels:
    return np.asarray(JpegImagePlugin.JpegImageFile(io.BytesIO(content)))


def _without_opaque_alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4 and pixels[..., 3].min() == 255:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), np.uint8)
    return pixels
