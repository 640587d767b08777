"""Who may work in a pool, and that it gives memory back while others are still at work."""

from __future__ import annotations

import asyncio
import ctypes
import threading
from functools import partial

import psutil
import pytest

from pixellab.adapters.background_threads import aside
from pixellab.entrypoints.api.pool import Pool
from pixellab.entrypoints.refusals import Busy

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


def works(begun: threading.Event, end: threading.Event) -> bool:
    begun.set()
    return end.wait(60)


def waits_aside(begun: threading.Event, end: threading.Event) -> bool:
    with aside.get()():
        return works(begun, end)


def test_who_stands_aside_lets_another_work() -> None:
    async def all_three() -> None:
        begun, end = threading.Event(), threading.Event()
        pool = Pool("test", threads=1, queue=2, spare=1)
        one = asyncio.create_task(pool.run(partial(waits_aside, begun, end)))
        assert await asyncio.to_thread(begun.wait, 60)
        working, stop = threading.Event(), threading.Event()
        another = asyncio.create_task(pool.run(partial(works, working, stop)))
        assert await asyncio.to_thread(working.wait, 60)
        end.set()
        # Back from aside, it waits for its place until the other has ended.
        done, _ = await asyncio.wait({one}, timeout=0.2)
        assert not done
        stop.set()
        assert await another
        assert await one
        assert pool.load() == 0
        pool.close()

    asyncio.run(all_three())


def test_who_waited_too_long_for_a_place_was_never_begun() -> None:
    async def both() -> None:
        begun, end = threading.Event(), threading.Event()
        pool = Pool("test", threads=1, queue=1, spare=1)
        one = asyncio.create_task(pool.run(partial(works, begun, end)))
        assert await asyncio.to_thread(begun.wait, 60)
        done: list[str] = []
        with pytest.raises(Busy, match="waited too long"):
            await pool.run(partial(done.append, "work"), timeout=0.1)
        assert pool.load() == 1
        end.set()
        assert await one
        pool.close()
        assert done == []

    asyncio.run(both())


def test_closing_cancels_what_waits_for_a_place() -> None:
    async def both() -> None:
        begun, end = threading.Event(), threading.Event()
        pool = Pool("test", threads=1, queue=2, spare=1)
        one = asyncio.create_task(pool.run(partial(works, begun, end)))
        assert await asyncio.to_thread(begun.wait, 60)
        waiting = [asyncio.create_task(pool.run(begun.is_set)) for _ in range(2)]
        await asyncio.sleep(0.1)
        closing = asyncio.create_task(asyncio.to_thread(pool.close))
        await asyncio.sleep(0.1)
        end.set()
        assert await one
        await closing
        for each in waiting:
            with pytest.raises(asyncio.CancelledError):
                await each

    asyncio.run(both())
