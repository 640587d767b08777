"""The pool gives memory back while others are still at work."""

from __future__ import annotations

import asyncio
import ctypes
import threading

import psutil
import pytest

from pixellab.entrypoints.api.pool import Pool

libc = ctypes.CDLL(None)
BLOCK, BLOCKS = 65_536, 1_600
"""Small enough that the allocator keeps them in its heap; 105 MB in all."""


def leave_a_heap_with_holes() -> int:
    """Allocates and frees, but for the last block, above which nothing can be given back."""
    libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    blocks = [libc.malloc(BLOCK) for _ in range(BLOCKS)]
    for each in blocks:
        ctypes.memset(each, 1, BLOCK)
    for each in blocks[:-1]:
        libc.free(each)
    return int(blocks[-1])


@pytest.mark.skipif(not hasattr(libc, "malloc_trim"), reason="glibc alone can be told.")
def test_memory_is_given_back_while_another_call_is_at_work() -> None:
    process, end = psutil.Process(), threading.Event()

    async def both() -> tuple[int, int]:
        pool = Pool("test", threads=2, queue=0, trims=True)
        stuck = asyncio.create_task(pool.run(end.wait))
        before = process.memory_info().rss
        last = await pool.run(leave_a_heap_with_holes)
        for _ in range(600):  # the memory is given back after the answer
            if process.memory_info().rss < before + BLOCK * BLOCKS // 2:
                break
            await asyncio.sleep(0.1)
        after, at_work = process.memory_info().rss, pool.load()
        end.set()
        await stuck
        pool.close()
        libc.free(last)
        return after - before, at_work

    held, at_work = asyncio.run(both())
    assert at_work == 1
    assert held < BLOCK * BLOCKS // 2
