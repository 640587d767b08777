"""``-`` in place of a file: standard input for a photo, standard output for a result."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from pixellab.domain.errors import InvalidRequest

PIPE = Path("-")
IN_MEMORY = 8_000_000
"""Bytes of a photo that are held in memory; a larger one goes through a temporary file."""


def check_pipes(photos: Sequence[Path], out: Path | None, *, compare: bool) -> None:
    """InvalidRequest for what cannot go through a pipe."""
    if PIPE not in photos and out != PIPE:
        return
    if len(photos) > 1:
        raise InvalidRequest("photo", "- stands for one photo, which must be the only one.")
    if compare:
        raise InvalidRequest("compare", "--compare writes a picture beside a file; leave out -.")
    if PIPE in photos and sys.stdin.isatty():
        raise InvalidRequest("photo", "- reads standard input; send a photo to it with < or |.")
    if out in (PIPE, None) and sys.stdout.isatty():
        raise InvalidRequest("out", "The result is no text; send it on with > or |, or use -o.")


@contextmanager
def standard_input() -> Iterator[BinaryIO]:
    """What comes, as a seekable file."""
    with cast("BinaryIO", SpooledTemporaryFile(max_size=IN_MEMORY)) as content:
        shutil.copyfileobj(sys.stdin.buffer, content)
        content.seek(0)
        yield content


def send(data: bytes) -> None:
    """A result to standard output."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
