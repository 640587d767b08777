"""A photo as a person names it: by a path, by an address, or as standard input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from attrs import field, frozen

from pixellab.domain.images import sanitize_filename
from pixellab.domain.use_cases.batches.sources import name_of
from pixellab.entrypoints.cli.photo_files import outputs
from pixellab.entrypoints.cli.photo_files.pipes import PIPE, standard_input
from pixellab.entrypoints.cli.show.screen import shown

if TYPE_CHECKING:
    from pixellab.domain.ports import RemoteFiles

ADDRESSES = ("https://", "http://")
"""How a text begins that is no path."""


@frozen(kw_only=True)
class OpenedPhoto:
    """Its bytes, and what is known of it."""

    content: BinaryIO = field(repr=False)
    """Seekable."""
    shown: str
    """What it is called to people: a path, or an address without its query."""
    filename: str | None = None
    source_url: str | None = None
    """Where it was fetched from."""


def is_address(photo: str) -> bool:
    """Whether that names a photo on another server."""
    return photo.startswith(ADDRESSES)


def path_of(photo: str) -> Path:
    """The path of a photo; of one that is fetched, what it would be called in this folder."""
    if not is_address(photo):
        return Path(photo)
    return Path(f"{sanitize_filename(name_of(photo))}.photo")


@contextmanager
def opened(photo: str, remote_files: RemoteFiles) -> Iterator[OpenedPhoto]:
    """Raises InvalidRequest where there is no such file, and as RemoteFiles for an address."""
    if is_address(photo):
        with remote_files.fetch(photo) as fetched:
            yield OpenedPhoto(
                content=fetched.content,
                shown=fetched.source,
                filename=fetched.name,
                source_url=fetched.source,
            )
        return
    path = Path(photo)
    if path == PIPE:
        with standard_input() as content:
            yield OpenedPhoto(content=content, shown=str(PIPE))
        return
    outputs.check_photo(path)
    with path.open("rb") as content:
        yield OpenedPhoto(content=content, shown=shown(path), filename=shown(path.name))
