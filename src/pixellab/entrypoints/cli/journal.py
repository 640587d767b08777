"""The record of a batch, one JSON object a line, so that it can go on where it stopped.

A line is written once its photo is finished, so a process killed at any moment loses at most the
photos it had in work. The last line about a photo counts; a line that was cut short is ignored.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

from attrs import frozen

from pixellab.domain.errors import InProgress, StoreUnavailable

NAME = "pixellab-batch.jsonl"
CHUNK = 1 << 20


@frozen
class Fingerprint:
    """A file as it was when it was worked on."""

    size: int
    mtime_ns: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Fingerprint:
        """Raises OSError."""
        facts = path.stat()
        with path.open("rb") as content:
            digest = hashlib.sha256()
            while chunk := content.read(CHUNK):
                digest.update(chunk)
        return cls(facts.st_size, facts.st_mtime_ns, digest.hexdigest())

    def fits(self, path: Path) -> bool:
        """Whether the file is still the same: untouched, or touched but with the same bytes."""
        facts = path.stat()
        if facts.st_size != self.size:
            return False
        return facts.st_mtime_ns == self.mtime_ns or Fingerprint.of(path).sha256 == self.sha256


class Journal:
    """The journal in a batch's output folder, held by one process at a time.

    Raises InProgress while another process has it, StoreUnavailable if it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        try:
            self._file = path.open("a+b")
        except OSError as error:
            raise StoreUnavailable("The output folder cannot be written to; use -o.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise InProgress("Another batch is writing to this folder; wait for it.") from error
        self._lock = Lock()
        self._entries = self._read()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def outputs(self) -> dict[str, str]:
        """The output's name for every photo that ever got one."""
        return {photo: entry["output"] for photo, entry in self._entries.items()}

    def answer(
        self, photo: str, source: Path, options: Mapping[str, Any], folder: Path
    ) -> dict[str, Any] | None:
        """What was answered for this photo, if that still holds: same file, options, result."""
        entry = self._entries.get(photo)
        if entry is None or entry["options"] != dict(options):
            return None
        try:
            same = Fingerprint(**entry["fingerprint"]).fits(source)
            whole = (folder / entry["output"]).stat().st_size == entry["output_bytes"]
        except OSError:
            return None
        return dict(entry["answer"]) if same and whole else None

    def write(
        self,
        photo: str,
        fingerprint: Fingerprint,
        options: Mapping[str, Any],
        output: str,
        output_bytes: int,
        answer: Mapping[str, Any],
    ) -> None:
        """Record that a photo is finished. Raises StoreUnavailable."""
        entry = {
            "photo": photo,
            "fingerprint": {
                "size": fingerprint.size,
                "mtime_ns": fingerprint.mtime_ns,
                "sha256": fingerprint.sha256,
            },
            "options": dict(options),
            "output": output,
            "output_bytes": output_bytes,
            "answer": dict(answer),
        }
        with self._lock:
            try:
                # ASCII, so that names that are not UTF-8 survive as lone surrogates.
                self._file.write(json.dumps(entry).encode() + b"\n")
                self._file.flush()
                os.fsync(self._file.fileno())
            except OSError as error:
                raise StoreUnavailable("The batch's journal cannot be written.") from error
            self._entries[photo] = entry

    def _read(self) -> dict[str, dict[str, Any]]:
        self._file.seek(0)
        content = self._file.read()
        if content and not content.endswith(b"\n"):
            self._file.write(b"\n")
        entries = {}
        for line in content.splitlines():
            try:
                entry = json.loads(line)
                entries[entry["photo"]] = entry
                Fingerprint(**entry["fingerprint"])
                _ = entry["options"], entry["output"], entry["output_bytes"], entry["answer"]
            except (ValueError, KeyError, TypeError):
                continue
        return entries
