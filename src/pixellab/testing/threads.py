"""Calls from many threads at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from pixellab.domain.errors import PixelLabError

T = TypeVar("T")


def at_once(call: Callable[[int], T], times: int) -> list[T | PixelLabError]:
    """Results, or PixelLab's errors, of ``call(0)``, ``call(1)``, ... from as many threads."""
    barrier = Barrier(times)

    def run(number: int) -> T | PixelLabError:
        barrier.wait()
        try:
            return call(number)
        except PixelLabError as error:
            return error

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(run, range(times)))
