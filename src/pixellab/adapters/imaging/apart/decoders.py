"""A bounded number of processes that decode, kept warm, replaced when they end.

Who sends files that take long shall not keep others waiting, whatever the files are. So a file that
a process has worked on for a second does not count any more: another process takes the next.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from pixellab.adapters.background_threads import aside
from pixellab.adapters.imaging.apart.decoder_process import DecoderProcess, NeverAsked
from pixellab.adapters.imaging.apart.messages import Limits
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.pictures import Picture
from pixellab.domain.ports import Origin


class Decoders:
    """``count`` processes, and beside them at most as many that are at files which take long.

    Safe to use from several threads, of which others wait, all standing ``aside``.
    """

    def __init__(self, imaging: RasterImaging, count: int) -> None:
        self._imaging = imaging
        self._count = count
        self._free = threading.Semaphore(count)
        self._lock = threading.Lock()
        self._idle: list[DecoderProcess] = []
        self._slow: set[DecoderProcess] = set()
        self._all: set[DecoderProcess] = set()
        self._closed = False

    def start(self) -> None:
        """Start all of them now, so that none is waited for later; does not wait for them."""
        for _ in range(self._count):
            self._add()

    def open(self, content: bytes, origin: Origin, limits: Limits) -> Picture:
        """Raises as ``Imaging.open``; UndecodableImage where a limit is passed."""
        with aside.get()():
            while True:
                with suppress(NeverAsked), self._one() as process:
                    step_aside = partial(self._let_others_begin, process)
                    return process.open(content, origin, limits, step_aside)

    def check(self) -> None:
        """Raises RuntimeError or OSError where a process does not start."""
        with self._one() as process:
            process.wait_until_ready()

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
        self._free.acquire()
        was_slow = False
        try:
            process = self._taken()
            try:
                yield process
            finally:
                was_slow = self._put_back(process)
        finally:
            if not was_slow:
                self._free.release()

    def _let_others_begin(self, process: DecoderProcess) -> bool:
        """While this one goes on; False where too many do already."""
        with self._lock:
            if len(self._slow) >= self._count:
                return False
            self._slow.add(process)
        self._add()
        self._free.release()
        return True

    def _put_back(self, process: DecoderProcess) -> bool:
        """Whether it was slow, in which case another one has taken its place."""
        with self._lock:
            was_slow = process in self._slow
            self._slow.discard(process)
        if process.is_alive() and not was_slow:
            with self._lock:
                self._idle.append(process)
            return False
        self._forget(process)
        if not was_slow:
            self._add()
        return was_slow

    def _taken(self) -> DecoderProcess:
        while True:
            with self._lock:
                process = self._idle.pop() if self._idle else None
            if process is None:
                return self._new()
            if process.is_alive():
                return process
            self._forget(process)

    def _add(self) -> None:
        if self._closed:
            return
        process = self._new()
        with self._lock:
            self._idle.append(process)

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
