"""Photos as programs give them, read as files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from pixellab.domain.errors import InvalidRequest
from pixellab.entrypoints.lab import PixelLab
from pixellab.entrypoints.library.photos_in_memory import file_of

Photo = str | PathLike[str] | bytes | BinaryIO | Image | NDArray[np.uint8]
"""A path, an address, the bytes of a file, a seekable binary file, an image of Pillow's, or a NumPy
array.

An address is text that begins with ``https://``, and of a host that PIXELLAB_IMAGE_URLS allows.
Arrays are as ``file_of`` takes them: uint8, R, G, B (A), shape (height, width, 3 or 4).
"""
ALLOWED = (
    "allowed are a path, an address, bytes, a seekable binary file, an image of Pillow's and a "
    "NumPy array"
)
ADDRESSES = ("https://", "http://")
"""How a text begins that is no path."""


@contextmanager
def opened(photo: Photo, lab: PixelLab) -> Iterator[tuple[BinaryIO, str | None, str | None]]:
    """The photo as a seekable file, its name, and where it was fetched from, if it has these.

    Raises InvalidRequest for what is none of these, and as RemoteFiles where it is an address.
    """
    if isinstance(photo, str) and photo.startswith(ADDRESSES):
        with lab.remote_files.fetch(photo) as fetched:
            yield fetched.content, fetched.name, fetched.source
    else:
        with _reading(photo) as (content, name):
            yield content, name, None


@contextmanager
def _reading(photo: Photo) -> Iterator[tuple[BinaryIO, str | None]]:
    """The photo as a seekable file, and its name if it has one."""
    if isinstance(photo, bytes):
        yield io.BytesIO(photo), None
    elif isinstance(photo, Image | np.ndarray):
        yield io.BytesIO(file_of(photo)), None
    elif isinstance(photo, str | PathLike):
        path = Path(photo)
        with path.open("rb") as content:
            yield content, path.name
    elif isinstance(photo, io.TextIOBase) or not hasattr(photo, "seek"):
        raise InvalidRequest("photo", f"{type(photo).__name__} is no photo; {ALLOWED}.")
    else:
        name = getattr(photo, "name", None)
        yield photo, Path(name).name if isinstance(name, str) else None
