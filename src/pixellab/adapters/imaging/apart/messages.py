"""What goes between this process and one that decodes: a line of JSON, and files in memory.

The other side has read what a stranger sent, so nothing that it says is believed before it was
looked at: no pickle, and no memory that it could still change.
"""

from __future__ import annotations

import fcntl
import json
import mmap
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
SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
"""After these nobody can change the memory, nor cut it off under its reader."""


@frozen(kw_only=True)
class Limits:
    """What decoding one file may take."""

    seconds: float
    """Of processor time, and of time in all."""
    memory: int
    """Bytes beside what an idle process has."""


def memory_file() -> int:
    """The descriptor of an empty file that lies in memory and has no name anywhere."""
    return os.memfd_create("pixellab-picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


def write_all(descriptor: int, content: bytes | memoryview) -> None:
    """Raises StoreUnavailable where there is no room."""
    rest = memoryview(content).cast("B")
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StoreUnavailable(NO_ROOM_LEFT) from error
        raise


def send_request(
    connection: socket.socket, origin: Origin, limits: Limits, source: int, target: int
) -> None:
    """Ask for the picture in the file ``source``, its pixels to be written to ``target``."""
    request = json.dumps({"origin": origin.value, **asdict(limits)}).encode()
    socket.send_fds(connection, [request], [source, target])


def receive_request(connection: socket.socket) -> tuple[Origin, Limits, int, int] | None:
    """The next request; None once nobody will ask any more."""
    message, descriptors, *_ = socket.recv_fds(connection, MAX_MESSAGE, 2)
    if not message:
        return None
    request = json.loads(message)
    source, target = descriptors
    limits = Limits(seconds=request["seconds"], memory=request["memory"])
    return Origin(request["origin"]), limits, source, target


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


def picture_of(reply: bytes, target: int) -> Picture:
    """The picture that ``reply`` describes, whose pixels the file ``target`` holds.

    They are not copied. Raises the refusal that the reply is; ValueError, TypeError, KeyError or
    OSError for a reply that makes no sense.
    """
    told = json.loads(reply)
    if "refused" in told:
        raise REFUSALS[told["refused"]](_text(told["message"]))
    height, width, channels = map(_whole, told["shape"])
    size = height * width * channels
    fcntl.fcntl(target, fcntl.F_ADD_SEALS, SEALS)
    if channels not in (3, 4) or not size or os.fstat(target).st_size != size:
        raise ValueError("The pixels are not as many as the reply says.")
    quality = told["source_quality"]
    return Picture(
        pixels=_mapped(target, size).reshape(height, width, channels),
        format=_text(told["format"]),
        metadata=Metadata(**{name: _text_or_none(told["metadata"][name]) for name in METADATA}),
        source_quality=None if quality is None else _whole(quality),
        warnings=tuple(map(_text, told["warnings"])),
        may_be_handed_on=told["may_be_handed_on"] is True,
    )


METADATA = ("copyright", "author", "digital_source_type")


def _mapped(descriptor: int, size: int) -> Pixels:
    """Every page is looked at once, by NumPy, which lets other threads go on meanwhile.

    So does not whoever meets a page that is not there yet, nor MAP_POPULATE.
    """
    mapped = mmap.mmap(descriptor, size, mmap.MAP_SHARED, mmap.PROT_READ)
    pixels = np.frombuffer(mapped, np.uint8)
    pixels[:: mmap.PAGESIZE].max()
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
