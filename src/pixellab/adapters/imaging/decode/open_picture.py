"""Bytes to pixels: refuse what is too large or not a picture, then decode it once and in full."""

from __future__ import annotations

from contextlib import suppress
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import JpegImagePlugin, TiffImagePlugin
from PIL.Image import DecompressionBombError, DecompressionBombWarning
from PIL.ImageFile import ImageFile

from pixellab.adapters.imaging import metadata
from pixellab.adapters.imaging.codecs.jpeg_tables import quality_of_tables
from pixellab.adapters.imaging.decode.colour_profiles import is_srgb, to_srgb_pixels
from pixellab.adapters.imaging.decode.nothing_else import holds_nothing_else
from pixellab.adapters.imaging.formats import ACCEPTED, format_of, open_file
from pixellab.domain.errors import FileTooLarge, UndecodableImage, UnsupportedImage
from pixellab.domain.pictures import Picture

Pixels = NDArray[np.uint8]

MEGA = 1_000_000
DNG_VERSION_TAG = 50706
ORIENTATION_TAG = 0x0112


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
        with open_file(content, kind) as image:
            _check_pixels(image.size, max_pixels)
            _refuse_camera_raw(image)
            return _decode(image, kind.name, content)
    except (FileTooLarge, UnsupportedImage):
        raise
    except (DecompressionBombError, DecompressionBombWarning) as error:
        raise FileTooLarge(
            f"The picture has too many pixels; allowed are {max_pixels / MEGA:.0f} megapixels."
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
        warnings.append("The file has several frames or pages; only the first one was used.")
    icc = image.info.get("icc_profile") or None
    quality = None
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        quality = quality_of_tables(image.quantization)
    pixels = _decode_plain_jpeg(image, content, icc)
    if pixels is None:
        image.load()
        pixels, profile_warning = to_srgb_pixels(image, icc)
        warnings += [profile_warning] if profile_warning else []
    pixels = _upright(_without_opaque_alpha(pixels), _orientation(image))
    pixels.setflags(write=False)
    return Picture(
        pixels=pixels,
        format=kind,
        metadata=metadata.read(image, content),
        source_quality=quality,
        warnings=tuple(warnings),
        may_be_handed_on=not warnings and holds_nothing_else(image, content),
    )


def _decode_plain_jpeg(image: ImageFile, content: bytes, icc: bytes | None) -> Pixels | None:
    """An RGB or grey JPEG in sRGB, by OpenCV: the same pixels as Pillow's, without its copies.

    None where the file is something else, or damaged; then Pillow tries and says what is wrong.
    """
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or image.mode not in ("RGB", "L"):
        return None
    if icc and not is_srgb(icc, image.mode):
        return None
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    with suppress(cv2.error):
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
        if pixels is not None and pixels.shape[:2] == (image.height, image.width):
            return np.asarray(pixels, np.uint8)
    return None


def _without_opaque_alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4 and pixels[..., 3].min() == 255:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), np.uint8)
    return pixels


def _orientation(image: ImageFile) -> int:
    """EXIF orientation, 1 to 8, of pixels not turned yet; 1 where there is none or it is broken."""
    with suppress(Exception):
        # Pillow's TIFF and HEIF readers turn the picture themselves and then report 1 or nothing.
        value = int(image.getexif().get(ORIENTATION_TAG, 1))
        return value if 1 <= value <= 8 else 1
    return 1


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn by the EXIF 2.32 orientation (tag 274), so that row 0 is the top."""
    match orientation:
        case 2:
            turned = cv2.flip(pixels, 1)
        case 3:
            turned = cv2.rotate(pixels, cv2.ROTATE_180)
        case 4:
            turned = cv2.flip(pixels, 0)
        case 5:
            turned = cv2.transpose(pixels)
        case 6:
            turned = cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE)
        case 7:
            turned = cv2.rotate(cv2.transpose(pixels), cv2.ROTATE_180)
        case 8:
            turned = cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE)
        case _:
            turned = pixels
    return np.ascontiguousarray(turned, np.uint8)
