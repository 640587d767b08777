"""The record of a batch, one JSON object a line, so that it can go on where it stopped.

A line names a photo's output before it is written, and another is written once the photo is
finished, so a process killed at any moment loses at most the photos it had in work. The last line
about a photo counts; a line that was cut short, or is not one of ours, is ignored.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from threading import Lock
from types import TracebackType
from typing import Any

from attrs import asdict, field, frozen
from attrs.validators import and_, instance_of
from filelock import lock_descriptor

from pixellab.domain.errors import InProgress, StoreUnavailable

NAME = "pixellab-batch.jsonl"
CHUNK = 1 << 20


@frozen
class Fingerprint:
    """A file as it was when it was worked on."""

    size: int = field(validator=instance_of(int))
    mtime_ns: int = field(validator=instance_of(int))
    sha256: str = field(validator=instance_of(str))

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


def _inside(_: object, __: object, name: str) -> None:
    """ValueError unless ``name`` can be that of a file in the output folder."""
    path = PurePath(name)
    os.fsencode(path)  # UnicodeEncodeError, which is a ValueError, for what no name can hold
    if "\0" in name or not path.name or path.is_absolute() or ".." in path.parts:
        raise ValueError("not the name of a file in the folder")


@frozen(kw_only=True)
class _Begun:
    """A photo, and its output's name, relative to the output folder."""

    photo: str = field(validator=instance_of(str))
    output: str = field(validator=and_(instance_of(str), _inside))


@frozen(kw_only=True)
class _Finished(_Begun):
    """What was made of a photo, with which options, and what was answered."""

    fingerprint: Fingerprint
    options: dict[str, Any] = field(validator=instance_of(dict))
    output_bytes: int = field(validator=instance_of(int))
    answer: dict[str, Any] = field(validator=instance_of(dict))


def _read(line: bytes) -> _Begun | None:
    """What a line says, or None where it is not whole or says something else."""
    try:
        facts = json.loads(line)
        if facts.keys() == {"photo", "output"}:
            return _Begun(**facts)
        return _Finished(**{**facts, "fingerprint": Fingerprint(**facts["fingerprint"])})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


class Journal:
    """The journal in a batch's output folder, held by one process at a time.

    Raises InProgress while another process has it, StoreUnavailable if it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        try:
            self._file = path.open("a+b")
            free = lock_descriptor(self._file.fileno(), blocking=False)
        except OSError as error:
            raise StoreUnavailable("The output folder cannot be written to; use -o.") from error
        if not free:
            self._file.close()
            raise InProgress("Another batch is writing to this folder; wait for it.")
        self._lock = Lock()
        self._outputs: dict[str, str] = {}
        self._finished: dict[str, _Finished] = {}
        self._file.seek(0)
        content = self._file.read()
        if content and not content.endswith(b"\n"):
            self._file.write(b"\n")
        for entry in filter(None, map(_read, content.splitlines())):
            self._keep(entry)

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
        with self._lock:
            return dict(self._outputs)

    def answer(
        self, photo: str, source: Path, options: Mapping[str, Any], folder: Path
    ) -> dict[str, Any] | None:
        """What was answered for this photo, if that still holds: same file, options, result."""
        entry = self._finished.get(photo)
        if entry is None or entry.options != dict(options):
            return None
        try:
            same = entry.fingerprint.fits(source)
            whole = (folder / entry.output).stat().st_size == entry.output_bytes
        except OSError:
            return None
        return dict(entry.answer) if same and whole else None

    def begin(self, photo: str, output: str) -> None:
        """Record that ``output`` is this photo's, so that it may be replaced from now on.

        Raises StoreUnavailable.
        """
        self._write(_Begun(photo=photo, output=output))

    def finish(
        self,
        photo: str,
        fingerprint: Fingerprint,
        options: Mapping[str, Any],
        output: str,
        output_bytes: int,
        answer: Mapping[str, Any],
    ) -> None:
        """Record that a photo is finished. Raises StoreUnavailable."""
        entry = _Finished(
            photo=photo,
            fingerprint=fingerprint,
            options=dict(options),
            output=output,
            output_bytes=output_bytes,
            answer=dict(answer),
        )
        self._write(entry)

    def _write(self, entry: _Begun) -> None:
        with self._lock:
            try:
                # ASCII, so that names that are not UTF-8 survive as lone surrogates.
                self._file.write(json.dumps(asdict(entry)).encode() + b"\n")
                self._file.flush()
                os.fsync(self._file.fileno())
            except OSError as error:
                raise StoreUnavailable("The batch's journal cannot be written.") from error
            self._keep(entry)

    def _keep(self, entry: _Begun) -> None:
        self._outputs[entry.photo] = entry.output
        if isinstance(entry, _Finished):
            self._finished[entry.photo] = entry
        else:
            self._finished.pop(entry.photo, None)
