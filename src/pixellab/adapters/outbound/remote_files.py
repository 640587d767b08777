"""Photos fetched from addresses over HTTPS."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from urllib.parse import unquote, urljoin

import urllib3

from pixellab.adapters.outbound.addresses import (
    AllowedAddresses,
    NotAllowed,
    NotReached,
    Resolve,
    Target,
    resolved,
)
from pixellab.adapters.outbound.pinned import Deadline, Limits, Outbound
from pixellab.domain.errors import FileTooLarge, InvalidRequest, NotFetched, StoreUnavailable
from pixellab.domain.findings import Finding, fine
from pixellab.domain.ports import RemoteFile, RemoteFiles

FIELD = "image_url"
MAX_REDIRECTS = 3
REDIRECTS = {301, 302, 303, 307, 308}
SPOOL_BYTES = 1_000_000
"""Larger files go to disk."""
CHUNK = 1 << 16
MAX_SOURCE = 1024
LIMITS = Limits(seconds=60, silence=10)


class FetchedFiles(RemoteFiles):
    """Fetches what ``allowed`` allows; each redirect is checked as the first address is."""

    def __init__(
        self,
        allowed: AllowedAddresses,
        *,
        max_bytes: int,
        limits: Limits = LIMITS,
        resolve: Resolve = resolved,
    ) -> None:
        self._allowed = allowed
        self._max_bytes = max_bytes
        self._outbound = Outbound(limits, resolve)

    def check(self, url: str) -> None:
        if not self._allowed:
            told = "Photos are not fetched from addresses here; send the file itself."
            raise InvalidRequest(FIELD, told, lacks=FIELD)
        with _our_errors():
            self._allowed.target(url)

    def fetch(self, url: str) -> RemoteFile:
        self.check(url)
        with (
            _our_errors(),
            Deadline(self._outbound.limits.seconds, time.monotonic) as deadline,
        ):
            asked = self._allowed.target(url)
            content = self._followed(asked, deadline)
        path = asked.path.partition("?")[0]
        return RemoteFile(
            content=content,
            name=unquote(path.rsplit("/", 1)[-1]) or None,
            source=f"{asked.origin}{path}"[:MAX_SOURCE],
        )

    def diagnose(self) -> list[Finding]:
        """Which addresses may be asked; asks none."""
        return [fine("image addresses", f"photos are fetched from {self._allowed.told}")]

    def _followed(self, target: Target, deadline: Deadline) -> BinaryIO:
        for _ in range(MAX_REDIRECTS + 1):
            with self._outbound.ask("GET", target, {"Accept": "image/*"}, deadline) as answer:
                if answer.status not in REDIRECTS:
                    return self._read(answer)
                location = answer.headers.get("Location", "")
            target = self._allowed.target(urljoin(f"{target.origin}{target.path}", location))
        raise NotReached(f"redirects more than {MAX_REDIRECTS} times")

    def _read(self, answer: urllib3.BaseHTTPResponse) -> BinaryIO:
        if answer.status != 200:
            raise NotReached(f"answered with status {answer.status} instead of a file")
        length = answer.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > self._max_bytes:
            raise self._too_large()
        content = cast("BinaryIO", SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115
        try:
            size = 0
            for chunk in answer.stream(CHUNK, decode_content=False):
                size += len(chunk)
                if size > self._max_bytes:
                    raise self._too_large()
                with _disk():
                    content.write(chunk)
            with _disk():
                content.seek(0)
        except BaseException:
            with suppress(OSError):  # A full disk refuses what is left in the buffer once more.
                content.close()
            raise
        return content

    def _too_large(self) -> FileTooLarge:
        return FileTooLarge(
            f"The file at the address is too large; at most {self._max_bytes} bytes are allowed."
        )


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable("The server's disk cannot take the file.") from error


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except NotAllowed as error:
        raise InvalidRequest(FIELD, f"The address {error}.") from error
    except NotReached as error:
        raise NotFetched(f"The address {error}.") from error
