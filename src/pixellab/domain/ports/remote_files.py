"""Photos that are named by an address instead of sent."""

from __future__ import annotations

from types import TracebackType
from typing import BinaryIO, Protocol

from attrs import field, frozen


@frozen(kw_only=True)
class RemoteFile:
    """What an address gave; whoever asked for it closes ``content``, as leaving ``with`` does."""

    content: BinaryIO = field(repr=False)
    """Seekable, at its start."""
    name: str | None
    """The last part of the address's path, as a file name; None where it has none."""
    source: str
    """The address without its query, where secrets may be."""

    def __enter__(self) -> RemoteFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.content.close()


class RemoteFiles(Protocol):
    """Fetches files from addresses that strangers name, and reaches nothing that is not public."""

    def fetch(self, url: str) -> RemoteFile:
        """The file at ``url``, in full, whatever it says of its kind.

        Raises InvalidRequest (``image_url``) for an address that is malformed or not allowed,
        NotFetched where it gives no file in time, FileTooLarge, and StoreUnavailable where there is
        no room for it on this machine.
        """

    def check(self, url: str) -> None:
        """Return if ``url`` may be fetched, as far as that shows before its name is resolved.

        Raises InvalidRequest as ``fetch``.
        """
