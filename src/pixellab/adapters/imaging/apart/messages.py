"""What goes between this process and one that decodes: a line of JSON, and a file in memory.

The other side has read what a stranger sent, so nothing that it says is believed before it was
looked at: no pickle, and pixels are copied out of the memory that both can change.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import asdict, frozen
from numpy.typing import NDArray

from pixellab.adapters.imaging.codecs.save import NO_ROOM, NO_ROOM_LEFT
from pixellab.domain.errors import (
    FileTooLarge,
    PixelLabError,
    StoreUnavailable,
    UndecodableImage,
    UnsupportedImage,
)
from pixellab.domain.pictures import Metadata, Picture
from pixellab.domain.ports import Origin

Pixels = NDArray[np.uint8]

READY = b"ready"
MAX_MESSAGE = 65_536
"""Bytes; a picture's metadata are three texts of at most 1,000 letters each."""
REFUSALS: Mapping[str, type[PixelLabError]] = {
    each.__name__: each
    for each in (FileTooLarge, StoreUnavailable, UndecodableImage, UnsupportedImage)
}


@frozen(kw_only=True)
class Limits:
    """What decoding one file may take."""

    seconds: float
    """Of processor time, and of time in all."""
    memory: int
    """Bytes beside what an idle process has."""


def memory_file() -> int:
    """The descriptor of an empty file that lies in memory and has no name anywhere.

    It is used again and again: new memory costs several times what copying into it does.
    """
    return os.memfd_create("pixellab-picture", os.MFD_CLOEXEC)


def write_all(descriptor: int, content: bytes | memoryview) -> None:
    """From the beginning of the file on. Raises StoreUnavailable where there is no room."""
    whole = memoryview(content).cast("B")
    written = 0
    try:
        while written < len(whole):
            written += os.pwrite(descriptor, whole[written:], written)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StoreUnavailable(NO_ROOM_LEFT) from error
        raise


def send_request(connection: socket.socket, origin: Origin, limits: Limits, size: int) -> None:
    """Ask for the picture that is the first ``size`` bytes of the shared file."""
    request = {"origin": origin.value, "size": size, **asdict(limits)}
    connection.send(json.dumps(request).encode())


def receive_request(connection: socket.socket) -> tuple[Origin, Limits, int] | None:
    """The next request; None once nobody will ask any more."""
    message = connection.recv(MAX_MESSAGE)
    if not message:
        return None
    request = json.loads(message)
    limits = Limits(seconds=request["seconds"], memory=request["memory"])
    return Origin(request["origin"]), limits, request["size"]


def refusal(error: PixelLabError) -> bytes:
    return json.dumps({"refused": type(error).__name__, "message": error.message}).encode()


def described(picture: Picture) -> bytes:
    """All of the picture but its pixels."""
    return json.dumps(
        {
            "shape": picture.pixels.shape,
            "format": picture.format,
            "metadata": asdict(picture.metadata),
            "source_quality": picture.source_quality,
            "warnings": picture.warnings,
            "may_be_handed_on": picture.may_be_handed_on,
        }
    ).encode()


def picture_of(reply: bytes, shared: int, most: int) -> Picture:
    """The picture that ``reply`` describes, whose pixels the file ``shared`` begins with.

    They are ``most`` bytes at most: a file in memory may be said to be larger than memory is.
    Raises the refusal that the reply is; ValueError, TypeError, KeyError or
    OSError for a reply that makes no sense.
    """
    told = json.loads(reply)
    if "refused" in told:
        raise REFUSALS[told["refused"]](_text(told["message"]))
    height, width, channels = map(_whole, told["shape"])
    size = height * width * channels
    if channels not in (3, 4) or not 0 < size <= min(most, os.fstat(shared).st_size):
        raise ValueError("The pixels are not as many as the reply says.")
    quality = told["source_quality"]
    return Picture(
        pixels=_pixels(shared, (height, width, channels)),
        format=_text(told["format"]),
        metadata=Metadata(**{name: _text_or_none(told["metadata"][name]) for name in METADATA}),
        source_quality=None if quality is None else _whole(quality),
        warnings=tuple(map(_text, told["warnings"])),
        may_be_handed_on=told["may_be_handed_on"] is True,
    )


METADATA = ("copyright", "author", "digital_source_type")


def _pixels(shared: int, shape: tuple[int, int, int]) -> Pixels:
    pixels = np.empty(shape, np.uint8)
    whole, place = pixels.data.cast("B"), 0
    while place < len(whole):
        count = os.preadv(shared, [whole[place:]], place)
        if not count:
            raise ValueError("The pixels end too early.")
        place += count
    pixels.setflags(write=False)
    return pixels


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("A whole number was expected.")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("A text was expected.")
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)
