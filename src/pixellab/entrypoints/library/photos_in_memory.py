"""Photos as programs hold them: Pillow's images and NumPy's arrays, in and out."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from attrs import asdict, field, frozen
from numpy.typing import NDArray
from PIL.Image import Image

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.formats import FORMAT_OF_EXTENSION
from pixellab.domain.images import StoredObject
from pixellab.domain.use_cases import Outcome, Result

IN_PNG = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}
"""Pillow's modes that a PNG holds as they are."""


def file_of(photo: Image | NDArray[np.uint8]) -> bytes:
    """A lossless file of an image of Pillow's, or of uint8 (H, W), (H, W, 3) or (H, W, 4).

    Arrays are grey, R, G, B, or R, G, B and straight A, in sRGB. An image's profile and its EXIF
    orientation count as they would in a file. Raises InvalidRequest for another array.
    """
    image = photo if isinstance(photo, Image) else _image_of(photo)
    kind = "PNG" if image.mode in IN_PNG else "TIFF"
    if kind == "TIFF" and image.mode != "CMYK":
        image, kind = image.convert("RGB"), "PNG"
    beside = {"icc_profile": image.info.get("icc_profile"), "exif": image.getexif()}
    file = io.BytesIO()
    image.save(file, kind, **{name: value for name, value in beside.items() if value})
    return file.getvalue()


def _image_of(pixels: NDArray[np.uint8]) -> Image:
    shape = pixels.shape
    if pixels.dtype != np.uint8 or (shape[2:] not in ((), (3,), (4,))) or len(shape) < 2:
        raise InvalidRequest(
            "photo",
            f"The array is {pixels.dtype} of shape {shape}; allowed is uint8 of shape (height, "
            "width), (height, width, 3) or (height, width, 4).",
        )
    if 0 in shape:
        raise InvalidRequest("photo", "The array holds no pixel.")
    return PIL.Image.fromarray(np.ascontiguousarray(pixels))


class HoldsPhoto(ABC):
    """A file that was made, in every form that programs want."""

    @property
    @abstractmethod
    def data(self) -> bytes:
        """The bytes of the file."""

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """uint8 (H, W, 3) R, G, B, or (H, W, 4) with straight A; sRGB."""
        image = _opened(self.data)
        return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the file; one that exists is replaced.

        Raises InvalidRequest for an extension of another format, and OSError.
        """
        path = Path(path)
        named, made = FORMAT_OF_EXTENSION.get(path.suffix[1:].lower()), _opened(self.data).format
        if named != made:
            raise InvalidRequest(
                "path",
                f"path has the extension {path.suffix!r}, but the file is {made}; name it so, or "
                "ask for another output_format.",
            )
        path.write_bytes(self.data)


@frozen(kw_only=True)
class EnhancedPhoto(HoldsPhoto, Result):
    """A photo made better, kept nowhere."""

    @classmethod
    def of(cls, result: Result) -> EnhancedPhoto:
        return cls(**_fields(result))

    @property
    def data(self) -> bytes:
        return self.encoded.data

    @property
    def image(self) -> Image:
        """The picture as an image of Pillow's."""
        return _opened(self.data)


@frozen(kw_only=True)
class StoredPhoto(HoldsPhoto, Outcome):
    """A photo made better, and kept: ``image`` is its record; the file is read from the store."""

    _read: Callable[[StoredObject], bytes] = field(repr=False, eq=False)

    @classmethod
    def of(cls, outcome: Outcome, read: Callable[[StoredObject], bytes]) -> StoredPhoto:
        return cls(**_fields(outcome), read=read)

    @property
    def data(self) -> bytes:
        """Raises ObjectMissing, StoreUnavailable."""
        assert self.enhancement.enhanced is not None
        return self._read(self.enhancement.enhanced)


def _opened(data: bytes) -> Image:
    image = PIL.Image.open(io.BytesIO(data))
    image.load()
    return image


def _fields(of: Any) -> dict[str, Any]:
    return asdict(of, recurse=False)
