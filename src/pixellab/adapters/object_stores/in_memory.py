"""Objects in memory: for trials, and for the tests of programs that embed PixelLab."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from threading import Lock
from typing import BinaryIO
from urllib.parse import quote

from pixellab.adapters.object_stores.keys import parts_of
from pixellab.adapters.object_stores.round_trip import round_trip
from pixellab.domain.errors import ObjectExists, ObjectMissing
from pixellab.domain.findings import Finding
from pixellab.domain.images import StoredObject
from pixellab.domain.ports import ObjectStore


class InMemoryObjectStore(ObjectStore):
    """Keeps objects in a dictionary; they end with the process."""

    name = "memory"

    def __init__(self, public_url: str = "http://localhost:8000") -> None:
        """``public_url`` is where the application that serves ``/files/...`` is reached."""
        self._public_url = public_url.rstrip("/")
        self._objects: dict[str, bytes] = {}
        self._lock = Lock()

    def put(
        self,
        key: str,
        data: BinaryIO,
        *,
        media_type: str,
        filename: str,
    ) -> StoredObject:
        uri, url = self.locate(key)
        content = data.read()
        with self._lock:
            if key in self._objects:
                raise ObjectExists("The key is taken; a key is written once.")
            self._objects[key] = content
        return StoredObject(
            key=key,
            uri=uri,
            url=url,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            media_type=media_type,
        )

    def open(self, key: str) -> BinaryIO:
        parts_of(key)
        with self._lock:
            if key not in self._objects:
                raise ObjectMissing("No object has this key.")
            return io.BytesIO(self._objects[key])

    def delete(self, key: str) -> None:
        parts_of(key)
        with self._lock:
            self._objects.pop(key, None)

    def locate(self, key: str) -> tuple[str, str]:
        parts_of(key)
        return f"memory://pixellab/{key}", f"{self._public_url}/files/{quote(key)}"

    def keys(self, prefix: str = "") -> Iterator[str]:
        with self._lock:
            return iter([key for key in self._objects if key.startswith(prefix)])

    def check(self) -> None:
        """Memory can always be reached."""

    def diagnose(self) -> list[Finding]:
        return [round_trip(self, "Start again: it is kept in memory.")]

    def close(self) -> None:
        """There is nothing to let go of."""
