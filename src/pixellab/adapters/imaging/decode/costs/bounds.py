"""What decoders may be given to do, told before they begin from what containers say.

A file of a few kilobytes may keep a decoder busy for minutes, or a picture of 300 pixels be wrapped
in megabytes of metadata. Cameras and editors write far less than is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from pixellab.adapters.imaging.decode.costs.coded_items import refuse_many_items
from pixellab.adapters.imaging.decode.costs.jpeg_scans import refuse_costly_jpeg
from pixellab.adapters.imaging.decode.costs.png_pieces import refuse_costly_png
from pixellab.adapters.imaging.decode.costs.tiff_pieces import refuse_many_pieces


def refuse_costly(content: bytes, kind: str) -> None:
    """Raise FileTooLarge for metadata, UndecodableImage for parts of the picture, one of too many.

    ``content`` is the whole file, ``kind`` its format. What makes no sense is left to the decoder
    to refuse; formats that are not listed cost what their pixels and bytes do.
    """
    if kind in BOUNDED:
        BOUNDED[kind](content)


BOUNDED: Mapping[str, Callable[[bytes], None]] = {
    "JPEG": refuse_costly_jpeg,
    "PNG": refuse_costly_png,
    "TIFF": refuse_many_pieces,
    "AVIF": partial(refuse_many_items, "AVIF"),
    "HEIF": partial(refuse_many_items, "HEIC"),
}
