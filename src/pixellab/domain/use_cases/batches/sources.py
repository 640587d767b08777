"""The photo that a line names."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from attrs import frozen

from pixellab.domain.batches import FILE, STORE
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.ports import ObjectStore, RemoteFiles

NO_ADDRESSES = "Addresses are not allowed here; name the key of an object in the store."


@frozen(kw_only=True)
class Sources:
    """Opens what lines name."""

    store: ObjectStore
    remote: RemoteFiles | None = None
    """None where no address may be fetched."""
    open_file: Callable[[str], BinaryIO] | None = None
    """Opens a file of a folder, where there is one."""

    def open(self, source: str) -> BinaryIO:
        """The photo, seekable, to be closed by the caller.

        Raises InvalidRequest for what may not be opened here, and what the part that has it raises:
        ObjectMissing, StoreUnavailable, FileTooLarge.
        """
        if source.startswith(STORE):
            return self.store.open(source.removeprefix(STORE))
        if source.startswith(FILE):
            if self.open_file is None:
                raise InvalidRequest("source", "The folder of this file is on another machine.")
            return self.open_file(source.removeprefix(FILE))
        if self.remote is None:
            raise InvalidRequest("image_url", NO_ADDRESSES)
        return self.remote.open(source)


def name_of(source: str) -> str:
    """What the photo's file is called."""
    for kind in (STORE, FILE):
        if source.startswith(kind):
            return source.rsplit("/", 1)[-1].removeprefix(kind)
    return unquote(urlsplit(source).path).rsplit("/", 1)[-1]
