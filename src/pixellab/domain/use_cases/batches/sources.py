"""The photo that a line names, and where it is kept if it came from a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from uuid import NAMESPACE_OID, uuid5

from attrs import frozen

from pixellab.domain.batches import STORE
from pixellab.domain.errors import InvalidRequest, StoreUnavailable
from pixellab.domain.ports import DirectUploads, ObjectStore, RemoteFiles

NO_KEY = "The key is none that the store takes."
TAKEN_IN = "uploads/incoming/photo-"
"""How the keys of photos begin that were put into the store for a batch."""
WITHIN = "~"
"""Stands in these keys for the slashes of the photo's path, so that no empty folders are left."""
LONGEST_PATH = 150
"""Characters of that path, from its end: its file's name has fewer."""


@frozen(kw_only=True)
class Sources:
    """Opens what lines name."""

    store: ObjectStore
    remote: RemoteFiles
    uploads: DirectUploads

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

    def remove(self, source: str) -> None:
        """Remove a photo that was taken in for its line alone; what is not so stays.

        What cannot be removed now is, once its time is over.
        """
        if is_taken_in(source):
            with suppress(StoreUnavailable):
                self.store.delete(source.removeprefix(STORE))
                self.uploads.forget(upload_id_of(source))

    def _stored(self, key: str) -> BinaryIO:
        try:
            return self.store.open(key)
        except ValueError as error:
            raise InvalidRequest("key", NO_KEY) from error


def name_of(source: str) -> str:
    """What the photo's file is called."""
    if is_taken_in(source):
        return source.removeprefix(STORE + TAKEN_IN).partition("_")[2].rpartition(WITHIN)[2]
    if source.startswith(STORE):
        return source.removeprefix(STORE).rsplit("/", 1)[-1]
    return unquote(urlsplit(source).path).rsplit("/", 1)[-1]


def source_of(mark: str, token: str, path: str) -> str:
    """What a line names whose photo is put into the store for it alone.

    ``mark`` tells the photo from others, ``token`` the batch, neither with a dash or underscore;
    ``path`` is where the file was, of parts that a key may have.
    """
    return f"{STORE}{TAKEN_IN}{token}-{mark}_{path.replace('/', WITHIN)[-LONGEST_PATH:]}"


def mark_of(source: str) -> str | None:
    """What tells a photo from others that was put into the store for a batch."""
    if not is_taken_in(source):
        return None
    return source.removeprefix(STORE + TAKEN_IN).partition("_")[0].partition("-")[2]


def is_taken_in(source: str) -> bool:
    """Whether the photo was put into the store for its line alone."""
    return source.startswith(STORE + TAKEN_IN)


def upload_id_of(source: str) -> str:
    """The id under which such a photo is an upload, by which it is found if nobody does it."""
    return str(uuid5(NAMESPACE_OID, source))
