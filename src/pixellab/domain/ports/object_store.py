"""Where bytes are kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import BinaryIO, Protocol

from pixellab.domain.findings import Finding
from pixellab.domain.images import StoredObject
from pixellab.domain.ports.records.direct_uploads import Invitation


class ObjectStore(Protocol):
    """Keeps bytes under keys. A key is written once and whole, or not at all."""

    name: str
    """What people call it: ``S3``, ``filesystem``, ``memory``."""

    def put(self, key: str, data: BinaryIO, *, media_type: str, filename: str) -> StoredObject:
        """Store what ``data`` holds from its current position on.

        When it returns, the object is durable. ``filename`` is the name a download gets. On any
        failure nothing is left under the key, unless the store went away before it could say how
        it ended; then the object is there whole or not at all, and ``delete`` settles it.

        Raises ObjectExists if the key is taken, StoreUnavailable if the store cannot take it
        (down, full, read-only), ValueError for a key that is empty, absolute, or leaves the store.
        """

    def open(self, key: str) -> BinaryIO:
        """A seekable reader of the whole object, to be closed by the caller.

        Raises ObjectMissing, StoreUnavailable, ValueError as ``put``.
        """

    def delete(self, key: str) -> None:
        """Remove the object; a key that holds none is no error. Raises StoreUnavailable."""

    def locate(self, key: str) -> tuple[str, str]:
        """The (uri, url) the key has or would have; asks nobody, never fails for a valid key.

        Both last, and may be stored.
        """

    def link(self, key: str) -> str:
        """The URL to hand out now: ``locate``'s, or one that is signed and expires.

        Raises StoreUnavailable where a URL cannot be signed, ValueError as ``put``.
        """
        return self.locate(key)[1]

    def invite(self, key: str, *, max_bytes: int, valid: timedelta) -> Invitation | None:
        """How a client puts 1 to ``max_bytes`` bytes under ``key`` by itself, for a while.

        None where the store takes nothing from others. Raises as ``link``.
        """
        return None

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Every key that begins with ``prefix``, in any order. Raises StoreUnavailable."""

    def check(self) -> None:
        """Return if the store can be reached, and, where asking costs nothing, written to.

        Raises StoreUnavailable if not.
        """

    def diagnose(self) -> list[Finding]:
        """What works and what does not, tried in earnest on an object that is then removed.

        For whoever runs PixelLab: may take a while, and cost something. What is wrong is a finding
        with advice, not an error.
        """

    def close(self) -> None:
        """Let go of connections; safe to repeat."""
