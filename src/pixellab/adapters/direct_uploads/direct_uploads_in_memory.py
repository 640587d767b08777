"""Uploads that were invited, in memory: for trials and for tests."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

from pixellab.domain.ports import DirectUpload, DirectUploads


class InMemoryDirectUploads(DirectUploads):
    """Keeps them in a dictionary, which ends with the process."""

    def __init__(self) -> None:
        self._uploads: dict[str, DirectUpload] = {}
        self._lock = Lock()

    def add(self, upload: DirectUpload) -> None:
        with self._lock:
            self._uploads.setdefault(upload.id, upload)

    def get(self, upload_id: str) -> DirectUpload | None:
        with self._lock:
            return self._uploads.get(upload_id)

    def expired(self, now: datetime, limit: int) -> tuple[DirectUpload, ...]:
        with self._lock:
            found = [each for each in self._uploads.values() if each.expires_at <= now]
        return tuple(sorted(found, key=lambda each: (each.expires_at, each.id))[:limit])

    def forget(self, upload_id: str) -> None:
        with self._lock:
            self._uploads.pop(upload_id, None)

    def close(self) -> None:
        """There is nothing to let go of."""
