"""The photo that a line names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from attrs import frozen

from pixellab.domain.batches import STORE
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.ports import ObjectStore, RemoteFiles

NO_KEY = "The key is none that the store takes."


@frozen(kw_only=True)
class Sources:
    """Opens what lines name."""

    store: ObjectStore
    remote: RemoteFiles

    @contextmanager
    def open(self, source: str) -> Iterator[tuple[BinaryIO, str | None]]:
        """The photo, seekable, and the address it was fetched from, if it was.

        Raises InvalidRequest for what may not be opened here, and what the part that has it raises:
        ObjectMissing, StoreUnavailable, NotFetched, FileTooLarge.
        """
        if source.startswith(STORE):
            with self._stored(source.removeprefix(STORE)) as content:
                yield content, None
        else:
            with self.remote.fetch(source) as fetched:
                yield fetched.content, fetched.source

    def _stored(self, key: str) -> BinaryIO:
        try:
            return self.store.open(key)
        except ValueError as error:
            raise InvalidRequest("key", NO_KEY) from error


def name_of(source: str) -> str:
    """What the photo's file is called."""
    if source.startswith(STORE):
        return source.removeprefix(STORE).rsplit("/", 1)[-1]
    return unquote(urlsplit(source).path).rsplit("/", 1)[-1]
