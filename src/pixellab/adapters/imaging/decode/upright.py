"""Which way up a picture is meant to be."""

from __future__ import annotations

from contextlib import suppress

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL.ImageFile import ImageFile

Pixels = NDArray[np.uint8]

ORIENTATION_TAG = 0x0112


def orientation(image: ImageFile) -> int:
    """EXIF orientation, 1 to 8, of pixels not turned yet; 1 where there is none or it is broken."""
    with suppress(Exception):
        # Pillow's TIFF and HEIF readers turn the picture themselves and then report 1 or nothing.
        value = int(image.getexif().get(ORIENTATION_TAG, 1))
        return value if 1 <= value <= 8 else 1
    return 1


def upright(pixels: Pixels, turned_by: int) -> Pixels:
    """Turn by the EXIF 2.32 orientation (tag 274), so that row 0 is the top."""
    match turned_by:
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
