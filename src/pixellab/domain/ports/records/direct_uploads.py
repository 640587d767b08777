"""Which uploads have been invited straight into the object store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from attrs import field, frozen


@frozen(kw_only=True)
class Invitation:
    """How a client hands a file to the store by itself: a form for HTTP's POST."""

    url: str
    fields: Mapping[str, str] = field(repr=False)
    """To be sent in the form before ``file``, which comes last; signed, so secret until they
    expire."""


@frozen(kw_only=True)
class DirectUpload:
    """An upload that was invited."""

    id: str
    key: str
    """Where the file arrives, until it is taken in."""
    payer: str | None = None
    """Whose it is, as the ledger calls them; nobody else may complete it."""
    created_at: datetime
    """UTC, with tzinfo."""
    expires_at: datetime
    """When it is forgotten, and what arrived and was not taken in is removed."""


class DirectUploads(Protocol):
    """Keeps the invitations, so that what nobody takes in is found and removed.

    Each method is one transaction; any may raise StoreUnavailable, having changed nothing.
    """

    def add(self, upload: DirectUpload) -> None:
        """Keep it; one of the same id stays as it is."""

    def get(self, upload_id: str) -> DirectUpload | None:
        """The one of this id, or None."""

    def expired(self, now: datetime, limit: int) -> tuple[DirectUpload, ...]:
        """Those whose time is over, the first one first."""

    def forget(self, upload_id: str) -> None:
        """Remove it; no error if it is gone."""

    def close(self) -> None:
        """Let go of connections; safe to repeat."""
