"""Threads for blocking work, with a bound on how much may wait for them."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from pixellab.adapters.background_threads import aside, be_nice, return_memory
from pixellab.domain.errors import BackendTimeout
from pixellab.entrypoints.refusals import Busy

T = TypeVar("T")

RETRY_AFTER = 5
"""Seconds after which a client that found the pool full may try again."""


class Pool:
    """Runs blocking functions on ``threads`` threads while at most ``queue`` more wait.

    Made and used from one event loop. ``niceness`` lowers the threads' priority, so that the event
    loop gets the processor whenever it has something to do (where the system knows priorities of
    single threads: Linux). ``trims`` gives freed memory back to the system after each call, also
    while others are at work: some milliseconds, once the caller has its answer. While a call stands
    ``aside``, another one of those that wait is begun, so long as ``spare`` threads suffice.
    """

    def __init__(
        self,
        name: str,
        *,
        threads: int,
        queue: int,
        spare: int = 0,
        niceness: int = 0,
        trims: bool = False,
    ) -> None:
        self.capacity = threads + queue
        self._executor = ThreadPoolExecutor(
            threads + spare,
            thread_name_prefix=f"pixellab-{name}",
            initializer=be_nice,
            initargs=(niceness,),
        )
        self._places = threading.Semaphore(threads)
        self._closing = False
        self._trims = trims
        self._admitted = 0
        self._lock = threading.Lock()

    def load(self) -> int:
        """How many calls are running or waiting."""
        return self._admitted

    async def run(
        self,
        call: Callable[[], T],
        *,
        timeout: float | None = None,
        finally_: Callable[[], object] | None = None,
    ) -> T:
        """Run ``call`` and return its result.

        ``finally_`` is called once ``call`` has ended or will never begin, however this ends.
        Raises Busy if the queue is full, or if ``call`` has not begun after ``timeout`` seconds;
        BackendTimeout if it has begun by then, in which case it goes on to its own end, as it does
        where the caller is cancelled.
        """
        future = self._submit(call, finally_)
        waiter = asyncio.wrap_future(future)
        try:
            done, _ = await asyncio.wait({waiter}, timeout=timeout)
        except asyncio.CancelledError:
            waiter.add_done_callback(_consume)
            future.cancel()
            raise
        if done:
            return waiter.result()
        if future.cancel():
            raise Busy("The request waited too long for a worker.", retry_after=RETRY_AFTER)
        waiter.add_done_callback(_consume)
        raise BackendTimeout(f"It took longer than {timeout:g} seconds.")

    def _submit(self, call: Callable[[], T], finally_: Callable[[], object] | None) -> Future[T]:
        with self._lock:
            if self._admitted >= self.capacity:
                if finally_:
                    finally_()
                raise Busy("All workers are busy and the queue is full.", retry_after=RETRY_AFTER)
            self._admitted += 1

        def leave(_: Future[T]) -> None:
            if finally_:
                finally_()
            with self._lock:
                self._admitted -= 1
            if self._trims:
                return_memory()

        future: Future[T] = Future()
        future.add_done_callback(leave)
        context = contextvars.copy_context()
        context.run(aside.set, self._aside)
        handed = self._executor.submit(self._begin, future, partial(context.run, call))
        handed.add_done_callback(lambda each: each.cancelled() and future.cancel())
        return future

    def _begin(self, future: Future[T], call: Callable[[], T]) -> None:
        with self._places:
            if self._closing:
                future.cancel()
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = call()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

    @contextmanager
    def _aside(self) -> Iterator[None]:
        self._places.release()
        try:
            yield
        finally:
            self._places.acquire()

    def close(self) -> None:
        """Wait for what was begun; what still waits is cancelled."""
        self._closing = True
        self._executor.shutdown(wait=True, cancel_futures=True)


def _consume(waiter: asyncio.Future[T]) -> None:
    """Look at the outcome nobody waits for any more, so that asyncio does not complain."""
    if not waiter.cancelled():
        waiter.exception()
