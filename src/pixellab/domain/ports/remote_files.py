"""Photos that are fetched by address."""

from __future__ import annotations

from typing import BinaryIO, Protocol


class RemoteFiles(Protocol):
    """Fetches files that users name by address."""

    def check(self, url: str) -> None:
        """Return if such an address may be fetched; asks nobody. Raises InvalidRequest."""

    def open(self, url: str) -> BinaryIO:
        """The whole file, seekable, to be closed by the caller.

        Raises InvalidRequest for an address that may not be fetched, or gives no file;
        FileTooLarge; StoreUnavailable for what may be there later.
        """
