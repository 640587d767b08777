"""What Pillow leaves undone with libtiff, which reads compressed TIFF files for it."""

from __future__ import annotations

import ctypes
import re
from contextlib import suppress
from functools import cache
from pathlib import Path

from PIL.ImageFile import ImageFile

BIG_ENDIAN = re.compile("(?<=;16|;32)B(?=[SF])")
"""Where Pillow's name of a layout says that the first byte of a level counts most: signed, or
floating point. Of others Pillow knows that libtiff turns them round."""
MAPPED = Path("/proc/self/maps")
LIBRARY = re.compile(r"(/\S*/libtiff[^/\s]*\.so[^/\s]*)$", re.MULTILINE)


def prepare(image: ImageFile) -> None:
    """To be called before ``image`` is loaded, of whatever format it is."""
    if not image.tile or image.tile[0].codec_name != "libtiff":
        return
    _say_nothing()
    # libtiff hands levels over as this machine has them, whatever the file has.
    image.tile = [
        tile._replace(args=(BIG_ENDIAN.sub("N", tile.args[0]), *tile.args[1:]))
        for tile in image.tile
        if isinstance(tile.args, tuple)
    ]


@cache
def _say_nothing() -> None:
    """libtiff writes what is wrong with a file to standard error; Pillow's exception tells."""
    with suppress(OSError, AttributeError):
        for path in sorted(set(LIBRARY.findall(MAPPED.read_text()))):
            ctypes.CDLL(path).TIFFSetErrorHandler(None)
