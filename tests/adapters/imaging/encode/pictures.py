"""Pictures that the tests encode, and what a decoder makes of the file."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.imaging.decode.open_picture import open_picture
from pixellab.adapters.imaging.encode.encode import encode
from pixellab.adapters.imaging.formats import writing
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodedImage, EncodeSpec, Metadata, Picture
from tests.conftest import scene

LOSSY = [output for output in Format if writing(output).qualities]
CREDITS = Metadata(
    copyright="© 2026 Müller & Söhne",
    author="Ana <ana>",
    digital_source_type="trainedAlgorithmicMedia",
)


def picture_of(pixels: NDArray[np.uint8], **fields: Any) -> Picture:
    return Picture(pixels=np.ascontiguousarray(pixels), format="PNG", **fields)


def photo(width: int = 480, height: int = 360, seed: int = 0) -> NDArray[np.uint8]:
    """A textured scene that compresses about as a photo does."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (height, width, 3)).astype(np.float32)
    texture = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma * 12 for sigma in (1, 3, 9))
    mixed = scene(width, height, seed) * 0.8 + 20 + np.asarray(texture)
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def encoded(pixels: NDArray[np.uint8], output: Format, **spec: Any) -> EncodedImage:
    return encode(picture_of(pixels), EncodeSpec(format=output, **spec))


def reopened(result: EncodedImage) -> Picture:
    return open_picture(io.BytesIO(result.data), max_bytes=10**8, max_pixels=10**8)
