"""A call that may hang, given up after a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T]) -> T:
    """What ``call`` gives or raises; TimeoutError if that takes longer than ``seconds``.

    A client's own time-outs bound each read, not the whole call. The thread of a call that was
    given up goes on until it ends, and does not keep the process from ending.
    """
    ended: Future[T] = Future()

    def run() -> None:
        try:
            ended.set_result(call())
        except BaseException as error:
            ended.set_exception(error)

    threading.Thread(target=run, name="gemini", daemon=True).start()
    return ended.result(timeout=seconds)
