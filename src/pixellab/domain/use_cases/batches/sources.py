"""The photo that a line names."""

from __future__ import annotations

from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from attrs import frozen

from pixellab.domain.batches import STORE
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.ports import ObjectStore, RemoteFiles

NO_KEY = "The key is none that the store takes."
NO_ADDRESSES = "Addresses are not allowed here; name the key of an object in the store."


@frozen(kw_only=True)
class Sources:
    """Opens what lines name."""

    store: ObjectStore
    remote: RemoteFiles | None = None
    """None where no address may be fetched."""

    def open(self, source: str) -> BinaryIO:
        """The photo, seekable, to be closed by the caller.

        Raises InvalidRequest for what may not be opened here, and what the part that has it raises:
        ObjectMissing, StoreUnavailable, FileTooLarge.
        """
        if source.startswith(STORE):
            try:
                return self.store.open(source.removeprefix(STORE))
            except ValueError as error:
                raise InvalidRequest("key", NO_KEY) from error
        if self.remote is None:
            raise InvalidRequest("image_url", NO_ADDRESSES)
        return self.remote.open(source)


def name_of(source: str) -> str:
    """What the photo's file is called."""
    if source.startswith(STORE):
        return source.removeprefix(STORE).rsplit("/", 1)[-1]
    return unquote(urlsplit(source).path).rsplit("/", 1)[-1]
