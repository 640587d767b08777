"""A photo as a person names it: by a path, or by an address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from attrs import field, frozen

from pixellab.entrypoints.cli.photo_files import outputs
from pixellab.entrypoints.cli.show.screen import shown

if TYPE_CHECKING:
    from pixellab.domain.ports import RemoteFiles

ADDRESSES = ("https://", "http://")
"""How a text begins that is no path."""


@frozen(kw_only=True)
class OpenedPhoto:
    """Its bytes, and what is known of it."""

    content: BinaryIO = field(repr=False)
    filename: str | None
    source_url: str | None = None
    """Where it was fetched from."""


@contextmanager
def opened(photo: str, remote_files: RemoteFiles) -> Iterator[OpenedPhoto]:
    """Raises InvalidRequest where there is no such file, and as RemoteFiles for an address."""
    if photo.startswith(ADDRESSES):
        with remote_files.fetch(photo) as fetched:
            yield OpenedPhoto(
                content=fetched.content, filename=fetched.name, source_url=fetched.source
            )
        return
    path = Path(photo)
    outputs.check_photo(path)
    with path.open("rb") as content:
        yield OpenedPhoto(content=content, filename=shown(path.name))
