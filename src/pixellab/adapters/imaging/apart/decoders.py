"""A bounded number of processes that decode, kept warm, replaced when they end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pixellab.adapters.imaging.apart.decoder_process import DecoderProcess
from pixellab.adapters.imaging.apart.messages import Limits
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.pictures import Picture
from pixellab.domain.ports import Origin


class Decoders:
    """At most ``count`` processes; safe to use from several threads, of which others wait."""

    def __init__(self, imaging: RasterImaging, count: int) -> None:
        self._imaging = imaging
        self._free = threading.BoundedSemaphore(count)
        self._count = count
        self._lock = threading.Lock()
        self._idle: list[DecoderProcess] = []
        self._all: set[DecoderProcess] = set()
        self._closed = False

    def start(self) -> None:
        """Start all of them now, so that none is waited for later; does not wait for them."""
        missing = self._count - len(self._all)
        self._idle += [self._new() for _ in range(missing)]

    def open(self, content: bytes, origin: Origin, limits: Limits) -> Picture:
        """Raises as ``DecoderProcess.open``."""
        with self._free, self._one() as process:
            return process.open(content, origin, limits)

    def close(self) -> None:
        """End all of them, those at work, too."""
        with self._lock:
            self._closed = True
            ended, self._all = self._all, set()
            self._idle.clear()
        for process in ended:
            process.end()

    @contextmanager
    def _one(self) -> Iterator[DecoderProcess]:
        """The one that was used last, whose memory is warm; another in its place if it ends."""
        process = self._taken()
        try:
            yield process
        finally:
            if not process.is_alive():
                self._forget(process)
                process = self._new()
            with self._lock:
                self._idle.append(process)

    def _taken(self) -> DecoderProcess:
        while True:
            with self._lock:
                process = self._idle.pop() if self._idle else None
            if process is None:
                return self._new()
            if process.is_alive():
                return process
            self._forget(process)

    def _new(self) -> DecoderProcess:
        process = DecoderProcess(self._imaging)
        with self._lock:
            self._all.add(process)
            if not self._closed:
                return process
        process.end()
        return process

    def _forget(self, process: DecoderProcess) -> None:
        process.end()
        with self._lock:
            self._all.discard(process)
